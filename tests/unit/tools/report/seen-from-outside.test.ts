/** Who is let in, as a reviewer reads it: each namespace and each address range by itself. */
import { reachabilityChanges } from "../../../../tools/report/seen-from-outside";
import { recording, RECORDING_TIMEOUT } from "../../../support/recordings";
import { fixtureStack } from "../../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

type Config = Readonly<Record<string, unknown>>;

const exposed = (from: Config): Config => {
  const frontend = fixtureStack("dev").config["vapora:frontend"] as Config;
  const ingress = { host: "vapora.example.com", tlsSecret: "vapora-tls", ...from };
  return { "vapora:frontend": { ...frontend, exposure: { ingress } } };
};

test.each<[what: string, before: Config, after: Config, gained: readonly string[]]>([
  [
    "another namespace that may call a store",
    {},
    { "vapora:network": { clients: { surrealdb: ["smoke-test"] } } },
    ["a pod of namespace smoke-test -> surrealdb: http 8000/TCP"],
  ],
  [
    "a controller's namespace, whatever it is called",
    {},
    exposed({ controllerNamespace: "traefik" }),
    ["a pod of namespace traefik -> vapora-frontend: http 3000/TCP"],
  ],
  [
    "public addresses of a load balancer, and not the internet",
    {},
    exposed({ ranges: ["203.0.113.0/24"] }),
    ["203.0.113.0/24 -> vapora-frontend: http 3000/TCP"],
  ],
  [
    "more addresses than before",
    exposed({ ranges: ["10.20.0.0/24"] }),
    exposed({ ranges: ["10.20.0.0/16"] }),
    ["10.20.0.0/16 -> vapora-frontend: http 3000/TCP"],
  ],
])("%s", async (_what, before, after, gained) => {
  const changes = reachabilityChanges(await recording("dev", before), await recording("dev", after));
  expect(changes).toEqual({ gained, lost: [] });
});
