/**
 * Rules between values: what is right by itself and wrong together. Each is a function of the sections that are right
 * by themselves, and gives for every place that breaks it the key to change and every way out.
 */
import type { Source } from "./credentials";
import { PROVIDERS } from "./credentials";
import { durationSeconds } from "./duration";
import { parseQuantity } from "./quantity";
import { CLUSTER_NAMESPACES, MOUNTS, SECRET_NAMES, SECRET_VARIABLES } from "./reserved";
import type { PlainSettings } from "./settings";

/** A broken rule: where, and what to do. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** A value that would do, for the line to type; without one the key is to be taken out. */
  readonly remedy?: string;
}

/** The settings as far as they are right: a section that is wrong by itself is missing. */
type Right = Partial<PlainSettings>;
type Rule = (settings: Right) => Problem[];

const SERVICES = ["backend", "frontend", "agents", "llmRouter", "mcpGateway"] as const;
const CLAIMING = ["agents", "llmRouter", "mcpGateway"] as const;
const DATA_SERVICES = ["nats", "redis", "surrealdb"] as const;

/**
 * ReadWriteOnce is per node: several pods of one Deployment on such a claim share it by luck on one node and
 * hang on several.
 */
export const oneReplicaPerReadWriteOnceClaim: Rule = (settings) =>
  CLAIMING.flatMap((key) => {
    const service = settings[key];
    if (service === undefined || service.replicas <= 1 || service.storage.accessMode === "ReadWriteMany") return [];
    return {
      path: [key, "replicas"],
      message:
        `must be 1 with a ReadWriteOnce claim: ${String(service.replicas)} replicas cannot share it. Either set ` +
        `${key}.storage.accessMode to ReadWriteMany (and a storage class that offers it), or run one replica`,
      remedy: "1",
    };
  });

/** The API server refuses a pod that requests more than it may use; a Deployment with such pods never starts one. */
export const requestsWithinLimits: Rule = (settings) =>
  [...DATA_SERVICES, ...SERVICES].flatMap((key) => {
    const workload = settings[key];
    if (workload === undefined || !("resources" in workload)) return [];
    const { requests, limits } = workload.resources;
    return (["cpu", "memory", "ephemeralStorage"] as const).flatMap((amount) => {
      const [request, limit] = [requests[amount], limits[amount]];
      if (request === undefined || limit === undefined || parseQuantity(request) <= parseQuantity(limit)) return [];
      return {
        path: [key, "resources", "requests", amount],
        message: `must not be above ${key}.resources.limits.${amount}, which is ${limit}`,
        remedy: limit,
      };
    });
  });

/** What lies in scratch folders counts against the limit: a pod is evicted before they are full. */
export const scratchWithinEphemeralStorage: Rule = (settings) =>
  SERVICES.flatMap((key) => {
    const limit = settings[key]?.resources.limits.ephemeralStorage;
    const sizes = Object.values(settings[key]?.scratch ?? {}).map(parseQuantity);
    const sum = sizes.reduce((total, size) => total + size, 0);
    if (limit === undefined || sum <= parseQuantity(limit)) return [];
    const megabytes = `${String(Math.ceil(sum / 2 ** 20))}Mi`;
    return {
      path: [key, "resources", "limits", "ephemeralStorage"],
      message: `must not be below the sum of ${key}.scratch, which is ${megabytes}; it is ${limit}`,
      remedy: megabytes,
    };
  });

/** The delay is part of the grace period: what is left is all the process has to end in. */
export const graceAboveDelay: Rule = (settings) =>
  SERVICES.flatMap((key) => {
    const { delay, gracePeriod } = settings[key]?.shutdown ?? {};
    const [delayed, grace] = [durationSeconds(delay ?? ""), durationSeconds(gracePeriod ?? "")];
    if (delayed === undefined || grace === undefined || grace > delayed) return [];
    return {
      path: [key, "shutdown", "gracePeriod"],
      message: `must be longer than ${key}.shutdown.delay, which is ${String(delay)} and part of it`,
      remedy: `${String(delayed + 30)}s`,
    };
  });

/** No provider at all is a decision, not an omission. */
export const atLeastOneProvider: Rule = ({ providers }) => {
  if (providers === undefined || providers === "none") return [];
  if (PROVIDERS.some((name) => providers[name]?.enabled === true)) return [];
  return [
    {
      path: ["providers"],
      message: `has no provider that is on: one of ${PROVIDERS.join(", ")} must be, or the word none stands there`,
      remedy: "none",
    },
  ];
};

/** A credential has one value, so it comes from one place. */
export const oneSourcePerCredential: Rule = (settings) =>
  sources(settings).flatMap(({ path, source: { existingSecret, externalSecret } }) => {
    if ((existingSecret === undefined) !== (externalSecret === undefined)) return [];
    const missing = existingSecret === undefined;
    const choice = "an existingSecret or an externalSecret";
    return { path, message: missing ? `must name ${choice}` : `must name ${choice}, not both` };
  });

