/**
 * Stacks made up by hand-written generators that know nothing of the schema: valid ones, and ones with planted
 * faults. The valid ones must be accepted, and every planted fault named by its path.
 */
import fc from "fast-check";
import { parseSettings } from "../../config";

type Value = string | number | boolean | Value[] | { [key: string]: Value };
jest.setTimeout(300_000);

type Section = Record<string, Value>;
type Stack = Record<string, Value>;

const RUNS = 5_000;

// ---- valid stacks -------------------------------------------------------------------------------------------------

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
const dns = fc.array(name, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/).filter((text) => text !== "latest");
const sha = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `@sha256:${hex}`);
const repository = fc.tuple(fc.constantFrom("", "registry.example.com/", "localhost:5000/"), name, name);
const image = fc
  .tuple(
    repository,
    fc.oneof(
      tag.map((text) => `:${text}`),
      sha,
      fc.tuple(tag, sha).map(([text, digest]) => `:${text}${digest}`),
    ),
  )
  .map(([[host, first, second], version]) => `${host}${first}/${second}${version}`);
const word = fc.stringMatching(/^[A-Za-z0-9 ,=_.-]{1,20}$/);
const labelName = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,10}[A-Za-z0-9])?$/);
const labelKey = fc.oneof(
  labelName,
  fc.tuple(dns, labelName).map((parts) => parts.join("/")),
);
const nodeSelector = fc.dictionary(labelKey, fc.oneof(labelName, fc.constant(""), fc.boolean(), fc.nat(99)), {
  maxKeys: 3,
  noNullPrototype: true,
});
const envName = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,10}$/);
const env = fc.dictionary(envName, fc.oneof(fc.string(), fc.nat(), fc.boolean()), {
  maxKeys: 3,
  noNullPrototype: true,
});
const size = fc
  .tuple(fc.integer({ min: 1, max: 500 }), fc.constantFrom("Mi", "Gi", "G", "M", "Ti"))
  .map(([n, unit]) => `${String(n)}${unit}`);

/** Requests never above limits, in every way they can be written. */
const resources = fc
  .record({
    cpu: fc.integer({ min: 1, max: 64 }),
    more: fc.nat(64),
    memory: fc.integer({ min: 1, max: 64 }),
    style: fc.nat(2),
  })
  .map(({ cpu, more, memory, style }): Section => {
    const cores = (n: number): Value => [String(n), n, `${String(n * 1000)}m`][style] ?? n;
    const bytes = (n: number): Value => [`${String(n)}Gi`, `${String(n * 1024)}Mi`, n * 2 ** 30][style] ?? n;
    return {
      requests: { cpu: cores(cpu), memory: bytes(memory) },
      limits: { cpu: cores(cpu + more), memory: bytes(memory + more) },
    };
  });

const service = { image, resources, replicas: fc.nat(5) };
const optional = { nodeSelector, env, log: word };
const claim = fc.record({ size, storageClass: dns }, { requiredKeys: ["size"], noNullPrototype: true });

function withClaim(extra: Record<string, fc.Arbitrary<Value>> = {}): fc.Arbitrary<Section> {
  return fc
    .record(
      { ...service, ...optional, ...extra, storage: claim, shared: fc.boolean() },
      { requiredKeys: ["image", "resources", "replicas", "storage", "shared"], noNullPrototype: true },
    )
    .map(({ shared, ...section }) => {
      const accessMode = shared || section.replicas > 1 ? "ReadWriteMany" : "ReadWriteOnce";
      return { ...section, storage: { ...(section.storage as Section), accessMode } };
    });
}

const ipRange = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(32))
  .map(([a, b, bits]) => `${String(a)}.${String(b)}.0.0/${String(bits)}`);

function dataService(required: readonly string[]): fc.Arbitrary<Section> {
  const external = fc.record(
    {
      host: dns,
      ranges: fc.array(ipRange, { minLength: 1, maxLength: 3 }),
      port: fc.integer({ min: 1, max: 65535 }),
      tls: fc.boolean(),
      username: word,
    },
    { requiredKeys: ["host", "ranges", ...required] as never[], noNullPrototype: true },
  );
  return fc.oneof(
    fc.record({ image, resources, storage: claim }, { noNullPrototype: true }),
    fc.record({ external, storage: claim }, { requiredKeys: ["external"], noNullPrototype: true }),
  );
}

