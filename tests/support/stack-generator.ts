/**
 * Stacks made up by hand-written generators that know nothing of the schema, valid in every part: whatever a stack may
 * say is said by some of them.
 */
import fc from "fast-check";

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Section = Record<string, Value>;

/** A stack's config by key without the project, and the keys among them that hold a secret. */
export interface Stack {
  readonly config: Section;
  readonly secrets: readonly string[];
}

type Arb = fc.Arbitrary<Value>;

// ---- values -------------------------------------------------------------------------------------------------------

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
const dns = fc.array(name, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
const address = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }).map((parts) => parts.join("."));
const range = fc.tuple(address, fc.nat(32)).map(([base, bits]) => `${base}/${String(bits)}`);
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/).filter((text) => text !== "latest");
const sha = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `@sha256:${hex}`);
const version = fc.oneof(
  tag.map((text) => `:${text}`),
  sha,
  fc.tuple(tag, sha).map(([text, digest]) => `:${text}${digest}`),
);
const image = fc
  .tuple(fc.constantFrom("", "registry.example.com/", "localhost:5000/"), name, name, version)
  .map(([host, first, second, fixed]) => `${host}${first}/${second}${fixed}`);
const word = fc.stringMatching(/^[A-Za-z0-9,=_.-][A-Za-z0-9 ,=_.-]{0,19}$/);
const labelName = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,10}[A-Za-z0-9])?$/);
const labelKey = fc.oneof(
  labelName,
  fc.tuple(dns, labelName).map((parts) => parts.join("/")),
);
const size = fc
  .tuple(fc.integer({ min: 1, max: 500 }), fc.constantFrom("Mi", "Gi", "G", "M", "Ti"))
  .map(([n, unit]) => `${String(n)}${unit}`);
const secretKey = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}$/);

/** Seconds in one of the ways to write them. */
function duration(seconds: number, style: number): string {
  const [minutes, hours] = [seconds / 60, seconds / 3600];
  if (style === 1 && Number.isInteger(hours)) return `${String(hours)}h`;
  if (style > 0 && minutes >= 1) return `${String(Math.floor(minutes))}m${String(seconds % 60)}s`;
  return `${String(seconds)}s`;
}

function mapping(keys: fc.Arbitrary<string>, values: Arb): Arb {
  return fc.dictionary(keys, values, { maxKeys: 3, noNullPrototype: true });
}

/** An object with all the required keys and any of the optional ones. */
function section(required: Record<string, Arb>, optional: Record<string, Arb> = {}): fc.Arbitrary<Section> {
  return fc.record(
    { ...required, ...optional },
    { requiredKeys: Object.keys(required) as never[], noNullPrototype: true },
  ) as fc.Arbitrary<Section>;
}

// ---- credentials --------------------------------------------------------------------------------------------------

/** Exactly one of the two places a credential may be kept in. */
const source = fc.oneof(
  section({ existingSecret: section({ name: dns.map((text) => `team-${text}`), key: secretKey }, { version: word }) }),
  section({
    externalSecret: section(
      { store: dns, remoteKey: word },
      {
        storeKind: fc.constantFrom("ClusterSecretStore", "SecretStore"),
        property: word,
        refreshInterval: fc.tuple(fc.integer({ min: 1, max: 86_400 }), fc.nat(2)).map((parts) => duration(...parts)),
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

// ---- workloads ----------------------------------------------------------------------------------------------------

/** Requests never above limits, in every way they can be written; with scratch folders that fit. */
const sizes = fc
  .record({
    cpu: fc.integer({ min: 1, max: 64 }),
    more: fc.nat(64),
    memory: fc.integer({ min: 1, max: 64 }),
    style: fc.nat(2),
    folders: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }),
    ephemeral: fc.constantFrom("no", "limit", "both"),
  })
  .map(({ cpu, more, memory, style, folders, ephemeral }) => {
    const cores = (n: number): Value => [String(n), n, `${String(n * 1000)}m`][style] ?? n;
    const bytes = (n: number): Value => [`${String(n)}Gi`, `${String(n * 1024)}Mi`, n * 2 ** 30][style] ?? n;
    const sum = Math.max(
      1,
      folders.reduce((total, folder) => total + folder, 0),
    );
    const requests: Section = { cpu: cores(cpu), memory: bytes(memory) };
    const limits: Section = { cpu: cores(cpu + more), memory: bytes(memory + more) };
    if (ephemeral !== "no") limits.ephemeralStorage = bytes(sum + more);
    if (ephemeral === "both") requests.ephemeralStorage = bytes(sum);
    const scratch = folders.map((folder, index) => [["/tmp", "/run/x_1", "/home/a.b/cache"][index], bytes(folder)]);
    return { resources: { requests, limits }, scratch: Object.fromEntries(scratch) as Section };
  });

const shutdown = fc
  .tuple(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 7200 }), fc.nat(2))
  .map(([delay, rest, style]): Section => ({
    delay: duration(delay, style),
    gracePeriod: duration(delay + rest, style),
  }));
const envName = fc.oneof(
  fc.constant("RUST_LOG"),
  fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,10}$/).map((text) => `X${text}`),
);
const everywhere = {
  nodeSelector: mapping(labelKey, fc.oneof(labelName, fc.constant(""), fc.boolean(), fc.nat(99))),
  env: mapping(envName, fc.oneof(fc.string(), fc.nat(), fc.boolean())),
  shutdown,
};
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

