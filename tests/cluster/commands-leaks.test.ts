import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { getObjects, kubectl } from "../../tools/cluster/kubectl";
import { readStack } from "../../tools/recording/project";
import type { KubernetesObject } from "../../tools/recording/recording";
import { CANARIES, CANARY_CONFIG, canariesIn } from "../support/canaries";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { Checkout, failure, success } from "../support/commands";
import { isCredential } from "../support/recordings";

jest.setTimeout(CLUSTER_TIMEOUT);

interface Secret extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The control plane's own storage: the Secret objects themselves. */
const STORAGE = join(".local", "control-plane", "etcd");

/** Where the try-out keeps what it has deployed. */
const STATE = /\/\.pulumi\/stacks\/.*\.json$/;

/** Whatever the try-out does with secrets, one test after the other, and then the search. */
describeWithEngine("what the try-out is given as a secret, and what it makes up as one,", () => {
  let checkout: Checkout;
  /** By Secret and key, all that is secret on the control plane, and what stands sealed in the stack's file. */
  let secrets: Record<string, string>;
  const said: string[] = [];

  beforeAll(async () => {
    checkout = new Checkout();
    const dev = readStack(checkout.root, "dev").config;
    const sealed = Object.fromEntries(Object.entries(CANARIES).map(([key, secure]) => [key, { secure }]));
    // everything that takes a secret from config; stack prod has what generates them
    checkout.write("Pulumi.dev.yaml", stringify({ config: { ...dev, ...CANARY_CONFIG, ...sealed } }));
    said.push(success(await checkout.run("try")));
    said.push(success(await checkout.run("try", "--stack", "prod")));
  });

  afterAll(async () => {
    await checkout.remove();
  });

  test("is in the Secrets, where the search finds every one", async () => {
    const live = await all<Secret>("secrets");
    const values = live.flatMap(({ metadata: { namespace = "", name }, data = {} }) =>
      Object.entries(data)
        .map(([key, value]) => ({ key, text: Buffer.from(value, "base64").toString() }))
        .filter(({ key, text }) => isCredential(key, text))
        .map(({ key, text }): [string, string] => [`${namespace} ${name} ${key}`, text]),
    );
    secrets = { ...Object.fromEntries(values), ...CANARIES };
    expect(Object.keys(secrets)).toEqual(
      expect.arrayContaining([
        "vapora-dev nats-connection url",
        "vapora-dev vapora-secrets claude-api-key",
        "vapora-system surrealdb-credentials root-password",
        "vapora-system vapora-secrets database-password",
      ]),
    );
    expect(canariesIn(JSON.stringify(live), Object.fromEntries(values))).toEqual(values.map(([key]) => key));
  });

  test("is in no other object, nor in an event", async () => {
    const kinds = await kubectl(checkout.cluster(), ["api-resources", "--namespaced", "--verbs=list", "-o", "name"]);
    const others = kinds.split("\n").filter((kind) => !["", "secrets"].includes(kind));
    const objects = [...(await all(others.join(","))), ...(await all("namespaces,persistentvolumes"))];
    expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["Event", "Pod", "ConfigMap", "Namespace"]));
    const leaks = objects.filter((object) => hits(JSON.stringify(object)).length > 0);
    expect(leaks.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
  });

  test("is not shown by a run that is refused since a secret lies in the clear", async () => {
    const [[key, value] = ["", ""]] = Object.entries(CANARIES);
    checkout.write(
      "Pulumi.dev.yaml",
      stringify({ config: { ...readStack(checkout.root, "dev").config, [key]: value } }),
    );
    const ended = await checkout.run("try");
    expect(failure(ended)).toContain(key);
    said.push(ended.output);
  });

  test("is not shown by what takes everything down again", async () => {
    const left = filesOf(join(checkout.root, ".local"));
    expect(left.some((file) => STATE.test(file))).toBe(true);
    said.push(...left.map((file) => readFileSync(file, "utf8")));
    said.push(success(await checkout.run("try-down")));
  });

  test("is in no output, and in no file that was written for it", () => {
    expect(said.join("\n")).toContain("Outputs of stack prod:");
    expect(said.flatMap(hits)).toEqual([]);
    const folders = [
      checkout.home,
      join(checkout.root, "node_modules", ".cache"),
      ...["tmp", "logs"].map((name) => checkout.path(name)),
    ];
    const files = folders.flatMap(filesOf);
    expect(files.filter((file) => hits(readFileSync(file, "utf8")).length > 0)).toEqual([]);
    expect(files.length).toBeGreaterThan(3);
  });

  function hits(text: string): string[] {
    return canariesIn(text, secrets);
  }

  function all<T extends KubernetesObject>(kinds: string): Promise<T[]> {
    return getObjects<T>(checkout.cluster(), [kinds, "--all-namespaces", "--show-managed-fields"]);
  }

  /** Files below a folder, but for the control plane's own storage. */
  function filesOf(folder: string): string[] {
    if (!existsSync(folder) || relative(checkout.root, folder) === STORAGE) return [];
    return readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesOf(path) : [path];
    });
  }
});
