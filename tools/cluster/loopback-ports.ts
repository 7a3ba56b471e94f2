/** Ports on the loopback interface. */
import { createConnection, createServer } from "node:net";
import { UserError } from "../shared/user-error";

/** Free ports, the last of them `apiPort` if it is given: held together while they are looked up, so that they differ. */
export async function freePorts(apiPort: number | undefined): Promise<[number, number, number]> {
  const results = await Promise.allSettled([0, 0, apiPort ?? 0].map(listen));
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

function listen(port: number): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is in use" : `cannot be listened on (${error.message})`;
      reject(
        new UserError(`Port ${String(port)} ${reason}. Choose another one, or leave --port out to get a free one.`),
      );
    });
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const close = (): Promise<void> =>
        new Promise(
          (done) =>
            void server.close(() => {
              done();
            }),
        );
      resolve({ port: typeof address === "object" && address !== null ? address.port : port, close });
    });
  });
}
