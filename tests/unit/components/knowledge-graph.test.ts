/** How the knowledge graph comes into the database. */
import { kubernetesObjects } from "../../../tools/recording/recording";
import type { KubernetesObject } from "../../../tools/recording/recording";
import { podTemplate } from "../../support/pods";
import { objectNamed, objectsOf, recording, RECORDING_TIMEOUT, secretValues } from "../../support/recordings";
import { surreal } from "../../support/database-users";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

type Config = Readonly<Record<string, unknown>>;

const HEAVIER = { "vapora:learning": { weights: { base: 0.2, expertise: 0.6, confidence: 0.2 } } };
const SCRIPT = "knowledge-graph.surql";

/** Objects by kind and name that one config has and another has not, or has otherwise. */
async function news(before: Config, after: Config): Promise<string[]> {
  const texts = async (config: Config): Promise<Map<string, string>> =>
    new Map(
      kubernetesObjects(await recording("dev", config)).map(({ object }) => [
        `${object.kind} ${object.metadata.name}`,
        JSON.stringify(object),
      ]),
    );
  const [old, now] = [await texts(before), await texts(after)];
  return [...now].filter(([name, text]) => old.get(name) !== text).map(([name]) => name.replace(/-[0-9a-f]{10}$/, ""));
}

function jobs(objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.filter(({ kind }) => kind === "Job");
}

test("a change of one weight rolls exactly the agents and runs exactly one new Job", async () => {
  expect((await news({}, HEAVIER)).sort()).toEqual([
    "ConfigMap knowledge-graph",
    "ConfigMap vapora-agents-config",
    "Deployment vapora-agents",
    "Job knowledge-graph",
    // the start-up file, which a database reads with its next start
    "Secret surrealdb-credentials",
  ]);
  const names = [await objectsOf("dev"), await objectsOf("dev", HEAVIER)].map((objects) =>
    jobs(objects).map(({ metadata }) => metadata.name),
  );
  expect(names.map((all) => all.length)).toEqual([1, 1]);
  expect(names[0]).not.toEqual(names[1]);
});

test("a new password of the database's users brings nothing in again", async () => {
  const rotated = { "vapora:surrealdb": { ...section(), rotations: { user: 1, root: 1 } } };
  expect(await news({}, rotated)).not.toContain("Job knowledge-graph");
});

// the template of a Job cannot change: it is another Job that runs with another image
test("a new image of SurrealDB is a Job of another name", async () => {
  const surrealdb = { ...section(), image: "docker.io/surrealdb/surrealdb:v3.2.5" };
  expect(await news({}, { "vapora:surrealdb": surrealdb })).toContain("Job knowledge-graph");
  const [before, after] = [await objectsOf("dev"), await objectsOf("dev", { "vapora:surrealdb": surrealdb })];
  expect(jobs(before)[0]?.metadata.name).not.toBe(jobs(after)[0]?.metadata.name);
});

test("the Job's user is let in by the database's start-up file, may run the script, and owns no other database", async () => {
  const objects = await objectsOf("dev");
  const [job] = jobs(objects);
  const [container] = job === undefined ? [] : (podTemplate(job)?.spec.containers ?? []);
  const user = container?.env?.find(({ name }) => name === "SURREAL_USER")?.value ?? "";
  const { name = "", key = "" } =
    container?.env?.find((one) => one.name === "SURREAL_PASS")?.valueFrom?.secretKeyRef ?? {};
  const credentials = { username: user, password: secretValues(objects, name)[key] ?? "" };
  const script = objects.flatMap(({ data }) => (data as Record<string, string> | undefined)?.[SCRIPT] ?? []);
  expect(script).toHaveLength(1);

  const init = secretValues(objects, "surrealdb-credentials")["init.surql"] ?? "";
  const { signedIn, results } = surreal([init], credentials, [
    ...script,
    "RETURN fn::rank('coding')",
    "DEFINE USER other ON ROOT PASSWORD 'x' ROLES VIEWER",
    "DEFINE DATABASE other",
    "REMOVE NAMESPACE vapora",
  ]);
  expect([signedIn, ...results.slice(0, 2)]).toEqual(["ok", "ok", "ok"]);
  for (const refused of results.slice(2)) expect(refused).toContain("Not enough permissions");
});

test("agents start once the knowledge graph is there", async () => {
  const { resources } = await recording("dev");
  const agents = resources.find(({ urn }) => urn.includes("apps/v1:Deployment::agents"));
  expect(agents?.dependencies.join()).toContain("batch/v1:Job::knowledge-graph-job");
});

test("the command line uses what `surreal import` documents", async () => {
  // https://surrealdb.com/docs/surrealdb/cli/import
  const [job] = jobs(await objectsOf("dev"));
  const args = (job === undefined ? undefined : podTemplate(job)?.spec.containers[0]?.args) ?? [];
  expect(args).toEqual([
    "import",
    ...["--endpoint", "http://surrealdb-0.vapora-dev:8000"],
    ...["--namespace", "vapora", "--database", "vapora", "--auth-level", "database"],
    `/etc/surrealdb/${SCRIPT}`,
  ]);
});

describe("an external database", () => {
  const external = { host: "db.example.com", ranges: ["10.0.0.0/8"], username: "team", database: "main", tls: true };
  const password = { "vapora:surrealdbPassword": { secure: "v1:a" } };

  test("gets it from its client, as its own user", async () => {
    const client = { image: "docker.io/surrealdb/surrealdb:v3.2.4", nodeSelector: { pool: "jobs" } };
    const objects = await objectsOf("dev", { "vapora:surrealdb": { external: { ...external, client } }, ...password });
    const [job] = jobs(objects);
    expect(job?.spec).toMatchObject({ template: { spec: { nodeSelector: client.nodeSelector } } });
    expect(job === undefined ? undefined : podTemplate(job)?.spec.containers).toMatchObject([
      {
        image: client.image,
        args: expect.arrayContaining(["https://db.example.com:8000", "main"]) as unknown,
        env: [
          { name: "SURREAL_USER", value: "team" },
          { valueFrom: { secretKeyRef: { name: "surrealdb-credentials", key: "importer-password" } } },
          { name: "SURREAL_ONLINE_VERSION_CHECK", value: "false" },
        ],
      },
    ]);
    expect(Object.keys(secretValues(objects, "surrealdb-credentials"))).toEqual(["importer-password"]);
    expect(objectNamed(objects, "NetworkPolicy", "knowledge-graph")).toBeDefined();
  });

  // the template of a Job cannot change
  test("at another address is another Job's", async () => {
    const client = { image: "docker.io/surrealdb/surrealdb:v3.2.4" };
    const at = async (fields: object): Promise<string | undefined> => {
      const surrealdb = { external: { ...external, ...fields, client } };
      return jobs(await objectsOf("dev", { "vapora:surrealdb": surrealdb, ...password }))[0]?.metadata.name;
    };
    const names = await Promise.all([{}, { host: "other.example.com" }, { port: 8001 }, { tls: false }].map(at));
    expect(new Set(names).size).toBe(4);
  });

  test("without a client gets no Job, and the script lies ready", async () => {
    const objects = await objectsOf("dev", { "vapora:surrealdb": { external }, ...password });
    const own = objects.filter((object) => JSON.stringify(object).includes("knowledge-graph"));
    expect(own.map(({ kind }) => kind)).toEqual(["ConfigMap"]);
    expect(own[0]?.metadata.labels).toMatchObject({ app: "knowledge-graph" });
  });
});

function section(): object {
  return fixtureStack("dev").config["vapora:surrealdb"] as object;
}
