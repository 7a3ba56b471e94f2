/** Programs beside this project's own that some tests use. */
import { createServer } from "node:net";

export { onPath } from "../../tools/shared/on-path";

/** A port on the loopback interface nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  });
}

/** Waits until `ready` gives something, at most `timeout` milliseconds. */
export async function eventually<T>(ready: () => Promise<T | undefined>, timeout = 120_000): Promise<T> {
  for (const deadline = Date.now() + timeout; ;) {
    const found = await ready();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`nothing came of it in ${String(timeout / 1000)} s`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
