/** Faults between values: each is right by itself. One kind for every rule of config/rules.ts, by its name. */
import type { Fault, Path } from "./stack-faults";
import { wrong } from "./stack-faults";
import type { Section, Value } from "./stack-generator";

const SERVICES = ["backend", "frontend", "agents", "llmRouter", "mcpGateway"];
const CLAIMING = ["agents", "llmRouter", "mcpGateway"];
const DATA_SERVICES = ["nats", "redis", "surrealdb"];
const EXISTING = { existingSecret: { name: "team", key: "token" } };
const EXTERNAL = { externalSecret: { store: "vault", remoteKey: "token" } };
const SOURCES: readonly Value[] = [{}, { ...EXISTING, ...EXTERNAL }];

/** Every fault of this kind that fits a valid stack. */
export function ruleFaults(config: Section): Fault[] {
  return [
    ...SERVICES.flatMap((key) => serviceFaults(key, config[key] as Section)),
    ...CLAIMING.map((key) =>
      broken("oneReplicaPerReadWriteOnceClaim", [key, "replicas"], {
        [key]: { ...(config[key] as Section), replicas: 2, storage: { size: "1Gi", accessMode: "ReadWriteOnce" } },
      }),
    ),
    ...DATA_SERVICES.flatMap((key) => {
      const section = config[key] as Section;
      return "external" in section ? externalFaults(key, section) : requestsAbove(key, section);
    }),
    ...providerFaults(config),
    ...["default", "kube-system"].map((name) =>
      broken("namespaceOfItsOwn", ["namespace", "create"], { namespace: { name } }),
    ),
  ];
}

/** Replaces whole sections; what must be named lies in one of them. */
function broken(kind: string, path: Path, sections: Section): Fault {
  return {
    kind,
    path,
    areas: Object.keys(sections).map((key) => [key]),
    plant: ({ config }) => {
      Object.assign(config, structuredClone(sections));
    },
  };
}

function serviceFaults(key: string, section: Section): Fault[] {
  const change = (kind: string, path: Path, fields: Section): Fault =>
    broken(kind, [key, ...path], { [key]: { ...section, ...fields } });
  const mount = (folders: Section, path: string): Fault => {
    const { limits, requests } = section.resources as Record<string, Section>;
    const unlimited = (amounts: Section | undefined): Section => ({
      cpu: amounts?.cpu ?? 1,
      memory: amounts?.memory ?? 1,
    });
    const resources = { requests: unlimited(requests), limits: unlimited(limits) };
    return change("mountsApart", ["scratch", path], { scratch: folders, resources });
  };
  const claim = { agents: "/var/vapora/agent-state", llmRouter: "/routing-cache", mcpGateway: "/plugins" }[key];
  const amounts = (ephemeralStorage: string): Section => ({ cpu: 1, memory: "1Gi", ephemeralStorage });
  return [
    ...requestsAbove(key, section),
    change("scratchWithinEphemeralStorage", ["resources", "limits", "ephemeralStorage"], {
      scratch: { "/tmp": "512Mi", "/run/x": "513Mi" },
      resources: { requests: amounts("1Gi"), limits: amounts("1Gi") },
    }),
    change("graceAboveDelay", ["shutdown", "gracePeriod"], { shutdown: { delay: "90s", gracePeriod: "1m30s" } }),
    mount({ "/a": "1Gi", "/a/b": "1Gi" }, "/a"),
    ...(key === "backend" ? [mount({ "/etc": "1Gi" }, "/etc")] : []),
    ...(claim === undefined ? [] : [mount({ [`${claim}/x`]: "1Gi" }, `${claim}/x`)]),
    ...["DATABASE_URL", "CLAUDE_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"].map((name) =>
      change("noCredentialInEnv", ["env", name], { env: { [name]: "x" } }),
    ),
  ];
}

function requestsAbove(key: string, section: Section): Fault[] {
  const amounts = { cpu: "1", memory: "9Gi", ephemeralStorage: "9Gi" };
  const more: readonly [string, Value][] = [
    ["cpu", "1001m"],
    ["memory", "10Gi"],
    ["ephemeralStorage", 10 * 2 ** 30],
  ];
  return more.map(([amount, value]) => {
    const resources = { limits: amounts, requests: { ...amounts, [amount]: value } };
    return broken("requestsWithinLimits", [key, "resources", "requests", amount], {
      [key]: { ...without(section, "scratch"), resources },
    });
  });
}

function externalFaults(key: string, section: Section): Fault[] {
  const host = without(section.external as Section, "username", "url");
  const change = (kind: string, path: Path, external: Section): Fault =>
    broken(kind, [key, "external", ...path], { [key]: { ...section, external }, [`${key}Password`]: "made-up" });
  const own = { existingSecret: { name: `${key}-connection`, key: "url" } };
  return [
    ...SOURCES.map((url) => change("oneSourcePerCredential", ["url"], { ...host, url })),
    change("oneLoginPerConnection", ["username"], { ...host, username: "u", url: EXISTING }),
    ...(key === "surrealdb" ? [change("oneLoginPerConnection", ["username"], host)] : []),
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

function without(section: Section, ...keys: readonly string[]): Section {
  return Object.fromEntries(Object.entries(section).filter(([key]) => !keys.includes(key)));
}