/** A service; `sizes` and `shared` are spread over the keys they stand for. */
function service(required: Record<string, Arb> = {}, optional: Record<string, Arb> = {}): fc.Arbitrary<Section> {
  return fc
    .tuple(section({ image, replicas: fc.nat(5), ...required }, { ...everywhere, ...optional }), sizes)
    .map(([rest, { resources, scratch }]) => ({
      ...rest,
      resources,
      ...(Object.keys(scratch).length > 0 ? { scratch } : {}),
    }));
}

const claim = section({ size }, { storageClass: dns });

function withClaim(optional: Record<string, Arb> = {}): fc.Arbitrary<Section> {
  return fc.tuple(service({ storage: claim }, { log: word, ...optional }), fc.boolean()).map(([rest, shared]) => {
    const accessMode = shared || Number(rest.replicas) > 1 ? "ReadWriteMany" : "ReadWriteOnce";
    return { ...rest, storage: { ...(rest.storage as Section), accessMode } };
  });
}

// ---- data services ------------------------------------------------------------------------------------------------

type Login = "none" | "user" | "url";

function external(logins: readonly Login[], optional: Record<string, Arb> = {}): fc.Arbitrary<Section> {
  const where = fc.oneof(
    section({ host: dns, ranges: fc.array(range, { minLength: 1, maxLength: 3 }) }),
    address.map((host) => ({ host, ranges: ["192.0.2.0/24", `${host}/31`] })),
  );
  return fc
    .record({
      where,
      rest: section({}, { port: fc.integer({ min: 1, max: 65535 }), tls: fc.boolean(), ...optional }),
      login: fc.constantFrom(...logins),
      username: word,
      url: source,
    })
    .map(({ where: { host, ranges }, rest, login, username, url }) => ({
      host,
      ranges,
      ...rest,
      ...(login === "user" ? { username } : login === "url" ? { url } : {}),
    }));
}

function dataService(outside: fc.Arbitrary<Section>, optional: Record<string, Arb> = {}): fc.Arbitrary<Section> {
  return fc.oneof(
    fc
      .tuple(section({ image, storage: claim }, optional), sizes)
      .map(([rest, { resources }]) => ({ ...rest, resources })),
    section({ external: outside }, { storage: claim }),
  );
}

const rotations = section({}, { user: fc.nat(1_000_000), root: fc.nat(1_000_000) });

// ---- the whole ----------------------------------------------------------------------------------------------------

const config = section(
  {
    cluster: section({ identifier: word }, { context: word, kubeconfig: word }),
    namespace: section({ name }, { create: fc.boolean() }).map((made) =>
      made.name === "default" ? { ...made, create: false } : made,
    ),
    dataProtection: fc.boolean(),
    providers,
    nats: dataService(external(["none", "user", "url"])),
    redis: dataService(external(["none", "user", "url"])),
    surrealdb: dataService(external(["user", "url"], { namespace: word, database: word }), { rotations }),
    backend: service({}, { log: word, settings: tomlTables }),
    frontend: service({ environment: word }),
    agents: withClaim(),
    llmRouter: withClaim({ routingMode: word }),
    mcpGateway: withClaim(),
  },
  { images: section({}, { registry: dns, pullSecrets: fc.uniqueArray(dns, { maxLength: 2 }) }) },
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
    return { config: { ...plain, ...Object.fromEntries(secrets.map((key) => [key, "made-up"])) }, secrets };
  });
