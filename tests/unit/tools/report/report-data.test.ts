import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { classOf } from "../../../../tools/report/compare";
import { recordMany } from "../../../../tools/recording/record";
import { kubernetesObjects } from "../../../../tools/recording/recording";
import type { Recording } from "../../../../tools/recording/recording";
import { exitCode, renderJson, renderMarkdown, reportOf, reportStack } from "../../../../tools/report";
import type { Report, StackReport } from "../../../../tools/report";
import { capacityOf } from "../../../../tools/report/capacity";
import type { Waiver } from "../../../../tools/report/waivers";
import { credentialValues, RECORDING_TIMEOUT } from "../../../support/recordings";
import { fixtureStack } from "../../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

type Section = Readonly<Record<string, unknown>>;

const { config: dev } = fixtureStack("dev");
const section = (key: string, fields: Section): Section => ({
  [`vapora:${key}`]: { ...(dev[`vapora:${key}`] as Section), ...fields },
});
const sealed = (text: string): Section => ({ "vapora:claudeApiKey": { secure: text } });
const external = { external: { host: "db.example.com", ranges: ["10.1.0.0/16"], username: "vapora" } };

/** Every config that is compared with `base`. */
const CONFIGS = {
  base: { ...section("agents", { storage: { size: "10Gi" } }), ...section("backend", { env: { A: "1", B: "2" } }) },
  larger: section("agents", { storage: { size: "20Gi" } }),
  smaller: section("agents", { storage: { size: "5Gi" } }),
  otherClass: section("agents", { storage: { size: "10Gi", storageClass: "fast" } }),
  otherNamespace: { "vapora:namespace": { name: "elsewhere" } },
  image: section("mcpGateway", { image: "vapora/mcp-gateway:0.3.0" }),
  setting: section("backend", { env: { A: "1", B: "2" }, settings: { limits: { requests: 100 } } }),
  keyOrder: section("backend", { env: { B: "2", A: "1" } }),
  external: {
    ...section("surrealdb", {}),
    "vapora:surrealdb": { ...external, storage: { size: "5Gi" } },
    ...{ "vapora:surrealdbPassword": { secure: "p" } },
  },
  dropped: { "vapora:surrealdb": external, "vapora:surrealdbPassword": { secure: "p" } },
  secret: sealed("ciphertext-one"),
  rotated: sealed("ciphertext-two"),
  exposed: section("frontend", {
    exposure: { ingress: { host: "www.example.com", controllerNamespace: "ingress-nginx", tlsSecret: "tls" } },
  }),
  quota: { "vapora:quota": { headroom: 0 } },
};
type Name = keyof typeof CONFIGS;

let recordings: Readonly<Record<Name, Recording>>;

beforeAll(async () => {
  const configs = Object.values(CONFIGS).map((config) => ({ ...CONFIGS.base, ...config }));
  const made = await recordMany("dev", configs);
  recordings = Object.fromEntries(Object.keys(CONFIGS).map((name, index) => [name, made[index]])) as typeof recordings;
});

function compared(head: Name, base: Name = "base"): StackReport {
  return reportStack("dev", { base: { recording: recordings[base] }, head: { recording: recordings[head] } });
}

function reported(stacks: readonly StackReport[], waivers: readonly Waiver[] = [], today = "2026-12-01"): Report {
  return reportOf(stacks, { base: "main", head: "here", waivers, stackNames: ["dev", "prod"], today });
}

/** `<class> <kind> <name>` of everything that is not unchanged. */
function lines({ changes }: StackReport): string[] {
  return changes.map((change) => `${classOf(change)} ${change.object}`);
}

test("a claim that grows is updated in place, and is fine", () => {
  expect(lines(compared("larger"))).toEqual(["in-place PersistentVolumeClaim agents-storage"]);
  expect(exitCode(reported([compared("larger")]))).toBe(0);
});

test.each<[string, Name, string[]]>([
  ["a claim that shrinks", "smaller", ["data-at-risk PersistentVolumeClaim agents-storage"]],
  [
    "another storage class",
    "otherClass",
    ["data-at-risk PersistentVolumeClaim agents-storage", "replaced Deployment agents"],
  ],
])("%s puts data at risk, and is refused", (_name, head, expected) => {
  expect(lines(compared(head))).toEqual(expected);
  expect(exitCode(reported([compared(head)]))).toBe(3);
});

