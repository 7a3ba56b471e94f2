import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { untilEstablished } from "../../../../tools/cluster/definitions";
import type { Cluster } from "../../../../tools/cluster/kubectl";
import { Interrupted } from "../../../../tools/shared/user-error";

const NAMES = {
  HTTPRoute: "httproutes.gateway.networking.k8s.io",
  ExternalSecret: "externalsecrets.external-secrets.io",
};

type Conditions = readonly { readonly type: string; readonly status: string }[] | null;

const ESTABLISHED: Conditions = [
  { type: "NamesAccepted", status: "True" },
  { type: "Established", status: "True" },
];
const NOT_YET: Conditions = [{ type: "Established", status: "False" }];

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vapora-definitions-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A cluster with these conditions of definitions, one answer after another, and the last of them ever after. */
function clusterThatSays(...answers: readonly Readonly<Partial<Record<keyof typeof NAMES, Conditions>>>[]): Cluster {
  for (const [index, answer] of answers.entries()) {
    const items = Object.entries(answer).map(([kind, conditions]) => ({
      metadata: { name: NAMES[kind as keyof typeof NAMES] },
      status: { conditions },
    }));
    writeFileSync(join(folder, String(index)), JSON.stringify({ items }));
  }
  const lines = [
    `cd "${folder}" && touch asked && count=$(wc -l < asked) && echo "$*" >> asked`,
    `cat $((count < ${String(answers.length)} ? count : ${String(answers.length - 1)}))`,
  ];
  const kubectl = join(folder, "kubectl");
  writeFileSync(kubectl, `#!/bin/sh\n${lines.join("\n")}\n`, { mode: 0o755 });
  return { kubectl, kubeconfig: join(folder, "config") };
}

/** How often the cluster was asked. */
function asked(): number {
  return readFileSync(join(folder, "asked"), "utf8").split("\n").length - 1;
}

test("a kind is waited for: its definition not there, without conditions, not established, established", async () => {
  const cluster = clusterThatSays(
    {},
    { HTTPRoute: null },
    { HTTPRoute: [] },
    { HTTPRoute: NOT_YET },
    { HTTPRoute: ESTABLISHED },
  );
  await untilEstablished(cluster, ["HTTPRoute"]);
  expect(asked()).toBe(5);
});

test("every one of several kinds is waited for", async () => {
  const cluster = clusterThatSays(
    { HTTPRoute: ESTABLISHED, ExternalSecret: null },
    { HTTPRoute: ESTABLISHED, ExternalSecret: ESTABLISHED },
  );
  await untilEstablished(cluster, ["HTTPRoute", "ExternalSecret"]);
  expect(asked()).toBe(2);
});

test("a kind that does not come within a minute is named", async () => {
  const start = Date.now();
  const now = jest.spyOn(Date, "now").mockReturnValueOnce(start);
  now.mockReturnValue(start + 60_001);
  try {
    const cluster = clusterThatSays({ HTTPRoute: ESTABLISHED, ExternalSecret: NOT_YET });
    await expect(untilEstablished(cluster, ["HTTPRoute", "ExternalSecret"])).rejects.toThrow(
      "The cluster does not have the kind ExternalSecret a minute after it was defined.",
    );
  } finally {
    now.mockRestore();
  }
});

test("waiting ends when it is interrupted", async () => {
  const waiting = untilEstablished(clusterThatSays({}), ["HTTPRoute"], AbortSignal.timeout(300));
  await expect(waiting).rejects.toThrow(Interrupted);
});
