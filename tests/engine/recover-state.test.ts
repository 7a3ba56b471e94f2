import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { STACK_MARK } from "../../components/stack-mark";
import { judgePreview } from "../../tools/report/judge-preview";
import { kubectl } from "../../tools/cluster/kubectl";
import type { RunResult } from "../../tools/shared/processes";
import { readState } from "../../tools/pulumi/state";
import { PREVIEW_FLAGS, readPreview } from "../../tools/report/compare";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { describeUrn } from "../support/engine";
import { FaultyStack } from "../support/faulty-stack";
import { marks, ownObjects } from "./live";

jest.setTimeout(CLUSTER_TIMEOUT);

const OTHER = "6f1c9a52-7d0e-4b3a-9c55-2f8e4d7b1a90";

// One deployed stack, to which every test gives back what it has taken.
describeWithEngine("recover, on a stack that is deployed", (cluster, pulumi) => {
  let stack: FaultyStack;
  let stateFile: string;
  let locks: string;

  beforeAll(async () => {
    stack = await FaultyStack.start(cluster, pulumi, "recover-state");
    await stack.up();
    await stack.whenReady();
    const folder = join(stack.folder, "state", ".pulumi");
    stateFile = join(folder, "stacks", "vapora", "dev.json");
    locks = join(folder, "locks", "organization", "vapora", "dev");
    mkdirSync(locks, { recursive: true });
  });

  afterAll(async () => {
    await stack.remove();
  });

  const versions = async (): Promise<Record<string, string>> =>
    marks(await ownObjects(cluster, stack), "resourceVersion");

  function lock(pid: number, host = hostname()): void {
    const content = { pid, username: "somebody", hostname: host, timestamp: "2026-11-25T04:00:00Z" };
    writeFileSync(join(locks, `${OTHER}.json`), JSON.stringify(content));
  }

  /** It refuses, and neither the cluster nor a byte of the state has changed. */
  async function expectRefusal(message: string | RegExp, work: () => Promise<unknown>): Promise<void> {
    const [before, state] = [await versions(), readFileSync(stateFile, "utf8")];
    await expect(work()).rejects.toThrow(message);
    expect(await versions()).toEqual(before);
    expect(readFileSync(stateFile, "utf8")).toBe(state);
  }

  it("refuses where pulumi is at work, even if it is told to break the lock", async () => {
    const child = spawn("sleep", ["60"], { argv0: "pulumi" });
    try {
      lock(child.pid ?? 0);
      await expectRefusal(/^pulumi runs for this stack: somebody@/, () => stack.recover());
      await expectRefusal(/^pulumi runs for this stack: somebody@/, () => stack.recover({ breakLock: true }));
      expect(stack.locks()).toHaveLength(1);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("leaves the lock of another machine alone, unless it is told to break it", async () => {
    lock(spawnSync("true").pid, "another-host");
    await expectRefusal(/^Another machine holds the stack's lock: somebody@another-host/, () => stack.recover());
    expect(stack.locks()).toHaveLength(1);
    expect((await stack.recover({ breakLock: true })).notes).toContain("Removed a lock that somebody@another-host");
    expect(stack.locks()).toEqual([]);
  });

  it("refuses a cluster that the stack does not pin", async () => {
    const config = {
      "vapora:cluster": { identifier: "recover-state", kubeconfig: stack.proxy.kubeconfig, kubeSystemUid: OTHER },
    };
    await expectRefusal(/^This is not the cluster of stack dev/, () => stack.recover({ config }));
  });

  it.each([0, 0.5])("restores a state of which only %d is left, and touches no object", async (part) => {
    const [before, state] = [await versions(), await stack.exported()];
    truncateSync(stateFile, Math.floor(readFileSync(stateFile).length * part));
    expect((await stack.try(["preview"])).code).not.toBe(0);
    const { changes, foreign, notes } = await stack.recover();
    expect([changes, foreign]).toEqual([{}, []]);
    expect(notes).toMatch(/^The state was damaged. It is \S+ again; the damaged one is kept in /m);
    expect(await versions()).toEqual(before);
    expect(urnsOf(await stack.exported())).toEqual(urnsOf(state));
  });

  it("reads a state whose attributes a kill left empty", async () => {
    const before = await versions();
    truncateSync(`${stateFile}.attrs`, 0);
    const { stdout, stderr } = await stack.try(["preview"]);
    expect(stdout + stderr).toContain("failed to load checkpoint: EOF");
    const ofUser = { stack: stack.engine.stack, try: stack.engine.try.bind(stack.engine) };
    await expect(readState(ofUser)).rejects.toThrow(/^The state of stack dev cannot be read:[^]*recover -- dev$/);
    const { changes, notes } = await stack.recover();
    expect(changes).toEqual({});
    expect(notes).toContain("Removed attributes of the state's files");
    expect(notes).not.toContain("The state was damaged");
    expect(await versions()).toEqual(before);
  });

  it("tells, as the guard does, of what an interrupted replacement left to be deleted", async () => {
    const original = await stack.exported();
    const { deployment, ...rest } = JSON.parse(original) as { deployment: { resources: readonly { urn: string }[] } };
    const claims = deployment.resources.filter(({ urn }) => describeUrn(urn) === "PersistentVolumeClaim redis-data");
    expect(claims).toHaveLength(1);
    const resources = [...deployment.resources, ...claims.map((claim) => ({ ...claim, delete: true }))];
    const put = (state: object): Promise<RunResult> => {
      const file = join(stack.folder, "left-over.json");
      writeFileSync(file, JSON.stringify(state));
      return stack.run(["stack", "import", "--file", file]);
    };
    await put({ ...rest, deployment: { ...deployment, resources } });
    const { stdout } = await stack.run(["preview", ...PREVIEW_FLAGS]);
    const [judged] = judgePreview(readPreview(stdout), { waivers: [] }).stacks;
    expect([judged?.verdict, judged?.changes.map(({ object, action }) => `${object} ${action}`)]).toEqual([
      "data-at-risk",
      ["PersistentVolumeClaim redis-data deleted"],
    ]);
    expect((await stack.recover()).changes).toEqual({ delete: 1 });
    await put({ ...rest, deployment });
    expect((await stack.recover()).changes).toEqual({});
  });

  it("backs the state up before it touches it, and prints a line that brings it back", async () => {
    await stack.forget("Service frontend-service");
    const before = await stack.exported();
    const { notes } = await stack.recover();
    expect(urnsOf(await stack.exported())).not.toEqual(urnsOf(before));
    const [, line = ""] = /To go back to it: pulumi (.*)$/m.exec(notes) ?? [];
    expect(line).toMatch(/^stack import --stack dev --file \S+$/);
    await stack.run(line.replace("--stack dev ", "").split(" "));
    // pulumi seals the same secrets anew
    const open = (state: string): string => state.replace(/"ciphertext": "[^"]*"/g, "");
    expect(open(await stack.exported())).toBe(open(before));
    expect((await stack.recover()).changes).toEqual({});
  });

  it("takes what carries the stack's mark, and leaves what does not untouched and names it", async () => {
    await stack.forget(
      ...["Service frontend-service", "Service nats-service", "ConfigMap backend-config", "Deployment backend"],
    );
    const scope = ["--namespace", stack.namespace];
    // the same name, somebody else's
    await kubectl(cluster, ["delete", "configmap", "vapora-backend-config", ...scope]);
    await kubectl(cluster, ["create", "configmap", "vapora-backend-config", "--from-literal=theirs=1", ...scope]);
    await kubectl(cluster, ["annotate", "service", "nats", `${STACK_MARK}=${OTHER}`, "--overwrite", ...scope]);
    const before = await versions();

    const found = await stack.recover();
    expect([...found.foreign].sort()).toEqual(["ConfigMap vapora-backend-config", "Service nats"]);
    // it mounts the one that is somebody else's
    expect(found.blocked).toEqual(["Deployment vapora-backend"]);
    expect(found.notes).toContain("Taken into the state: Service vapora-frontend.");
    const after = await versions();
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(changed).not.toContain("Service nats");
    expect(changed).not.toContain("ConfigMap vapora-backend-config");
    expect(await stack.state()).not.toEqual(expect.arrayContaining(["Service nats-service"]));
    expect(await stack.state()).toContain("Service frontend-service");

    await kubectl(cluster, ["delete", "configmap/vapora-backend-config", "service/nats", ...scope]);
    expect(await stack.recover()).toMatchObject({ foreign: [], blocked: [] });
    await stack.up();
    expect((await stack.recover()).changes).toEqual({});
  });

  it("may be killed while it takes objects up: the next one does what is left", async () => {
    const before = marks(await ownObjects(cluster, stack), "uid");
    await stack.forget("Service frontend-service", "Deployment backend");
    await stack.killedAt(
      ({ method }) => method === "PATCH",
      () => stack.recover(),
    );
    expect(stack.locks()).toHaveLength(1);
    expect((await stack.recover()).changes).toEqual({});
    const { pending, resources } = await stack.read();
    const upserting = resources.filter(({ inputs }) => inputs?.upsertExistingObjects !== undefined);
    expect([stack.locks(), pending, upserting]).toEqual([[], [], []]);
    expect(marks(await ownObjects(cluster, stack), "uid")).toEqual(before);
  });
});

function urnsOf(state: string): string[] {
  const { deployment } = JSON.parse(state) as { deployment: { resources: readonly { urn: string }[] } };
  return deployment.resources.map(({ urn }) => urn).sort();
}
