/** Trivy over rendered manifests, with the checks it is built with: it asks nobody for newer ones. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { UserError } from "../../shared/user-error";
import { userCache } from "../../shared/cache";
import { run } from "../../shared/processes";
import type { ScanFinding } from "./scan-finding";
import type { Tools } from "../../cluster/go-tools";

interface Report {
  readonly Results?: readonly {
    /** Name of the file. */
    readonly Target: string;
    readonly Misconfigurations?: readonly { readonly ID: string; readonly Message: string }[];
  }[];
}

const ARGUMENTS = [
  ...["config", "--misconfig-scanners", "kubernetes", "--format", "json", "--quiet"],
  ...["--skip-check-update", "--skip-version-check", "--disable-telemetry"],
];

/** Checks of one kind of object that trivy asks of every object in a folder as soon as one of that kind is among them. */
const OF_ONE_KIND: Readonly<Record<string, string>> = { "KSV-0039": "LimitRange", "KSV-0040": "ResourceQuota" };

/** What trivy finds. @throws UserError if it does not work or skips an object. */
export async function trivy(tools: Tools, manifests: readonly string[], signal?: AbortSignal): Promise<ScanFinding[]> {
  mkdirSync(userCache(), { recursive: true });
  // neither the user's own settings and exceptions nor checks that another run has downloaded are looked at
  const folder = mkdtempSync(join(userCache(), "trivy-"));
  try {
    const objects = join(folder, "objects");
    mkdirSync(objects);
    manifests.forEach((text, index) => {
      writeFileSync(join(objects, `${String(index)}.yaml`), text);
    });
    const args = [...ARGUMENTS, "--cache-dir", join(folder, "cache"), objects];
    const { code, stdout, stderr } = await run(tools.path("trivy"), args, { cwd: folder, env: withoutOwn(), signal });
    if (code !== 0) throw new UserError(`trivy did not work:\n${stderr || stdout}`);
    const { Results: results = [] } = JSON.parse(stdout) as Report;
    if (results.length !== manifests.length) {
      throw new UserError(`trivy looked at ${String(results.length)} of ${String(manifests.length)} objects.`);
    }
    return results.flatMap(({ Target: file, Misconfigurations: found = [] }) => {
      const { kind, metadata } = parse(manifests[Number(file.replace(/\.yaml$/, ""))] ?? "") as {
        readonly kind: string;
        readonly metadata: { readonly name: string };
      };
      const object = `${kind} ${metadata.name}`;
      return found
        .filter(({ ID }) => (OF_ONE_KIND[ID] ?? kind) === kind)
        .map(({ ID: check, Message: said }) => ({ scanner: "trivy" as const, check, object, said }));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Takes trivy's own variables away. */
function withoutOwn(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith("TRIVY_"));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
