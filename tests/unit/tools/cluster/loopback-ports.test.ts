import type { AddressInfo, Server } from "node:net";
import { createServer } from "node:net";
import { freePorts } from "../../../../tools/cluster/loopback-ports";
import { UserError } from "../../../../tools/shared/user-error";
import { freePort } from "../../../support/programs";

/** How many ports this process listens on, once those are gone that are about to. */
async function listeners(): Promise<number> {
  await new Promise((done) => setTimeout(done, 50));
  return process.getActiveResourcesInfo().filter((resource) => resource === "TCPServerWrap").length;
}

test("three different ports are given, and nobody listens on them", async () => {
  const before = await listeners();
  const ports = await freePorts(undefined);
  expect(new Set(ports).size).toBe(3);
  expect(ports.every((port) => port > 0 && port < 65536)).toBe(true);
  expect(await listeners()).toBe(before);
});

test("a port that is asked for is the last one", async () => {
  const port = await freePort();
  const [first, second, third] = await freePorts(port);
  expect(third).toBe(port);
  expect([first, second]).not.toContain(port);
});

describe("with a port that is in use", () => {
  let busy: Server;

  beforeEach(async () => {
    busy = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => busy.once("listening", listening));
  });

  afterEach(async () => {
    await new Promise((closed) => busy.close(closed));
  });

  test("the port is told, and no listener is left that would keep the process from ending", async () => {
    const { port } = busy.address() as AddressInfo;
    const before = await listeners();
    const ports = freePorts(port);
    await expect(ports).rejects.toThrow(UserError);
    await expect(ports).rejects.toThrow(`Port ${String(port)} is in use`);
    expect(await listeners()).toBe(before);
  });
});