const stack: fc.Arbitrary<Stack> = fc.record(
  {
    cluster: fc.record(
      { identifier: word, context: word, kubeconfig: word },
      { requiredKeys: ["identifier"], noNullPrototype: true },
    ),
    namespace: fc.record({ name, create: fc.boolean() }, { requiredKeys: ["name"], noNullPrototype: true }),
    images: fc.record(
      { registry: dns, pullSecrets: fc.array(dns, { maxLength: 2 }) },
      { requiredKeys: [], noNullPrototype: true },
    ),
    dataProtection: fc.boolean(),
    apiKeys: fc.constantFrom("required", "optional"),
    nats: dataService([]),
    redis: dataService([]),
    surrealdb: dataService(["username"]),
    backend: fc.record(
      { ...service, ...optional },
      { requiredKeys: ["image", "resources", "replicas"], noNullPrototype: true },
    ),
    frontend: fc.record(
      { ...service, nodeSelector, env, environment: word },
      { requiredKeys: ["image", "resources", "replicas", "environment"], noNullPrototype: true },
    ),
    agents: withClaim(),
    llmRouter: withClaim({ routingMode: word }),
    mcpGateway: withClaim(),
  },
  {
    requiredKeys: [
      "cluster",
      "namespace",
      "dataProtection",
      "apiKeys",
      "nats",
      "redis",
      "surrealdb",
      "backend",
      "frontend",
      "agents",
      "llmRouter",
      "mcpGateway",
    ],
    noNullPrototype: true,
  },
);

// ---- planted faults -----------------------------------------------------------------------------------------------

/** Spoils a section, or leaves it as it is where the fault does not fit, and gives the path that must be named. */
type Fault = (section: Section) => { readonly section: Section; readonly path: string } | undefined;

function set(path: string, value: Value): Fault {
  return (section) => {
    const copy = structuredClone(section);
    const parts = path.split(".");
    const last = parts.pop() ?? "";
    let inner: Section | undefined = copy;
    for (const part of parts) inner = inner?.[part] as Section | undefined;
    if (inner === undefined) return undefined;
    inner[last] = value;
    return { section: copy, path: `.${path}` };
  };
}

function remove(key: string): Fault {
  return (section) => {
    const copy = structuredClone(section);
    if (!(key in copy)) return undefined;
    Reflect.deleteProperty(copy, key);
    return { section: copy, path: `.${key}` };
  };
}

const SERVICE_FAULTS: readonly Fault[] = [
  ...[
    "vapora/backend",
    "vapora/backend:latest",
    "Upper/case:1",
    "a b:1",
    "x@sha256:12",
    "https://r.example.com/a:1",
    "",
  ].map((bad) => set("image", bad)),
  ...[-1, 1.5, "three", true].map((bad) => set("replicas", bad)),
  ...["replcias", "Image", "resource", "volumes"].map((key) => set(key, 1)),
  ...["2GB", "-1", "", "lots", true, "1e3"].map((bad) => set("resources.limits.memory", bad)),
  set("resources.requests.gpu", "1"),
  set("resources.requests", "1Gi"),
  set("nodeSelector", { "a b": "c" }),
  set("nodeSelector", { pool: "x y" }),
  set("env", { "NOT-A-NAME": "x" }),
  set("env", ["A=1"]),
  ...["image", "replicas", "resources"].map(remove),
  (section) => {
    const spoilt = set("resources", { requests: { cpu: "2", memory: "2Gi" }, limits: { cpu: "1", memory: "4Gi" } })(
      section,
    );
    return spoilt && { ...spoilt, path: ".resources.requests.cpu" };
  },
];

const CLAIM_FAULTS: readonly Fault[] = [
  set("storage.size", "big"),
  set("storage.accessMode", "ReadWriteSometimes"),
  set("storage.storageClass", "Fast_SSD"),
  set("storage.sise", "1Gi"),
  remove("storage"),
  (section) => {
    const spoilt = { ...section, replicas: 2, storage: { size: "1Gi", accessMode: "ReadWriteOnce" } };
    return { section: spoilt, path: ".replicas" };
  },
];