test("another name of the namespace puts all its data at risk", () => {
  const risky = lines(compared("otherNamespace")).filter((line) => line.startsWith("data-at-risk"));
  const claims = [
    "agents-storage",
    "llm-router-storage",
    "mcp-gateway-storage",
    "nats-data",
    "redis-data",
    "surrealdb-data",
  ];
  const expected = ["Namespace namespace", ...claims.map((name) => `PersistentVolumeClaim ${name}`)];
  expect(risky).toEqual(expected.map((object) => `data-at-risk ${object}`));
});

test("another image of one service rolls that service alone", () => {
  const made = compared("image");
  expect(lines(made)).toEqual(["rolls Deployment mcp-gateway"]);
  expect(made.rolling).toEqual([["Deployment mcp-gateway"]]);
  expect(made.images).toEqual([
    {
      object: "Deployment mcp-gateway",
      container: "gateway",
      before: "vapora/mcp-gateway:0.2.0",
      after: "vapora/mcp-gateway:0.3.0",
    },
  ]);
});

test("another setting changes a ConfigMap and rolls those that read it", () => {
  const made = compared("setting");
  expect(lines(made)).toEqual(["rolls Deployment backend", "in-place ConfigMap backend-config"]);
  expect(made.changes[1]).toMatchObject({ consumers: ["backend"], rolls: ["backend"] });
});

test("another order of keys is no change", () => {
  expect(compared("keyOrder").verdict).toBe("unchanged");
});

test("another ciphertext of a secret names those that use it, and shows no value", () => {
  const made = compared("rotated", "secret");
  expect(lines(made)).toEqual(["rolls Deployment agents", "rolls Deployment llm-router", "in-place Secret secrets"]);
  expect(made.changes[2]).toMatchObject({ consumers: ["agents", "llm-router"], rolls: ["agents", "llm-router"] });
  const text = renderMarkdown(reported([made])) + renderJson(reported([made]));
  const values = Object.values(recordings).flatMap((recording) =>
    credentialValues(kubernetesObjects(recording).map(({ object }) => object)),
  );
  expect(values.length).toBeGreaterThan(10);
  for (const value of values) {
    expect(text).not.toContain(value);
    expect(text).not.toContain(Buffer.from(value).toString("base64"));
  }
});

test("a bundled store that becomes external keeps its claim and its password, and the report says so", () => {
  const made = compared("external");
  const risky = made.changes.filter(({ losses }) => losses.length > 0);
  expect(risky.map(({ object, losses }) => [object, losses.map(({ kind }) => kind)])).toEqual([
    ["StatefulSet surrealdb", ["switched"]],
  ]);
  expect(renderMarkdown(reported([made]))).toContain("Claim surrealdb-data is kept with the data");
});

test("one that becomes external and gives up its storage loses claim and password", () => {
  expect(lines(compared("dropped")).filter((line) => line.startsWith("data-at-risk"))).toEqual([
    "data-at-risk PersistentVolumeClaim surrealdb-data",
    "data-at-risk RandomPassword surrealdb-password-seed",
    "data-at-risk StatefulSet surrealdb",
  ]);
});

test("a way in from outside shows as an endpoint and in who reaches whom", () => {
  const { endpoints, reachability } = compared("exposed");
  expect(endpoints).toEqual({ gained: ["https://www.example.com (Ingress vapora-frontend)"], lost: [] });
  expect(reachability?.gained).toContain("an ingress controller -> vapora-frontend: http 3000/TCP");
  expect(compared("base", "exposed").endpoints?.lost).toEqual(endpoints?.gained);
});

test("the peak is what a quota without headroom allows, for every stack and option", async () => {
  const options = parse(readFileSync(join("tests", "fixtures", "every-option.yaml"), "utf8")) as { config: Section };
  const every = await recordMany("prod", [{ ...options.config, "vapora:quota": { headroom: 0 } }]);
  for (const recording of [recordings.quota, ...every]) {
    const quota = kubernetesObjects(recording).find(({ object }) => object.kind === "ResourceQuota");
    expect(capacityOf(recording).peak).toEqual((quota?.object.spec as { hard: unknown }).hard);
  }
});