/** A URL that is kept elsewhere has its own user in it. A database always has one; the others may do without. */
export const oneLoginPerConnection: Rule = (settings) =>
  DATA_SERVICES.flatMap((key) => {
    const service = settings[key];
    if (service === undefined || !("external" in service)) return [];
    const { username, url } = service.external;
    if (username !== undefined && url !== undefined) {
      return [
        {
          path: [key, "external", "username"],
          message: `must not stand beside ${key}.external.url, which holds its own`,
        },
      ];
    }
    if (key !== "surrealdb" || username !== undefined || url !== undefined) return [];
    return [
      {
        path: [key, "external", "username"],
        message: `is missing: a database needs a user. Either name one, or keep the whole URL in ${key}.external.url`,
        remedy: "vapora",
      },
    ];
  });

/** Network policies let pods reach the ranges alone; an address beside them is never reached. */
export const addressWithinRanges: Rule = (settings) =>
  DATA_SERVICES.flatMap((key) => {
    const service = settings[key];
    if (service === undefined || !("external" in service)) return [];
    const { host, ranges } = service.external;
    const address = addressNumber(host);
    if (address === undefined || ranges.some((range) => contains(range, address))) return [];
    return {
      path: [key, "external", "ranges"],
      message: `must hold ${key}.external.host, which is the address ${host}`,
      remedy: `${host}/32`,
    };
  });

/** Such a namespace cannot be made, and must not be deleted with the stack. */
export const namespaceOfItsOwn: Rule = ({ namespace }) =>
  namespace?.create === true && CLUSTER_NAMESPACES.includes(namespace.name)
    ? [
        {
          path: ["namespace", "create"],
          message: `must be false for ${namespace.name}, which every cluster has; better, name one of its own`,
          remedy: "false",
        },
      ]
    : [];

/** A Secret that somebody else keeps must not be one that the program makes. */
export const secretsApart: Rule = (settings) =>
  sources(settings).flatMap(({ path, source: { existingSecret } }) =>
    existingSecret !== undefined && SECRET_NAMES.includes(existingSecret.name)
      ? {
          path: [...path, "existingSecret", "name"],
          message: `must not be ${existingSecret.name}, which the program makes itself; copy it to another name`,
        }
      : [],
  );

/** Two mounts in one place hide each other. */
export const mountsApart: Rule = (settings) =>
  SERVICES.flatMap((key) => {
    const paths = Object.keys(settings[key]?.scratch ?? {});
    return paths.flatMap((path) => {
      const others = [...MOUNTS[key], ...paths.filter((other) => other !== path)];
      const covered = others.find((other) => isWithin(path, other) || isWithin(other, path));
      if (covered === undefined) return [];
      return { path: [key, "scratch", path], message: `must not overlap with ${covered}, which is mounted as well` };
    });
  });

/** What stands in `env` is open to everybody who may read a pod; these are filled from Secrets. */
export const noCredentialInEnv: Rule = (settings) => {
  const urls = (["nats", "redis"] as const).flatMap((key) => {
    const service = settings[key];
    if (service === undefined || !("external" in service)) return [];
    const { username, url } = service.external;
    return username === undefined && url === undefined ? [] : [`${key.toUpperCase()}_URL`];
  });
  return SERVICES.flatMap((key) =>
    Object.keys(settings[key]?.env ?? {})
      .filter((name) => [...SECRET_VARIABLES, ...urls].includes(name))
      .map((name) => ({
        path: [key, "env", name],
        message: "must not stand here, where everybody can read it; docs/secrets.md shows where it belongs",
      })),
  );
};

/** Every rule. */
export const RULES: readonly Rule[] = [
  oneReplicaPerReadWriteOnceClaim,
  requestsWithinLimits,
  scratchWithinEphemeralStorage,
  graceAboveDelay,
  atLeastOneProvider,
  oneSourcePerCredential,
  oneLoginPerConnection,
  addressWithinRanges,
  namespaceOfItsOwn,
  secretsApart,
  mountsApart,
  noCredentialInEnv,
];

/** Every place where a rule is broken. */
export function check(settings: Right): Problem[] {
  return RULES.flatMap((rule) => rule(settings));
}

interface Placed {
  readonly path: readonly string[];
  readonly source: Source;
}

/** Every credential that is kept elsewhere, and where config says so. */
function sources(settings: Right): Placed[] {
  const { providers } = settings;
  const placed = (path: readonly string[], source: Source | undefined): Placed[] =>
    source === undefined ? [] : [{ path, source }];
  return [
    ...PROVIDERS.flatMap((name) =>
      placed(["providers", name, "apiKey"], providers === "none" ? undefined : providers?.[name]?.apiKey),
    ),
    ...DATA_SERVICES.flatMap((key) => {
      const service = settings[key];
      return placed([key, "external", "url"], service && "external" in service ? service.external.url : undefined);
    }),
  ];
}

/** An IPv4 address as a number; nothing for a name. */
function addressNumber(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  return parts?.reduce((number, part) => number * 256 + part, 0);
}

function contains(range: string, address: number): boolean {
  const [start = "", bits = ""] = range.split("/");
  const size = 2 ** (32 - Number(bits));
  return Math.floor((addressNumber(start) ?? NaN) / size) === Math.floor(address / size);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
