/** What the run of the tests gives to those of real servers. Where a server is not there they are skipped by name. */
import { TEST_SERVERS } from "../../../tools/commands/test/with-servers";
import type { TestServers } from "../../../tools/commands/test/with-servers";
import type { Server } from "../../../tools/commands/test/servers";
import type { ServerPrograms } from "../../../tools/commands/test/servers/programs";
import { describeWith } from "../cluster";

const found = JSON.parse(process.env[TEST_SERVERS] ?? '{"reason":"not run by npm test"}') as TestServers;

/** The namespaces of this run. @throws Error outside of a run that has them */
export function machine(): Exclude<TestServers, { readonly reason: string }> {
  if ("reason" in found) throw new Error(found.reason);
  return found;
}

/** The servers that are there. */
export function serverPrograms(): Partial<Record<Server, ServerPrograms>> {
  const entries = Object.entries(machine().servers).filter(([, server]) => !("reason" in server));
  return Object.fromEntries(entries);
}

/** The version of a server; undefined if it is not there. */
export function serverVersion(server: Server): string | undefined {
  if ("reason" in found) return undefined;
  const one = found.servers[server];
  return "reason" in one ? undefined : one.version;
}

/** A block of tests that need servers, and namespaces to run them in. */
export function describeWithServers(name: string, servers: readonly Server[], body: () => void): void {
  describeWith(name, whyNot(servers), body);
}

/** The same of tests that need the container's memory limit to hold. */
export function describeWithMemoryLimit(name: string, servers: readonly Server[], body: () => void): void {
  const without = "memory" in found ? undefined : "no memory cgroup that this user may write";
  describeWith(name, whyNot(servers) ?? without, body);
}

function whyNot(servers: readonly Server[]): string | undefined {
  if ("reason" in found) return found.reason;
  const reasons = servers.map((server) => found.servers[server]).map((one) => ("reason" in one ? one.reason : ""));
  return reasons.find((reason) => reason !== "");
}
