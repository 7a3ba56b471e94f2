/**
 * Faults between values: each is right by itself. One kind for every rule of config/rules/rules.ts, by its name. Those of
 * what runs are in stack-workload-faults.ts.
 */
import { DATA_SERVICES } from "../../config/schema/data-services";
import type { Fault, Path } from "./stack-faults";
import { wrong } from "./stack-faults";
import { learningFaults } from "./stack-learning";
import type { Section, Value } from "./stack-values";
import { broken, without, workloadFaults } from "./stack-workload-faults";

const EXISTING = { existingSecret: { name: "team", key: "token" } };
const EXTERNAL = { externalSecret: { store: "vault", remoteKey: "token" } };
const SOURCES: readonly Value[] = [{}, { ...EXISTING, ...EXTERNAL }];

/** Every fault of this kind that fits a valid stack. */
export function ruleFaults(config: Section): Fault[] {
  return [
    ...workloadFaults(config),
    ...DATA_SERVICES.flatMap((key) => {
      const section = config[key] as Section;
      return "external" in section ? externalFaults(key, section) : [];
    }),
    ...providerFaults(config),
    ...exposureFaults(config),
    ...proxyFaults(config),
    ...learningFaults(config),
    ...["backend", "mcpGateway"].map((key) => {
      const namespace = config.namespace as Section;
      const clients = { [key]: ["smoke-test", namespace.name ?? ""] };
      const network = { ...(config.network as Section | undefined), clients };
      return broken("clientsElsewhere", ["network", "clients", key, 1], { namespace, network });
    }),
    ...["default", "kube-system"].map((name) =>
      broken("namespaceOfItsOwn", ["namespace", "create"], { namespace: { name } }),
    ),
  ];
}

function externalFaults(key: string, section: Section): Fault[] {
  const host = without(section.external as Section, "username", "url");
  const change = (kind: string, path: Path, external: Section): Fault =>
    broken(kind, [key, "external", ...path], { [key]: { ...section, external }, [`${key}Password`]: "made-up" });
  const own = { existingSecret: { name: `${key}-connection`, key: "url" } };
  return [
    ...SOURCES.map((url) => change("oneSourcePerCredential", ["url"], { ...host, url })),
    change("oneLoginPerConnection", ["username"], { ...host, username: "u", url: EXISTING }),
    ...(key === "surrealdb"
      ? [
          change("oneLoginPerConnection", ["username"], host),
          change("clientSignsIn", ["client"], { ...host, url: EXISTING, client: { image: "example.com/surreal:1" } }),
        ]
      : []),
    broken("clientsOfBundled", ["network", "clients", key], {
      network: { clients: { [key]: ["backup"] } },
      [key]: section,
    }),
    change("addressWithinRanges", ["ranges"], {
      host: "10.1.0.0",
      ranges: ["10.0.0.0/16", "10.1.0.1/32"],
      username: "u",
    }),
    ...(key === "surrealdb"
      ? []
      : [
          change("secretsApart", ["url", "existingSecret", "name"], { ...host, url: own }),
          urlInEnv(key, section, host),
        ]),
  ];
}

/** A URL that holds credentials, once more in the environment. */
function urlInEnv(key: string, section: Section, host: Section): Fault {
  const name = `${key.toUpperCase()}_URL`;
  const fault = broken("noCredentialInEnv", ["backend", "env", name], {
    [key]: { ...section, external: { ...host, url: EXISTING } },
    backend: {},
  });
  return {
    ...fault,
    plant: (stack) => {
      const { backend } = stack.config;
      fault.plant(stack);
      stack.config.backend = { ...(backend as Section), env: { [name]: "x" } };
    },
  };
}

function providerFaults({ providers }: Section): Fault[] {
  const area: readonly Path[] = [["providers"]];
  const none: readonly Value[] = [{}, { claude: { enabled: false } }];
  const others = providers === "none" ? {} : (providers as Section);
  return [
    ...none.map((value) => wrong("atLeastOneProvider", ["providers"], value, area)),
    ...["claude", "openai", "gemini"].flatMap((name) => [
      ...SOURCES.map((apiKey) =>
        broken("oneSourcePerCredential", ["providers", name, "apiKey"], {
          providers: { ...others, [name]: { apiKey } },
        }),
      ),
      broken("secretsApart", ["providers", name, "apiKey", "existingSecret", "name"], {
        providers: { ...others, [name]: { apiKey: { existingSecret: { name: "vapora-secrets", key: "k" } } } },
      }),
    ]),
  ];
}

const HOST = { host: "vapora.example.com" };
/** Ways in that let nobody in. */
const SHUT = {
  ingress: { ...HOST, tlsSecret: "vapora-tls" },
  gateway: { ...HOST, name: "public", namespace: "gateways", listener: "https" },
};
const INGRESS = { ...SHUT.ingress, controllerNamespace: "ingress" };
const GATEWAY = { ...SHUT.gateway, controllerNamespace: "ingress" };

const BOTH_OR_NEITHER: readonly Section[] = [{}, { ingress: INGRESS, gateway: GATEWAY }];

function exposureFaults({ backend, frontend }: Section): Fault[] {
  const services = { backend: backend as Section, frontend: frontend as Section };
  const exposed = (exposure: Section): Section =>
    Object.fromEntries(Object.entries(services).map(([key, section]) => [key, { ...section, exposure }]));
  return [
    ...Object.entries(services).flatMap(([key, section]) =>
      BOTH_OR_NEITHER.map((exposure) => broken("oneWayIn", [key, "exposure"], { [key]: { ...section, exposure } })),
    ),
    ...Object.entries(services).flatMap(([key, section]) =>
      Object.entries(SHUT).map(([kind, way]) =>
        broken("wayInIsOpen", [key, "exposure", kind, "controllerNamespace"], {
          [key]: { ...section, exposure: { [kind]: way } },
        }),
      ),
    ),
    broken("hostsApart", ["backend", "exposure", "ingress", "host"], {
      ...exposed({ ingress: INGRESS }),
      frontend: { ...services.frontend, exposure: { gateway: GATEWAY } },
    }),
    broken("hostsApart", ["backend", "exposure", "gateway", "host"], exposed({ gateway: GATEWAY })),
  ];
}

function proxyFaults({ network = {} }: Section): Fault[] {
  const proxy = { host: "10.1.0.0", port: 3128, ranges: ["10.0.0.0/16", "10.1.0.1/32"] };
  return [
    broken("addressWithinRanges", ["network", "proxy", "ranges"], { network: { ...(network as Section), proxy } }),
  ];
}
