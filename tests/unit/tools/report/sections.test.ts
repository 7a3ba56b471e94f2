import { HtmlValidate } from "html-validate";
import { recordMany } from "../../../../tools/recording/record";
import type { Recording } from "../../../../tools/recording/recording";
import { renderHtml, renderMarkdown, reportOf, reportStack } from "../../../../tools/report";
import type { Proven, Report } from "../../../../tools/report";
import type { Sides } from "../../../../tools/recording/both-sides";
import { picture } from "../../../../tools/report/picture";
import { RECORDING_TIMEOUT } from "../../../support/recordings";
import { fixtureStack } from "../../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

type Section = Readonly<Record<string, unknown>>;

/** What somebody may write into a pull request. */
const HOSTILE = `"'><script src=//evil.example></script><img src=x onerror=alert(1)> </pre></details> &amp; \u202E\u0007`;
const PROVEN: Proven = {
  stack: "dev",
  objects: 3,
  templates: 1,
  refusals: [{ object: HOSTILE, of: "pod", kind: "quota", fields: [HOSTILE], message: HOSTILE }],
  replacements: [{ object: "Service a", of: "object", kind: "immutable", fields: [], message: HOSTILE }],
  warnings: [HOSTILE],
  notes: [HOSTILE],
};

let base: Recording;
let head: Recording;

beforeAll(async () => {
  const { config } = fixtureStack("dev");
  const section = (key: string, fields: Section): Section => ({
    [`vapora:${key}`]: { ...(config[`vapora:${key}`] as Section), ...fields },
  });
  const external = { host: "db.example.com", ranges: ["10.1.0.0/16"], username: "vapora" };
  const [before, after] = await recordMany("dev", [
    {},
    {
      ...section("mcpGateway", { image: "vapora/mcp-gateway:0.3.0" }),
      ...section("agents", { storage: { size: "1Gi" } }),
      "vapora:surrealdb": { external, storage: { size: "5Gi" } },
      "vapora:surrealdbPassword": { secure: "sealed" },
    },
  ]);
  if (before === undefined || after === undefined) throw new Error("a side was not recorded");
  [base, head] = [before, after];
});

/** The head with something hostile wherever a person's text may stand. */
function hostile(): Recording {
  const resources = head.resources.map((resource) =>
    resource.type.startsWith("kubernetes:")
      ? { ...resource, inputs: { ...resource.inputs, data: { [HOSTILE]: `a\n${HOSTILE}\nb` }, immutable: HOSTILE } }
      : resource,
  );
  const again = head.resources.map((resource) => ({
    ...resource,
    urn: `${resource.urn}${HOSTILE}`,
    name: `${resource.name}${HOSTILE}`,
  }));
  const table = { agents: { nats: "client" }, [HOSTILE]: { nats: HOSTILE } };
  return {
    ...head,
    resources: [...resources, ...again].map((resource) =>
      resource.type === "vapora:index:NetworkPolicies" ? { ...resource, outputs: { table } } : resource,
    ),
    outputs: { [HOSTILE]: HOSTILE },
  };
}

function reported(sides: Sides, more: Partial<Report> = {}): Report {
  const context = { base: "main", head: "here", waivers: [], stackNames: ["dev"], today: "2026-12-01" };
  return { ...reportOf([reportStack("dev", sides)], context), ...more };
}

const real = (): Report => reported({ base: { recording: base }, head: { recording: head } });
const attacked = (): Report[] => [
  reported({ base: { recording: base }, head: { recording: hostile() } }, { proven: [PROVEN], problems: [HOSTILE] }),
  reported({ base: { error: HOSTILE }, head: { error: HOSTILE } }, { base: HOSTILE, head: HOSTILE }),
];

/** What is wrong with it as HTML, in the checker's words. */
async function faults(page: string): Promise<string[]> {
  const made = await new HtmlValidate({ extends: ["html-validate:recommended"] }).validateString(page);
  return made.results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line }) => `${String(line)}: ${message} (${ruleId})`),
  );
}

