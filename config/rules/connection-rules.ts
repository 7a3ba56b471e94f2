/** Rules between values of credentials, connections and what is reached from where. */
import type { Source } from "../schema/credentials";
import { PROVIDERS } from "../schema/credentials";
import { CLUSTER_NAMESPACES, SECRET_NAMES, SECRET_VARIABLES } from "../schema/reserved";
import { DATA_SERVICES } from "../schema/data-services";
import { EXPOSED, SERVICES } from "../schema/services";
import type { Right, Rule } from "./rule";

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

/** SurrealDB's client takes user and password, not a URL that holds them. */
export const clientSignsIn: Rule = ({ surrealdb }) => {
  if (surrealdb === undefined || !("external" in surrealdb)) return [];
  const { client, url } = surrealdb.external;
  if (client === undefined || url === undefined) return [];
  return [
    {
      path: ["surrealdb", "external", "client"],
      message:
        "must not stand beside surrealdb.external.url: it needs the user and its password apart. " +
        "Either name surrealdb.external.username instead, or bring the knowledge graph in as docs/learning.md shows",
    },
  ];
};

/** Network policies let pods reach the ranges alone; an address beside them is never reached. */
export const addressWithinRanges: Rule = ({ network, ...settings }) => {
  const places = DATA_SERVICES.flatMap((key) => {
    const service = settings[key];
    return service !== undefined && "external" in service ? [{ path: [key, "external"], ...service.external }] : [];
  });
  const proxy = network?.proxy === undefined ? [] : [{ path: ["network", "proxy"], ...network.proxy }];
  return [...places, ...proxy].flatMap(({ path, host, ranges }) => {
    const address = addressNumber(host);
    if (address === undefined || ranges.some((range) => contains(range, address))) return [];
    return {
      path: [...path, "ranges"],
      message: `must hold ${path.join(".")}.host, which is the address ${host}`,
    };
  });
};

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

/** A data service that runs elsewhere has no pods here to be reached. */
export const clientsOfBundled: Rule = ({ network, ...settings }) =>
  DATA_SERVICES.flatMap((key) => {
    const service = settings[key];
    if (network?.clients?.[key] === undefined || service === undefined || !("external" in service)) return [];
    return {
      path: ["network", "clients", key],
      message: `must not stand beside ${key}.external, which runs elsewhere`,
    };
  });

/** Inside the namespace index.ts says who calls whom; a namespace as a whole would let all of its pods in. */
export const clientsElsewhere: Rule = ({ namespace, network }) =>
  [...SERVICES, ...DATA_SERVICES].flatMap((key) => {
    const index = network?.clients?.[key]?.findIndex((name) => name === namespace?.name) ?? -1;
    if (index < 0) return [];
    return {
      path: ["network", "clients", key, index],
      message: "must not be the stack's own namespace, in which the traffic table says who calls whom",
    };
  });

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

/** What stands in `env` is open to everybody who may read a pod; these are filled from Secrets. */
export const noCredentialInEnv: Rule = (settings) => {
  const connections = (["nats", "redis"] as const).flatMap((key) => {
    const service = settings[key];
    if (service === undefined || !("external" in service)) return [];
    const { username, url } = service.external;
    if (username === undefined && url === undefined) return [];
    return ["URL", "USER", "PASSWORD"].map((part) => `${key.toUpperCase()}_${part}`);
  });
  return SERVICES.flatMap((key) =>
    Object.keys(settings[key]?.env ?? {})
      .filter((name) => [...SECRET_VARIABLES, ...connections].includes(name))
      .map((name) => ({
        path: [key, "env", name],
        message: "must not stand here, where everybody can read it; docs/secrets.md shows where it belongs",
      })),
  );
};

/** Either way in is complete by itself. */
export const oneWayIn: Rule = (settings) =>
  EXPOSED.flatMap((key) => {
    const exposure = settings[key]?.exposure;
    if (exposure === undefined || (exposure.ingress === undefined) !== (exposure.gateway === undefined)) return [];
    const missing = exposure.ingress === undefined;
    const choice = "an ingress or a gateway";
    return { path: [key, "exposure"], message: missing ? `must name ${choice}` : `must name ${choice}, not both` };
  });

/** Without either, no request would get in. */
export const wayInIsOpen: Rule = (settings) =>
  EXPOSED.flatMap((key) =>
    (["ingress", "gateway"] as const).flatMap((kind) => {
      const way = settings[key]?.exposure?.[kind];
      if (way === undefined || way.controllerNamespace !== undefined || way.ranges !== undefined) return [];
      return {
        path: [key, "exposure", kind, "controllerNamespace"],
        message: `is missing, and so is ${key}.exposure.${kind}.ranges: a namespace or addresses say where requests come from`,
        remedy: "namespace" in way ? way.namespace : "ingress-nginx",
      };
    }),
  );

/** A host name leads to one service: with two, the controller decides which. */
export const hostsApart: Rule = ({ backend, frontend }) => {
  const host = (way: (typeof EXPOSED)[number]): string | undefined => {
    const { ingress, gateway } = { backend, frontend }[way]?.exposure ?? {};
    return (ingress ?? gateway)?.host;
  };
  const shared = host("backend");
  if (shared === undefined || shared !== host("frontend")) return [];
  const kind = backend?.exposure?.ingress === undefined ? "gateway" : "ingress";
  return [
    {
      path: ["backend", "exposure", kind, "host"],
      message: `must not be the frontend's as well, which is ${shared}`,
      remedy: `api.${shared}`,
    },
  ];
};

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
