/** Ports on the loopback interface. */
import { randomInt } from "node:crypto";
import { createConnection, createServer } from "node:net";
import { UserError } from "../shared/user-error";

/**
 * Ports that systems give to no outgoing connection: between the look at a port and the start of who listens on it, one
 * of those may be taken. https://www.rfc-editor.org/rfc/rfc6335#section-6 and Linux' ip_local_port_range
 */
const PORTS = { from: 20_000, to: 32_000 };

/** Free ports, the last of them `apiPort` if it is given: held together while they are looked up, so that they differ. */
export async function freePorts(apiPort: number | undefined): Promise<[number, number, number]> {
  const results = await Promise.allSettled([anyPort(), anyPort(), apiPort === undefined ? anyPort() : listen(apiPort)]);
  const servers = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  await Promise.all(servers.map(({ close }) => close()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
  const [first = 0, second = 0, third = 0] = servers.map(({ port }) => port);
  return [first, second, third];
}

/** True if something listens on a port. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => {
      resolve(false);
    });
  });
}

/** Listens on a free port, after some that are not. */
async function anyPort(tries = 20): Promise<Listening> {
  try {
    return await listen(randomInt(PORTS.from, PORTS.to));
  } catch (error) {
    if (tries === 1) throw error;
    return anyPort(tries - 1);
  }
}

interface Listening {
  readonly port: number;
  readonly close: () => Promise<void>;
}

function listen(port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is in use" : `cannot be listened on (${error.message})`;
      reject(
        new UserError(`Port ${String(port)} ${reason}. Choose another one, or leave --port out to get a free one.`),
      );
    });
    server.listen(port, "127.0.0.1", () => {
      const close = (): Promise<void> =>
        new Promise(
          (done) =>
            void server.close(() => {
              done();
            }),
        );
      resolve({ port, close });
    });
  });
}
