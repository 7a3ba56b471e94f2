/** The changes of which docs/reports holds a report: one of each kind. */
import type { Waiver } from "../../report/waivers";

type Config = Readonly<Record<string, unknown>>;

/** A change of a stack's file. */
export interface Example {
  /** Name of the page. */
  readonly name: string;
  readonly title: string;
  readonly stack: "dev" | "prod";
  /** Sections or values before the change, by key, where the stack file's own do not show it. @default {} */
  readonly before?: Config;
  /** Fields of sections, or values, that the change sets, by key. @default - the file comes or goes */
  readonly after?: Config;
  /** @default - it is there before and after */
  readonly file?: "comes" | "goes";
  /** True where the program takes it for wrong. @default false */
  readonly isBroken?: true;
  readonly waivers?: readonly Waiver[];
}

const external = { host: "surrealdb.example.com", ranges: ["10.1.0.0/16"], username: "vapora" };
const fast = { agents: { storage: { size: "2Gi", storageClass: "fast" } } };

/** In the order in which they are listed. */
export const EXAMPLES: readonly Example[] = [
  {
    name: "key-order",
    title: "Keys in another order",
    stack: "dev",
    before: { backend: { env: { LOG_FORMAT: "json", LOG_COLOR: "never" } } },
    after: { backend: { env: { LOG_COLOR: "never", LOG_FORMAT: "json" } } },
  },
  {
    name: "image",
    title: "Another image of one service",
    stack: "prod",
    after: { mcpGateway: { image: "vapora/mcp-gateway:0.3.0" } },
  },
  {
    name: "setting",
    title: "A key of a ConfigMap",
    stack: "dev",
    after: { backend: { settings: { limits: { requests: 100 } } } },
  },
  {
    name: "secret",
    title: "Another value of a secret",
    stack: "dev",
    before: { claudeApiKey: { secure: "v1:c2VhbGVk:b25l" } },
    after: { claudeApiKey: { secure: "v1:c2VhbGVk:b3RoZXI=" } },
  },
  {
    name: "learning",
    title: "Weights of learning",
    stack: "dev",
    after: { learning: { weights: { base: 0.8, expertise: 0.1, confidence: 0.1 } } },
  },
  {
    name: "replicas",
    title: "More replicas of a service",
    stack: "prod",
    after: { backend: { replicas: 5 } },
  },
  {
    name: "exposure",
    title: "A way in from outside",
    stack: "dev",
    after: {
      frontend: {
        exposure: { ingress: { host: "www.example.com", controllerNamespace: "ingress-nginx", tlsSecret: "tls" } },
      },
    },
  },
  {
    name: "claim-grows",
    title: "A claim that grows",
    stack: "prod",
    after: { redis: { storage: { size: "20Gi" } } },
  },
  {
    name: "claim-shrinks",
    title: "A claim that shrinks",
    stack: "prod",
    after: { redis: { storage: { size: "5Gi" } } },
  },
  { name: "storage-class", title: "Another storage class", stack: "dev", after: fast },
  {
    name: "waived",
    title: "Another storage class, with a waiver",
    stack: "dev",
    after: fast,
    waivers: [
      {
        stack: "dev",
        object: "PersistentVolumeClaim agents-storage",
        loss: "replaced",
        reason: "The agents' state is scratch in development.",
        expires: "2027-01-31",
      },
    ],
  },
  {
    name: "namespace",
    title: "Another name of the namespace",
    stack: "prod",
    after: { namespace: { name: "vapora" } },
  },
  {
    name: "external",
    title: "A bundled store that becomes external",
    stack: "prod",
    after: {
      surrealdb: { image: undefined, resources: undefined, external },
      surrealdbPassword: { secure: "v1:c2VhbGVk:b25l" },
    },
  },
  { name: "protection", title: "Data protection switched off", stack: "prod", after: { dataProtection: false } },
  {
    name: "downgrade",
    title: "An older image of a store",
    stack: "dev",
    after: { redis: { image: "docker.io/library/redis:8.4.0-alpine" } },
  },
  { name: "new-stack", title: "A new stack", stack: "dev", file: "comes" },
  { name: "stack-gone", title: "A stack whose file is deleted", stack: "dev", file: "goes" },
  {
    name: "broken",
    title: "A config that is wrong",
    stack: "dev",
    isBroken: true,
    after: { backend: { replicas: -1 } },
  },
];
