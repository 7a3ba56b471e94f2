/** The bundled database on SurrealDB's own server: start, users, tokens, rotations, and the knowledge graph's Job. */
import type { KubernetesObject } from "../../tools/recording/recording";
import { objectNamed, objectsOf } from "../support/recordings";
import { describeWithServers } from "../support/servers/machine";
import { PodNetwork } from "../support/servers/network";
import type { Kubelet } from "../support/servers/kubelet";
import { get, jobNamed, platformLogin, rootLogin, signIn, sql, statusOf } from "../support/servers/surrealdb";
import { fixtureStack } from "../support/stacks";

jest.setTimeout(300_000);

const FUNCTIONS = "RETURN object::keys((INFO FOR DB).functions)";

let network: PodNetwork;

function section(change: object = {}): Record<string, unknown> {
  return {
    "vapora:surrealdb": { ...(fixtureStack("dev").config["vapora:surrealdb"] as object), ...change },
  };
}

/** The recorded database, running on its claim until the next one takes its place. */
async function run(objects: readonly KubernetesObject[], change?: (set: KubernetesObject) => void): Promise<Kubelet> {
  const set = structuredClone(objectNamed(objects, "StatefulSet", "surrealdb"));
  change?.(set);
  return network.run(set, { objects });
}

async function running(objects: readonly KubernetesObject[]): Promise<Kubelet> {
  const database = await run(objects);
  await database.untilReady();
  return database;
}

/** Runs a Job's pod once, and gives its exit code and log. */
async function runJob(
  job: KubernetesObject,
  objects: readonly KubernetesObject[],
): Promise<{ readonly code: number; readonly log: string; readonly seconds: number }> {
  const started = Date.now();
  const pod = await network.start(job, { objects, name: `job-${String(started)}` });
  const { code } = await pod.waitExit();
  return { code, log: pod.log(), seconds: (Date.now() - started) / 1000 };
}

/** Runs a Job's pod once. @throws Error with its log, if it fails. */
async function done(job: KubernetesObject, objects: readonly KubernetesObject[]): Promise<number> {
  const { code, log, seconds } = await runJob(job, objects);
  if (code !== 0) throw new Error(`${job.metadata.name} ended with ${String(code)}: ${log}`);
  return seconds;
}

/** A copy of the objects in which one Secret's file has other text. */
function withInit(objects: readonly KubernetesObject[], change: (init: string) => string): KubernetesObject[] {
  return objects.map((object) => {
    if (object.kind !== "Secret" || object.metadata.name !== "surrealdb-credentials") return object;
    const data = object.stringData as Readonly<Record<string, string>>;
    return { ...object, stringData: { ...data, "init.surql": change(data["init.surql"] ?? "") } };
  });
}