const EXTERNAL_FAULTS: readonly Fault[] = [
  set("external.host", "Not A Host"),
  set("external.port", 70_000),
  set("external.ranges", []),
  set("external.ranges", ["10.0.0.0"]),
  set("external.tls", "yes"),
  set("external.hots", "x"),
  (section) =>
    "external" in section
      ? { section: { external: { ranges: ["10.0.0.0/8"], username: "u" } }, path: ".external.host" }
      : undefined,
];

const BUNDLED_FAULTS: readonly Fault[] = [
  set("image", "nats"),
  set("resources.limits.cpu", "some"),
  set("storage.size", "1 Gi"),
  set("replicas", 3),
];

const PLATFORM_FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  cluster: [set("identifier", ""), set("identifier", 5), remove("identifier"), set("contxt", "x")],
  namespace: [
    set("name", "Vapora"),
    set("name", "a.b"),
    set("name", "x".repeat(64)),
    set("create", "no"),
    remove("name"),
  ],
  images: [
    set("registry", "https://r.example.com"),
    set("pullSecrets", "login"),
    set("pullSecrets", ["A_B"]),
    set("regsitry", "r"),
  ],
};

/** The faults that fit a section as it was generated. */
function faultsFor(key: string, section: Section): readonly Fault[] {
  const platform = PLATFORM_FAULTS[key];
  if (platform !== undefined) return platform;
  if (["nats", "redis", "surrealdb"].includes(key)) return "external" in section ? EXTERNAL_FAULTS : BUNDLED_FAULTS;
  return ["agents", "llmRouter", "mcpGateway"].includes(key) ? [...SERVICE_FAULTS, ...CLAIM_FAULTS] : SERVICE_FAULTS;
}

/** A stack with one to five faults, each in a section of its own, and the paths that must be named. */
const faulty = fc
  .tuple(
    stack,
    fc.shuffledSubarray(
      [
        "cluster",
        "namespace",
        "images",
        "nats",
        "redis",
        "surrealdb",
        "backend",
        "frontend",
        "agents",
        "llmRouter",
        "mcpGateway",
      ],
      { minLength: 1, maxLength: 5 },
    ),
    fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
  )
  .map(([valid, keys, choices]) => {
    const spoilt = { ...valid };
    const paths = keys.flatMap((key, index) => {
      const section = (valid[key] ?? {}) as Section;
      const fitting = faultsFor(key, section)
        .map((fault) => fault(section))
        .filter((result) => result !== undefined);
      const chosen = fitting[(choices[index] ?? 0) % fitting.length];
      if (chosen === undefined) throw new Error(`no fault fits ${key}`);
      spoilt[key] = chosen.section;
      return `vapora:${key}${chosen.path}`;
    });
    return { spoilt, paths };
  });

// ---- properties ---------------------------------------------------------------------------------------------------

test("every valid stack is accepted", () => {
  fc.assert(
    fc.property(stack, (valid) => {
      parseSettings(valid);
    }),
    { numRuns: RUNS },
  );
});

test("every stack with planted faults is refused, and each fault is named by its path", () => {
  fc.assert(
    fc.property(faulty, ({ spoilt, paths }) => {
      const message = errorOf(spoilt);
      expect(message).toMatch(/^\d+ problems? in the stack's config:/);
      expect(paths.filter((path) => !message.includes(`- ${path}`))).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

test("top-level keys that are misspelt or missing are named", () => {
  fc.assert(
    fc.property(stack, fc.constantFrom("agents", "nats", "cluster", "apiKeys", "dataProtection"), (valid, key) => {
      const { [key]: value = "", ...rest } = valid;
      const message = errorOf({ ...rest, [`${key}x`]: value });
      expect(message).toContain(`- vapora:${key}: is missing`);
      expect(message).toContain(`- vapora:${key}x: there is no such key; did you mean ${key}?`);
    }),
    { numRuns: 200 },
  );
});

function errorOf(config: Stack): string {
  try {
    parseSettings(config);
    return "no error";
  } catch (error) {
    return (error as Error).message;
  }
}
