import { readFileSync } from "node:fs";
import { join } from "node:path";
import { QUICK_SCANNERS, readExceptions, scan, unexpected, unused } from "../../tools/commands/scan/scan";
import type { Exceptions, Scanned } from "../../tools/commands/scan/scan";
import { scanStacks } from "../../tools/commands/scan/scan-stacks";
import { writeSchemas } from "../../tools/commands/scan/schemas";
import { buildTools, builtTools, missingTools } from "../../tools/cluster/go-tools";
import type { Tools } from "../../tools/cluster/go-tools";
import { projectRoot } from "../../tools/recording/project";
import { describeOnCluster, describeWith } from "../support/cluster";

// the first run builds the scanners
jest.setTimeout(900_000);

describeOnCluster("scanners", (cluster) => {
  const root = projectRoot();
  let tools: Tools;
  let scanned: Scanned;

  beforeAll(async () => {
    tools = await buildTools(root, QUICK_SCANNERS, () => undefined);
    await writeSchemas(cluster, builtTools(root));
    scanned = await scanStacks(root, tools, QUICK_SCANNERS);
  });

  it("find in the stacks nothing that is not in the register", () => {
    expect(unexpected(scanned, readExceptions(root, QUICK_SCANNERS))).toEqual([]);
  });

  it("find all that is in the register", () => {
    expect(unused(scanned, readExceptions(root, QUICK_SCANNERS))).toEqual([]);
  });

  it("are on: in the seed's own manifests they find 49 critical faults and 10 warnings, and every fault of form", async () => {
    const seed = readFileSync(join(root, "tests", "fixtures", "seed.yaml"), "utf8").split(/^---$/m);
    const found = await scan(tools, seed, QUICK_SCANNERS);
    const byScanner = (name: string): string[] =>
      found.filter(({ scanner }) => scanner === name).map(({ check }) => check);
    expect(byScanner("kube-score")).toHaveLength(59);
    expect(byScanner("kubeconform")).toEqual([]);
    const [first = ""] = seed;
    const [wrong] = await scan(tools, [first.replace("spec:", "spec:\n  replica: 1")], ["kubeconform"]);
    expect(wrong?.said).toContain("replica");
  });
});

const trivyIsMissing = missingTools(projectRoot(), ["trivy"]).length > 0;

// ten minutes to build: not for a test to do
describeWith("trivy", trivyIsMissing ? "not built; npm run scan -- --all builds it" : undefined, () => {
  const root = projectRoot();
  const tools = builtTools(root);

  it("finds in the stacks what is in the register, and nothing else", async () => {
    const exceptions = readExceptions(root, ["trivy"]);
    const scanned = await scanStacks(root, tools, ["trivy"]);
    expect(scanned.size).toBeGreaterThan(2);
    expect([...unexpected(scanned, exceptions), ...unused(scanned, exceptions)]).toEqual([]);
  });

  it("is on: in the seed's own manifests it finds 12 kinds of fault, most of them in each of the five pods", async () => {
    const seed = readFileSync(join(root, "tests", "fixtures", "seed.yaml"), "utf8").split(/^---$/m);
    const found = await scan(tools, seed, ["trivy"]);
    expect(new Set(found.map(({ check }) => check)).size).toBe(12);
    expect(found).toHaveLength(65);
  });
});

describe("the register", () => {
  const finding = {
    scanner: "kube-score",
    check: "deployment-replicas",
    object: "Deployment web",
    said: "few",
  } as const;
  const entry = {
    ...{ scanner: "kube-score", check: "deployment-replicas", objects: ["Deployment web"], stacks: ["dev"] },
    reason: "A stack for development runs one pod of each service.",
  } as Exceptions[number];

  test("excuses what it names in the stacks it names, and nothing else", () => {
    expect(unexpected(new Map([["dev", [finding]]]), [entry])).toEqual([]);
    expect(unexpected(new Map([["prod", [finding]]]), [entry])).toHaveLength(1);
    expect(unexpected(new Map([["dev", [{ ...finding, object: "Deployment other" }]]]), [entry])).toHaveLength(1);
    expect(unexpected(new Map([["dev", [{ ...finding, check: "other" }]]]), [entry])).toHaveLength(1);
  });

  test("excuses every name with a beginning that ends in *, and misses it where there is none", () => {
    const job = { ...finding, object: "Job web-1a2b" };
    const jobs = { ...entry, objects: ["Job web-*"] };
    expect(unexpected(new Map([["dev", [job]]]), [jobs])).toEqual([]);
    expect(unexpected(new Map([["dev", [{ ...job, object: "Job other-1a2b" }]]]), [jobs])).toHaveLength(1);
    expect(unused(new Map([["dev", [job]]]), [jobs])).toEqual([]);
    expect(unused(new Map([["dev", [finding]]]), [jobs])).toHaveLength(1);
  });

  test("has no entry that excuses nothing", () => {
    expect(unused(new Map([["dev", [finding]]]), [entry])).toEqual([]);
    expect(unused(new Map([["dev", []]]), [entry])).toHaveLength(1);
    expect(unused(new Map([["dev", [finding]]]), [{ ...entry, stacks: ["dev", "prod"] }])).toHaveLength(1);
  });
});
