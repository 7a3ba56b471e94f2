/** Every command in the docs is run somewhere, and every link leads somewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../../tools/shared/processes";
import { nodeBinary } from "../../tools/recording/compile";

jest.setTimeout(300_000);

const ROOT = process.cwd();
const PAGES = ["", "docs", "docs/decisions", "docs/reports", "outputs"].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);
const TEXTS: Readonly<Record<string, string>> = Object.fromEntries(
  PAGES.map((page) => [page, readFileSync(join(ROOT, page), "utf8")]),
);

type Place = readonly [file: string, words: string];

/** It sets every documented key. */
const CONFIG_SET: Place = ["tests/engine/config-set.test.ts", '["config", "set-all", "--path"'];
/** It runs rank, profile and curve on the same history. */
const LEARNING: Place = ["tests/unit/tools/commands/learning/command.slow.test.ts", 'checkout.run("learning", '];
const EXAMPLE = "examples/learning/history.jsonl --stack dev";
const ADOPTION = "tests/support/seed-platform.ts";
const RECREATE = `'{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}'`;

/**
 * Where each command of the docs is run: a file, and the words in it that run it. One that only a real cloud can show
 * carries the comment `# real cloud` in the docs instead.
 */
const RUN: Readonly<Record<string, Place>> = {
  "npm ci": ["tools/launch.js", '"npm", ["ci"'],
  "npm test": [".ci/run", "exec npm test"],
  "npm run try": ["tests/cluster/commands-try.test.ts", 'checkout.run("try")'],
  "npm run check": ["tools/commands/test/command.ts", "await check(root, signal)"],
  "npm run test:unit": ["tools/commands/test/command.ts", 'run.jest(["unit"])'],
  "npm run doctor -- prod": ["tests/cluster/doctor.test.ts", "return diagnose("],
  "npm run recover -- prod": ["tests/support/faulty-stack.ts", "new Recovery("],
  "npm run drift -- prod": ["tests/engine/drift.test.ts", "findDrift({"],
  "npm run drift -- prod --repair": ["tests/engine/drift.test.ts", "await repair({"],
  "npm run up -- prod": ["tests/engine/up.test.ts", "await up(options)"],
  "npm run report -- --base main": [".github/workflows/preview.yml", "report -- --base"],
  "npm run render -- prod": ["tests/cluster/commands-interrupt.test.ts", 'checkout.start("render"'],
  [`npm run learning -- rank ${EXAMPLE} --task-type coding --now 2026-03-01T12:00:00Z`]: LEARNING,
  [`npm run learning -- profile ${EXAMPLE} --agent bob`]: LEARNING,
  [`npm run learning -- curve ${EXAMPLE} --agent bob --task-type coding`]: LEARNING,
  "npm run learning -- rank examples/learning/history.jsonl --settings dev --against prod": LEARNING,
  "npm run outputs -- --release": [
    "tests/unit/tools/commands/outputs.slow.test.ts",
    'checkout.run("outputs", "--release")',
  ],
  "pulumi stack init prod": ["tools/commands/try/engine.ts", '"stack", "init"'],
  "pulumi preview": ["tests/support/engine.ts", '["preview", "--json"]'],
  "pulumi preview --expect-no-changes": ["tests/engine/lifecycle.test.ts", '["preview", "--expect-no-changes"]'],
  "pulumi up": ["tests/support/engine.ts", '["up", "--yes", "--skip-preview", "--json"]'],
  "PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true pulumi up": ["tests/engine/adoption.test.ts", "stack.takeOver()"],
  "pulumi destroy --exclude-protected": ["tests/engine/protection.test.ts", 'destroy("--exclude-protected")'],
  "pulumi config set --secret claudeApiKey": ["tools/commands/try/engine.ts", '["config", "set", "--secret", key]'],
  "pulumi config set --path cluster.context my-context": CONFIG_SET,
  "pulumi config set --path backend.image vapora/backend:0.2.1": CONFIG_SET,
  "pulumi config set --path backend.replicas 4": CONFIG_SET,
  "pulumi config set --path surrealdb.rotations.user 1": CONFIG_SET,
  "pulumi config set --path 'network.clients.backend[0]' smoke-test": CONFIG_SET,
  "kubectl apply --server-side -f out/prod/serviceaccount-vapora-frontend.yaml": [
    ADOPTION,
    "serviceaccount-vapora-frontend.yaml",
  ],
  "kubectl replace -f out/prod/deployment-vapora-frontend.yaml": [ADOPTION, "deployment-vapora-frontend.yaml"],
  [`kubectl patch deployment vapora-llm-router --namespace vapora-system --type=merge -p ${RECREATE}`]: [
    ADOPTION,
    RECREATE,
  ],
};

