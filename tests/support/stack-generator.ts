/**
 * Stacks made up by hand-written generators that know nothing of the schema, valid in every part: whatever a stack may
 * say is said by some of them.
 */
import fc from "fast-check";
import { learning } from "./stack-learning";
import { exposure, network, quota } from "./stack-network";
import type { Arb, Section, Value } from "./stack-values";
import * as values from "./stack-values";
import { mapping, section } from "./stack-values";
import { bundled, keptClaim, service, withClaim } from "./stack-workloads";

/** A stack's config by key without the project, and the keys among them that hold a secret. */
export interface Stack {
  readonly config: Section;
  readonly secrets: readonly string[];
}

const { dns, name, word } = values;

// ---- credentials --------------------------------------------------------------------------------------------------

/** Exactly one of the two places a credential may be kept in. */
const source = fc.oneof(
  section({
    existingSecret: section({ name: dns.map((text) => `team-${text}`), key: values.secretKey }, { version: word }),
  }),
  section({
    externalSecret: section(
      { store: dns, remoteKey: word },
      {
        storeKind: fc.constantFrom("ClusterSecretStore", "SecretStore"),
        property: word,
        refreshInterval: values.durations(86_400),
        version: word,
      },
    ),
  }),
);
const provider = section({}, { enabled: fc.boolean(), required: fc.boolean(), apiKey: source });
const isOn = (value: Value | undefined): boolean => value !== undefined && (value as Section).enabled !== false;
const providers: fc.Arbitrary<Value> = fc.oneof(
  { weight: 1, arbitrary: fc.constant("none") },
  {
    weight: 4,
    arbitrary: section({}, { claude: provider, openai: provider, gemini: provider }).map((some) =>
      Object.values(some).some(isOn) ? some : { ...some, openai: { enabled: true } },
    ),
  },
);

// ---- data services ------------------------------------------------------------------------------------------------

type Login = "none" | "user" | "url";

function external(logins: readonly Login[], optional: Record<string, Arb> = {}): fc.Arbitrary<Section> {
  return fc
    .record({
      where: values.place,
      rest: section({}, { port: values.port, tls: fc.boolean(), ...optional }),
      login: fc.constantFrom(...logins),
      username: word,
      url: source,
    })
    .map(({ where, rest, login, username, url }) => ({
      ...where,
      ...rest,
      ...(login === "user" ? { username } : login === "url" ? { url } : {}),
    }));
}

function dataService(outside: fc.Arbitrary<Section>, optional: Record<string, Arb> = {}): fc.Arbitrary<Section> {
  return fc.oneof(bundled(optional), section({ external: outside }, { storage: keptClaim }));
}

const urlForm = fc.constantFrom("address", "ws", "http", "login");
const rotations = section({}, { user: fc.nat(1_000_000), root: fc.nat(1_000_000) });

// ---- the whole ----------------------------------------------------------------------------------------------------

const toml = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    word,
    fc.integer({ min: -9, max: 9999 }),
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 2 }),
    mapping(name, tie("value")),
  ),
})).value;
const tomlTables = mapping(
  name.map((text) => `t-${text}`),
  mapping(name, toml),
);

const config = section(
  {
    cluster: section({ identifier: word }, { context: word, kubeconfig: word, kubeSystemUid: fc.uuid() }),
    namespace: section({ name }, { create: fc.boolean() }).map((made) =>
      made.name === "default" ? { ...made, create: false } : made,
    ),
    dataProtection: fc.boolean(),
    providers,
    nats: dataService(external(["none", "user", "url"]), {
      servers: fc.constantFrom(1, 3),
      syncInterval: fc.oneof(fc.constant("always"), values.durations(300)),
    }),
    redis: dataService(external(["none", "user", "url"]), {
      maxmemoryPolicy: fc.constantFrom("noeviction", "allkeys-lru", "volatile-ttl"),
    }),
    surrealdb: dataService(external(["user", "url"], { namespace: word, database: word, urlForm }), {
      rotations,
      urlForm,
    }),
    backend: service({ optional: { log: word, settings: tomlTables, exposure: exposure("api") } }),
    frontend: service({ required: { environment: word }, optional: { exposure: exposure("www") } }),
    agents: withClaim(["shared", "perReplica"], { drain: 120 }),
    llmRouter: withClaim(["shared", "perReplica", "ephemeral"], { optional: { routingMode: word }, drain: 120 }),
    mcpGateway: withClaim(["shared", "perReplica"]),
  },
  {
    images: section({}, { registry: dns, pullSecrets: fc.uniqueArray(dns, { maxLength: 2 }) }),
    network,
    quota,
    learning,
  },
);

/** A valid stack with the secrets it needs, and some that it may have. */
export const stack: fc.Arbitrary<Stack> = fc
  .tuple(config, fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
  .map(([plain, extra]): Stack => {
    const apiKeys = ["claude", "openai", "gemini"].filter((key, index) => {
      const one = plain.providers === "none" ? undefined : ((plain.providers as Section)[key] as Section | undefined);
      if (one === undefined || !isOn(one)) return extra[index];
      return one.apiKey === undefined && (one.required !== false || extra[index]);
    });
    const passwords = ["nats", "redis", "surrealdb"].filter(
      (key) => ((plain[key] as Section).external as Section | undefined)?.username !== undefined,
    );
    const secrets = [...apiKeys.map((key) => `${key}ApiKey`), ...passwords.map((key) => `${key}Password`)];
    const made = { ...plain, ...Object.fromEntries(secrets.map((key) => [key, "made-up"])) };
    return { config: withoutClientsElsewhere(made), secrets };
  });

/** Nobody is let in to a data service that runs elsewhere. */
function withoutClientsElsewhere(config: Section): Section {
  const network = config.network as Section | undefined;
  if (network?.clients === undefined) return config;
  const clients = Object.entries(network.clients as Section).filter(
    ([key]) => (config[key] as Section).external === undefined,
  );
  return { ...config, network: { ...network, clients: Object.fromEntries(clients) } };
}