describe("the page", () => {
  test("is right as HTML, whatever the change holds, and a page that is not would show", async () => {
    for (const report of [real(), ...attacked()]) expect(await faults(renderHtml(report))).toEqual([]);
    expect(await faults(renderHtml(real()).replace("</section>", ""))).not.toEqual([]);
  });

  test("asks for nothing: it has no script, and no address but its own icon", () => {
    for (const page of [real(), ...attacked()].map(renderHtml)) {
      const tags = page.match(/<[a-z][^>]*>/g) ?? [];
      expect(tags.length).toBeGreaterThan(20);
      const names = new Set(tags.map((tag) => /^<([a-z0-9]+)/.exec(tag)?.[1]));
      for (const name of ["script", "img", "iframe", "object", "form", "base", "a"]) expect(names).not.toContain(name);
      const addressed = tags.filter((tag) => /\s(src|href|srcset|action|data|poster|on\w+|style)\s*=/.test(tag));
      expect(addressed).toEqual(['<link rel="icon" href="data:,">']);
      expect(page).not.toMatch(/url\(|@import/);
      expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    }
  });

  test("holds what the Markdown holds", () => {
    const words = (text: string): string[] => text.match(/[A-Za-z0-9.:-]{4,}/g) ?? [];
    const page = new Set(words(renderHtml(real()).replaceAll("&gt;", ">")));
    const missing = words(renderMarkdown(real(), Infinity)).filter((word) => !page.has(word));
    expect(missing.filter((word) => !["diff", "detail", "details", "summary"].includes(word))).toEqual([]);
    expect(renderHtml(real())).toContain("<details><summary>Deployment mcp-gateway: rolling</summary>");
  });

  test("draws the architecture and marks what changes", () => {
    const { architecture } = real().stacks[0] ?? {};
    expect(architecture?.boxes).toEqual([
      { name: "agents", kind: "service", change: "data-at-risk" },
      { name: "backend", kind: "service", change: "rolls" },
      { name: "frontend", kind: "service", change: "unchanged" },
      // the Job goes: an external database that is given no client is not spoken to
      { name: "knowledgeGraph", kind: "service", change: "in-place" },
      { name: "llmRouter", kind: "service", change: "rolls" },
      { name: "mcpGateway", kind: "service", change: "rolls" },
      { name: "nats", kind: "store", change: "unchanged" },
      { name: "providers", kind: "outside", change: "unchanged" },
      { name: "redis", kind: "store", change: "unchanged" },
      { name: "surrealdb", kind: "outside", change: "data-at-risk" },
    ]);
    // a policy that goes
    expect(architecture?.rest).toBe("in-place");
    expect(architecture?.arrows).toContainEqual({ from: "frontend", to: "backend", port: "http", change: "unchanged" });
    const page = renderHtml(real());
    expect(page).toContain('aria-label="Architecture of dev. Changed: agents: data at risk, backend: rolls,');
    expect(page.match(/<g class="box service rolls">/g)).toHaveLength(3);
  });

  test("draws calls that come and go, and a circle of them", () => {
    const [before, after] = [{ agents: { nats: "client" } }, { agents: { redis: "redis" }, redis: { agents: "http" } }];
    const side = (recording: Recording, table: Record<string, Record<string, string>>): Recording => ({
      ...recording,
      resources: recording.resources.map((resource) =>
        resource.type === "vapora:index:NetworkPolicies" ? { ...resource, outputs: { table } } : resource,
      ),
    });
    const { architecture } = reportStack("dev", {
      base: { recording: side(base, before) },
      head: { recording: side(base, after) },
    });
    if (architecture === undefined) throw new Error("there is no architecture");
    const arrows = architecture.arrows.map(({ from, to, change }) => `${change} ${from} ${to}`);
    expect(arrows.sort()).toEqual(["gained agents redis", "gained redis agents", "lost agents nats"]);
    expect(picture("dev", architecture).match(/<rect/g)).toHaveLength(4);
  });

  test("draws nothing of a program that says nothing of calls", () => {
    const without = { ...base, resources: base.resources.filter(({ type }) => !type.endsWith(":NetworkPolicies")) };
    const made = reportStack("dev", { base: { recording: without }, head: { recording: without } });
    expect(made.architecture).toBeUndefined();
  });
});

test("nothing hides in the text, on the page or in Markdown", () => {
  for (const text of attacked().flatMap((report) => [renderHtml(report), renderMarkdown(report)])) {
    for (const hidden of ["\u202E", "\u0007"]) expect(text).not.toContain(hidden);
    expect(text).toContain("\\u{202e}");
  }
});

test("no mark of Markdown comes out of a line of text", () => {
  const proven: Proven = {
    ...PROVEN,
    refusals: [],
    notes: ["**bold** <b>html</b> [link](x) `code` _soft_ | 1\n# title"],
  };
  const text = renderMarkdown({ ...real(), proven: [proven] });
  expect(text).toContain("- \\*\\*bold\\*\\* \\<b>html\\</b> \\[link\\](x) \\`code\\` \\_soft\\_ | 1 # title");
});