const ROTATION = "tests/engine/rotation.test.ts";
const BACKUP: Place = ["tools/commands/recover/backup.ts", '["stack", "import", "--file", file]'];
const EXPORT: Place = ["tests/support/engine.ts", '["stack", "export", ...flags]'];

/** The same of commands within a sentence. A text instead of a place says why nobody runs it here. */
const RUN_WITHIN: Readonly<Record<string, Place | string>> = {
  "pulumi config set --path agents.storage.storageClass <name>": CONFIG_SET,
  "pulumi config set --path '<key>' <value>": CONFIG_SET,
  "pulumi config set --path surrealdb.rotations.root 1": CONFIG_SET,
  "pulumi config set --path agents.log debug": CONFIG_SET,
  [`pulumi config set --path cluster.kubeSystemUid "$(kubectl get namespace kube-system -o jsonpath='{.metadata.uid}')"`]:
    CONFIG_SET,
  "npm ci --omit=dev": ["tests/engine/deployer-set.test.ts", '["ci", "--omit=dev"'],
  "pulumi config set --secret <key>": ["tools/commands/try/engine.ts", '["config", "set", "--secret", key]'],
  "pulumi config rm claudeApiKey": "tests write the whole stack file instead",
  "pulumi stack select <stack>": "it changes what a person has selected; everything here names its stack",
  "pulumi stack init": ["tools/commands/try/engine.ts", '"stack", "init"'],
  "pulumi preview --refresh": "named for what it does not tell apart",
  "pulumi preview --json --show-replacement-steps": ["tools/pulumi/preview.ts", '["preview", ...PREVIEW_FLAGS'],
  "pulumi up --skip-preview": ["tests/support/engine.ts", '["up", "--yes", "--skip-preview", "--json"]'],
  "pulumi up --json": ["tests/support/engine.ts", '["up", "--yes", "--skip-preview", "--json"]'],
  "pulumi up --refresh": ["tests/engine/drift.test.ts", '["up", "--refresh"'],
  "pulumi refresh": ["tests/engine/leaks.test.ts", '["refresh", "--yes"'],
  "pulumi destroy": ["tests/support/engine.ts", '["destroy", "--yes"'],
  "pulumi cancel": ["tools/commands/recover/index.ts", '["cancel", "--yes"]'],
  "pulumi import": "for a stack whose state nobody can decrypt any more: the last way out",
  "pulumi stack import": BACKUP,
  "pulumi stack import --stack <stack> --file <backup>": BACKUP,
  "pulumi stack export": EXPORT,
  "pulumi stack export --show-secrets": EXPORT,
  "pulumi stack export --version <n>": "real cloud: Pulumi Cloud keeps versions",
  "pulumi config --show-secrets": "named for what it shows",
  "pulumi stack output --show-secrets": "named for what it shows",
  "pulumi stack --show-urns": [ROTATION, '["stack", "--show-urns"]'],
  "pulumi state unprotect '<urn>' --stack prod": ["tests/engine/up.test.ts", '["state", "unprotect", lines[1]'],
  "pulumi state unprotect <urn>": [ROTATION, '["state", "unprotect", urn'],
  "pulumi up --replace <urn>": [ROTATION, '"--replace", urn]'],
  "pulumi stack change-secrets-provider passphrase": [ROTATION, "stack.changePassphrase("],
  "kubectl apply -f deploy/deployer.yaml -f deploy/bind-cluster.yaml": ["tools/cluster/role.ts", "bind-cluster.yaml"],
  "kubectl apply -f deploy/deployer.yaml -f deploy/bind-namespace.yaml": [
    "tests/cluster/deployer.test.ts",
    "bind-namespace.yaml",
  ],
  "kubectl apply -f deploy/identify-cluster.yaml": ["tests/cluster/expected-cluster.test.ts", "identify-cluster.yaml"],
  "kubectl drain --ignore-daemonsets --delete-emptydir-data <node>": [
    "tests/cluster/drain.test.ts",
    '["drain", node, ...flags]',
  ],
  "kubectl get persistentvolumeclaims --namespace vapora-system": [ADOPTION, "persistentvolumeclaims"],
  [`kubectl annotate externalsecret vapora-claude-api-key --namespace vapora-system force-sync="$(date +%s)"`]:
    "real cloud: it speaks to the External Secrets Operator",
  "kubectl logs -n vapora-system job/knowledge-graph-<digest>": "pods of simulated nodes have no logs",
  "kubectl get secret surrealdb-credentials --namespace vapora-system -o jsonpath='{.data.root-password}' | base64 -d":
    "named for what it shows",
};