describeWithServers("the bundled database", ["surreal"], () => {
  let objects: readonly KubernetesObject[];

  beforeEach(async () => {
    network = await PodNetwork.create();
    objects = await objectsOf("dev");
  });

  afterEach(() => network.close());

  test("is Ready within two seconds of answering, and never before its users can sign in", async () => {
    const database = await run(objects);
    let answers: number | undefined;
    while (!database.isReady) {
      if ((await get(database.address, "/ready")) === 200) answers ??= Date.now();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const wait = answers === undefined ? 0 : Date.now() - answers;
    await expect(signIn(database.address, platformLogin(objects))).resolves.toMatch(/^ey/);
    console.log(`Ready ${String(wait)} ms after it answered`);
    expect(wait).toBeLessThan(2_000);
  });

  test("has its users and its knowledge graph, and nothing nobody asked for", async () => {
    const { address } = await running(objects);
    const [root] = await sql(address, "INFO FOR ROOT STRUCTURE", rootLogin(objects));
    const { namespaces, users } = root as {
      namespaces: { name: string }[];
      users: { name: string; roles: string[] }[];
    };
    expect(namespaces.map(({ name }) => name)).toEqual(["vapora"]);
    expect(users.map(({ name, roles }) => [name, roles])).toEqual([["root", ["OWNER"]]]);
    const [here] = await sql(address, "INFO FOR DB STRUCTURE", rootLogin(objects));
    const own = (here as { users: { name: string; roles: string[] }[] }).users.map(({ name, roles }) => [name, roles]);
    expect(own.sort()).toEqual([
      ["knowledge_graph", ["OWNER"]],
      ["vapora", ["EDITOR"]],
    ]);
    const [ranked] = await sql(address, "RETURN fn::rank('coding')", platformLogin(objects));
    expect(ranked).toEqual([]);
  });

  test("answers no guest, and lets no query reach the network", async () => {
    const { address } = await running(objects);
    const guest = await fetch(`http://${address}:8000/sql`, {
      method: "POST",
      headers: { accept: "application/json", "surreal-ns": "vapora", "surreal-db": "vapora" },
      body: "RETURN 1",
    });
    expect([401, 403]).toContain(guest.status);
    await expect(
      sql(address, `RETURN http::get('http://${address}:8000/status')`, platformLogin(objects)),
    ).rejects.toThrow(/not allowed/);
    for (const path of ["/graphql", "/ml/import", "/api/vapora/vapora/x"]) {
      expect([401, 403, 404, 405]).toContain(await get(address, path));
    }
    const { headers } = await fetch(`http://${address}:8000/status`);
    expect([...headers.keys()].filter((name) => name.startsWith("surreal"))).toEqual([]);
  });

  test("whose start-up file cannot be parsed is never Ready, and answers nobody", async () => {
    const broken = withInit(objects, (init) => `${init}\nDEFINE USR x;`);
    const database = await run(broken);
    while ((await get(database.address, "/health")) !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(await get(database.address, "/health")).toBe(200);
    expect(await get(database.address, "/ready")).toBe(503);
    expect(database.isReady).toBe(false);
    await expect(signIn(database.address, platformLogin(objects))).rejects.toThrow();
  });

  test("whose start-up file has not made the platform's user fails the knowledge graph's Job, which says so", async () => {
    const broken = withInit(objects, (init) =>
      init.replace(/DEFINE USER OVERWRITE vapora ON DATABASE/, "THROW 'x'; DEFINE USER OVERWRITE vapora ON DATABASE"),
    );
    await running(broken);
    const { code, log } = await runJob(jobNamed(objects, "knowledge-graph"), objects);
    expect(code).not.toBe(0);
    expect(log).toContain("The start-up file of the database has not made its users");
  });

  test("keeps the tokens of its users over a restart, and so does an unrelated deployment", async () => {
    const first = await running(objects);
    const tokens = await Promise.all(
      [platformLogin(objects), rootLogin(objects)].map((by) => signIn(first.address, by)),
    );
    await first.stop();
    const other = await objectsOf("dev", { "vapora:learning": { fullConfidence: 7 } });
    const second = await running(other);
    expect(await Promise.all(tokens.map((token) => statusOf(second.address, token)))).toEqual([200, 200]);
  });

  test("lets its pods in after an older dump was restored, once it has started again", async () => {
    const first = await running(objects);
    const login = platformLogin(objects);
    // what a dump of before a rotation brings back
    await sql(
      first.address,
      "DEFINE USER OVERWRITE vapora ON DATABASE PASSWORD 'of-an-older-time' ROLES EDITOR; REMOVE FUNCTION fn::rank",
      rootLogin(objects),
    );
    await expect(signIn(first.address, login)).rejects.toThrow();
    await first.stop();
    const second = await running(objects);
    await expect(sql(second.address, "RETURN fn::rank('coding')", login)).resolves.toEqual([[]]);
  });

  test("has users and graph again on an empty volume, without a Job", async () => {
    const first = await running(objects);
    await first.stop();
    const emptied = await network.run(objectNamed(objects, "StatefulSet", "surrealdb"), {
      objects,
      volumes: new Map([["surrealdb-data", network.claim("another")]]),
    });
    await emptied.untilReady();
    await expect(sql(emptied.address, "RETURN fn::rank('coding')", platformLogin(objects))).resolves.toEqual([[]]);
  });

  test("gets a new role of a user with the next start", async () => {
    const before = await running(
      withInit(objects, (init) => init.replaceAll("OWNER", "EDITOR").replace("ON ROOT PASSWORD", "ON ROOT PASSWORD")),
    );
    await before.stop();
    const after = await running(objects);
    const [here] = await sql(after.address, "INFO FOR DB STRUCTURE", rootLogin(objects));
    const roles = (here as { users: { name: string; roles: string[] }[] }).users.find(
      ({ name }) => name === "knowledge_graph",
    )?.roles;
    expect(roles).toEqual(["OWNER"]);
  });
});

describeWithServers("the knowledge graph's Job", ["surreal"], () => {
  let objects: readonly KubernetesObject[];
  let database: Kubelet;

  beforeAll(async () => {
    network = await PodNetwork.create();
    objects = await objectsOf("dev");
    database = await running(objects);
  });

  afterAll(() => network.close());

  test("imports it as it is rendered, into an empty and into a filled database, any number of times", async () => {
    const job = jobNamed(objects, "knowledge-graph");
    await sql(database.address, "REMOVE FUNCTION fn::rank", rootLogin(objects));
    for (let times = 0; times < 2; times++) {
      await done(job, objects);
      const [functions] = await sql(database.address, FUNCTIONS, rootLogin(objects));
      expect(functions).toContain("rank");
      await sql(
        database.address,
        "UPSERT agent:ann SET load = 0.1, available = true; CREATE execution SET agent = agent:ann, task_type = 'coding', success = true, duration = 1s, cost = 0",
        platformLogin(objects),
      );
    }
    const [ranked] = await sql(database.address, "RETURN fn::rank('coding')", platformLogin(objects));
    expect(ranked).toMatchObject([{ agent: "agent:ann", executions: 2, by: "learning" }]);
  });

  test("is refused as an EDITOR, and its log tells that from a server that is not there and one that is not ready", async () => {
    const job = jobNamed(objects, "knowledge-graph");
    await sql(
      database.address,
      "DEFINE USER OVERWRITE editor ON DATABASE PASSWORD 'made-up' ROLES EDITOR",
      rootLogin(objects),
    );
    const as = (user: string, pass: string, endpoint?: string): KubernetesObject => {
      const copy = structuredClone(job);
      const [container] = (copy.spec as { template: { spec: { containers: Container[] } } }).template.spec.containers;
      if (container === undefined) throw new Error("the Job has no container");
      container.env = [
        ...container.env.filter(({ name }) => !["SURREAL_USER", "SURREAL_PASS"].includes(name)),
        { name: "SURREAL_USER", value: user },
        { name: "SURREAL_PASS", value: pass },
      ];
      if (endpoint !== undefined) container.args[container.args.indexOf("--endpoint") + 1] = endpoint;
      return copy;
    };
    const editor = await runJob(as("editor", "made-up"), objects);
    const wrong = await runJob(as("editor", "wrong"), objects);
    const gone = await runJob(as("editor", "made-up", `http://${database.address}:8001`), objects);
    expect([editor.code, wrong.code, gone.code].every((code) => code !== 0)).toBe(true);
    expect(editor.log).toMatch(/Not enough permissions/);
    expect(wrong.log).toMatch(/authentication/);
    expect(gone.log).toMatch(/error sending request|Connection refused/);
  });
});

interface Container {
  env: { name: string; value?: string }[];
  args: string[];
}

describeWithServers("a rotation of the database's user", ["surreal"], () => {
  beforeAll(async () => {
    network = await PodNetwork.create();
  });

  afterAll(() => network.close());

  test("from 0 to 1 to 2 fails no request of a client that keeps its token, nor of one that signs in anew", async () => {
    const [zero, one, two] = [
      await objectsOf("dev"),
      await objectsOf("dev", section({ rotations: { user: 1 } })),
      await objectsOf("dev", section({ rotations: { user: 2 } })),
    ];
    const database = await running(zero);
    const { address } = database;
    const counts = { kept: 0, anew: 0, failed: [] as string[] };
    let login = platformLogin(zero);
    let token = await signIn(address, login);
    const over = new AbortController();
    const client = (async () => {
      while (!over.signal.aborted) {
        const status = await statusOf(address, token);
        counts.kept++;
        if (status !== 200) counts.failed.push(`token: ${String(status)}`);
        const signedIn = await signIn(address, login).catch((error: unknown) => String(error));
        counts.anew++;
        if (!signedIn.startsWith("ey")) counts.failed.push(`sign-in: ${signedIn}`);
      }
    })();
    const oldToken = token;
    for (const objects of [one, two]) {
      await done(jobNamed(objects, "surrealdb-rotation"), objects);
      // the pods of before go on for a while, then others take over
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const next = platformLogin(objects);
      const newToken = await signIn(address, next);
      [login, token] = [next, newToken];
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    over.abort();
    await client;
    console.log(
      `requests with a kept token: ${String(counts.kept)}, sign-ins: ${String(counts.anew)}, failed: ${String(counts.failed.length)}`,
    );
    expect(counts.failed).toEqual([]);
    expect(counts.kept).toBeGreaterThan(10);
    // the user of rotation 0 has got another password by then, and its tokens end with it
    expect(await statusOf(address, oldToken)).toBe(401);
    await expect(signIn(address, platformLogin(zero))).rejects.toThrow();
  });

  test("of root fails its Job where the database has not taken the new password", async () => {
    const rotated = await objectsOf("dev", section({ rotations: { root: 1, user: 2 } }));
    const job = jobNamed(rotated, "surrealdb-rotation");
    const before = await runJob(job, rotated);
    expect(before.code).not.toBe(0);
    expect(before.log).toMatch(/authentication/);
  });
});