describe("waivers", () => {
  const waiver: Waiver = {
    stack: "dev",
    object: "PersistentVolumeClaim agents-storage",
    loss: "replaced",
    reason: "agents may begin anew",
    expires: "2026-12-31",
  };
  const code = (waivers: readonly Waiver[], head: Name = "otherClass", today?: string): number =>
    exitCode(reported([compared(head)], waivers, today));

  test("let through the loss they name, up to their last day", () => {
    expect(code([waiver])).toBe(0);
    expect(code([waiver], "otherClass", "2026-12-31")).toBe(0);
    expect(renderMarkdown(reported([compared("otherClass")], [waiver]))).toContain("Waived until 2026-12-31");
  });

  test("let through no other loss", () => {
    for (const other of [
      { object: "PersistentVolumeClaim redis-data" },
      { loss: "deleted" as const },
      { stack: "prod" },
    ])
      expect(code([{ ...waiver, ...other }])).toBe(3);
  });

  test("fail when they have expired, allow nothing, or name no stack", () => {
    expect(code([waiver], "otherClass", "2027-01-01")).toBe(3);
    expect(code([waiver], "larger")).toBe(1);
    expect(code([{ ...waiver, expires: "2026-11-01" }], "larger")).toBe(1);
    expect(code([{ ...waiver, stack: "no-such" }], "larger")).toBe(1);
    // prod is there, and was not looked at
    expect(code([{ ...waiver, stack: "prod" }], "larger")).toBe(0);
  });

  test("are not judged where it is not known what is lost", () => {
    const broken = reportStack("dev", { base: { recording: recordings.base }, head: { error: "it fails" } });
    expect(reported([broken], [waiver]).problems).toEqual([]);
  });
});

describe("a side that is not there", () => {
  test.each(["base", "head"] as const)("because the %s fails is told with its error, and fails", (side) => {
    const sides = {
      base: { recording: recordings.base },
      head: { recording: recordings.base },
      [side]: { error: "it ```fails```" },
    };
    const report = reported([reportStack("dev", sides), compared("larger")]);
    expect(exitCode(report)).toBe(1);
    expect(renderMarkdown(report)).toContain(`cannot be compared: the ${side} failed`);
    // no error gets out of its block
    expect(renderMarkdown(report)).toContain("````\nit ```fails```\n````");
  });

  test("because the stack is new is fine; because it has gone needs a waiver", () => {
    const [absent, there] = [{ absent: true as const }, { recording: recordings.base }];
    const fresh = reportStack("dev", { base: absent, head: there });
    expect([fresh.verdict, exitCode(reported([fresh]))]).toEqual(["new", 0]);
    const gone = reportStack("dev", { base: there, head: absent });
    expect(exitCode(reported([gone]))).toBe(3);
    const waiver = {
      stack: "dev",
      object: "Stack dev",
      loss: "deleted",
      reason: "it was destroyed",
      expires: "2026-12-31",
    } as const;
    expect(exitCode(reported([gone], [waiver]))).toBe(0);
  });
});

describe("the text", () => {
  test("is the same bytes for the same two sides, whatever the order they come in", () => {
    const stacks = [compared("otherNamespace"), { ...compared("exposed"), stack: "prod" }];
    expect(renderMarkdown(reported([...stacks].reverse()))).toBe(renderMarkdown(reported(stacks)));
    expect(renderJson(reported([...stacks].reverse()))).toBe(renderJson(reported(stacks)));
  });

  test("is cut from its end, and never in the summary", () => {
    const report = reported([compared("otherNamespace"), { ...compared("dropped"), stack: "prod" }]);
    const whole = renderMarkdown(report, Infinity);
    const cut = renderMarkdown(report, 6000);
    expect(whole.length).toBeGreaterThan(6000);
    expect(cut.length).toBeLessThanOrEqual(6000);
    expect(cut).toMatch(/_\d+ more parts are left out here/);
    const summary = whole.slice(0, whole.indexOf("in detail"));
    expect(renderMarkdown(report, 10)).toContain(summary.slice(0, summary.lastIndexOf("###")).trimEnd());
  });

  test("as JSON has every difference and no inputs", () => {
    const { stacks } = JSON.parse(renderJson(reported([compared("image")]))) as { stacks: { changes: Section[] }[] };
    expect(stacks[0]?.changes[0]).toMatchObject({ object: "Deployment mcp-gateway", class: "rolls" });
    expect(stacks[0]?.changes[0]).not.toHaveProperty("after");
  });
});