interface Line {
  readonly page: string;
  readonly command: string;
  readonly needsCloud: boolean;
}

/** The commands in a page's shell blocks, one a line; a comment is none of it. */
function commandsOf(page: string, text: string): Line[] {
  const blocks = [...text.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].map(([, block = ""]) => block);
  return blocks
    .flatMap((block) => block.split("\n"))
    .map((line) => /^\s*(.*?)\s*(#.*)?$/.exec(line) ?? [])
    .map(([, command = "", comment = ""]) => ({ page, command, needsCloud: /\breal cloud\b/.test(comment) }))
    .filter(({ command }) => command !== "");
}

/** True if the file holds the words. */
function isRun([file, words]: Place): boolean {
  return existsSync(join(ROOT, file)) && readFileSync(join(ROOT, file), "utf8").includes(words);
}

const COMMANDS = Object.entries(TEXTS).flatMap(([page, text]) => commandsOf(page, text));

describe("the commands in the docs", () => {
  test("are run by a test or by CI, or are marked as needing a real cloud", () => {
    expect(COMMANDS.length).toBeGreaterThan(25);
    const unknown = COMMANDS.filter(({ command, needsCloud }) => !needsCloud && !(command in RUN));
    expect(unknown.map(({ page, command }) => `${page}: ${command}`)).toEqual([]);
  });

  test("are run where this list says, and the list has no others", () => {
    const wrong = Object.entries(RUN).filter(([, place]) => !isRun(place));
    expect(wrong.map(([command, [file]]) => `${command}: not in ${file}`)).toEqual([]);
    const shown = new Set(COMMANDS.map(({ command }) => command));
    expect(Object.keys(RUN).filter((command) => !shown.has(command))).toEqual([]);
  });

  test("within a sentence are run as well, or it is said why they are not", () => {
    const prose = Object.values(TEXTS).map((text) => text.replace(/^ *```[^]*?^ *```$/gm, ""));
    const within = prose.flatMap((text) =>
      [...text.matchAll(/`((?:pulumi|kubectl|npm ci|PULUMI_\w+=\S+) [^`]+)`/g)].map(([, command = ""]) =>
        command.replaceAll("\n", " "),
      ),
    );
    const others = [...new Set(within)].filter((command) => !(command in RUN));
    expect(others.sort()).toEqual(Object.keys(RUN_WITHIN).sort());
    const wrong = Object.entries(RUN_WITHIN).filter(([, place]) => typeof place !== "string" && !isRun(place));
    expect(wrong.map(([command]) => command)).toEqual([]);
  });

  // inside sentences and tables as well
  test("that are the project's own exist and take the options they are shown with", async () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const shown = Object.values(TEXTS).flatMap((text) => [...text.matchAll(/npm run ([\w:]+)( -- [^`\n#]*)?/g)]);
    const options = new Map<string, Set<string>>();
    for (const [, name = "", args = ""] of shown) {
      const known = options.get(name) ?? new Set();
      for (const [option] of args.matchAll(/(?<= )--[\w-]+/g)) known.add(option);
      options.set(name, known);
    }
    expect([...options.keys()].filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(options.size).toBeGreaterThan(10);
    const missing = await Promise.all(
      [...options].map(async ([name, wanted]) => {
        const words = (scripts[name] ?? "").replace("exec node ", "").split(" ");
        const { stdout } = await run(nodeBinary(ROOT), [...words, "--help"], { cwd: ROOT });
        return [...wanted].filter((option) => !stdout.includes(option)).map((option) => `npm run ${name} -- ${option}`);
      }),
    );
    expect(missing.flat()).toEqual([]);
  });
});

describe("the links in the docs", () => {
  /** As the pages are shown: lower case, words joined by hyphens, the rest left out. */
  const anchorsOf = (text: string): string[] =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );

  test("lead to files and headings that are there", () => {
    const links = Object.entries(TEXTS).flatMap(([page, text]) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => ({ page, target })),
    );
    const inner = links.filter(({ target }) => !/^[a-z]+:/.test(target));
    expect(inner.length).toBeGreaterThan(40);
    const broken = inner.filter(({ page, target }) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(join(ROOT, file), "utf8")).includes(anchor);
    });
    expect(broken.map(({ page, target }) => `${page}: ${target}`)).toEqual([]);
  });

  test("name every page that there is", () => {
    const all = Object.values(TEXTS).join("\n");
    const unnamed = PAGES.filter((page) => page.startsWith("docs/") && !page.startsWith("docs/decisions/")).filter(
      (page) => !new RegExp(`[(/]${page.split("/").at(-1)?.replace(".", "\\.") ?? ""}[)#]`).test(all),
    );
    expect(unnamed).toEqual([]);
  });
});
