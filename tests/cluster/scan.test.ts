import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readExceptions, scan, unexpected, unused } from "../../tools/commands/scan/scan";
import type { Scanned } from "../../tools/commands/scan/scan";
import { scanStacks } from "../../tools/commands/scan/scan-stacks";
import { buildTools } from "../../tools/cluster/go-tools";
import type { Tools } from "../../tools/cluster/go-tools";
import { projectRoot } from "../../tools/recording/project";
import { describeWith, reason as goIsMissing } from "../support/cluster";

// the first run builds it
jest.setTimeout(900_000);

describeWith("kube-score", goIsMissing, () => {
  const root = projectRoot();
  let tools: Tools;
  let scanned: Scanned;

  beforeAll(async () => {
    tools = await buildTools(root, ["kube-score"], () => undefined);
    scanned = await scanStacks(root, tools);
  });

  it("finds in the stacks nothing that is not in the register", () => {
    expect(unexpected(scanned, readExceptions(root))).toEqual([]);
  });

  it("finds all that is in the register", () => {
    expect(unused(scanned, readExceptions(root))).toEqual([]);
  });

  it("is on: in the seed's own manifests it finds 49 critical faults and 10 warnings", async () => {
    const seed = readFileSync(join(root, "tests", "fixtures", "seed.yaml"), "utf8").split(/^---$/m);
    expect(await scan(tools, seed)).toHaveLength(59);
  });
});

describe("the register", () => {
  const finding = {
    check: "deployment-replicas",
    object: "Deployment web",
    said: "few",
  } as const;
  const entry = {
    ...{ check: "deployment-replicas", objects: ["Deployment web"], stacks: ["dev"] },
    reason: "A stack for development runs one pod of each service.",
  };

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
