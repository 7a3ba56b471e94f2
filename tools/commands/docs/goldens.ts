/** What a stack's golden files hold: everything that is registered, one file per component. */
import { join } from "node:path";
import { stringify } from "yaml";
import { stackNames } from "../../recording/project";
import { record } from "../../recording/record";
import { reachability } from "../../report/reachability";
import type { Json, RecordedResource, Recording } from "../../recording/recording";
import { manifest, masked, MASK } from "../../recording/manifests";
import { keyEffects, keyTrials } from "./key-effects";

/** The folder of the golden files, from the project's. */
export const GOLDENS = join("tests", "golden");

/** Options that follow from the SDK alone, the same for every resource of a type. */
const FROM_SDK = ["version", "additionalSecretOutputs"];

/** The golden files of every stack, and what each config key changes, by path from the project's folder. */
export async function allGoldens(root: string): Promise<Readonly<Record<string, string>>> {
  const stacks = stackNames(root).map(async (stack): Promise<[path: string, text: string][]> => {
    const recording = await record(stack, { root });
    const files = [...goldenFiles(recording)].map(([name, text]): [string, string] => [join(stack, name), text]);
    return [...files, [`${stack}-reachability.yaml`, reachabilityGolden(recording)]];
  });
  const keys = keyEffects(await keyTrials(root));
  const files = [...(await Promise.all(stacks)).flat(), ["keys.yaml", stringify(keys)] as const];
  return Object.fromEntries(files.map(([name, text]) => [join(GOLDENS, name), text]));
}

/** Golden files by name: `<component>.yaml` with one entry per resource, and `outputs.yaml`. */
export function goldenFiles(recording: Recording): ReadonlyMap<string, string> {
  const byUrn = new Map(recording.resources.map((resource) => [resource.urn, resource]));
  const files = new Map<string, string[]>();
  const sorted = [...recording.resources].sort((a, b) => (a.urn < b.urn ? -1 : 1));
  for (const resource of sorted) {
    if (resource.type === "pulumi:pulumi:Stack") continue;
    const file = `${topmost(resource, byUrn).name}.yaml`;
    files.set(file, [...(files.get(file) ?? []), entry(resource)]);
  }
  const secret = recording.secretOutputs.map(([name]) => name);
  const outputs = Object.entries(recording.outputs).map(([name, value]) => [
    name,
    secret.includes(name) ? MASK : value,
  ]);
  files.set("outputs.yaml", [manifest(Object.fromEntries(outputs) as Json)]);
  return new Map([...files].map(([file, entries]) => [file, entries.join("---\n")]));
}

/** A stack's golden matrix of who may reach whom: ports by callee by caller, what cannot connect left out. */
export function reachabilityGolden(recording: Recording): string {
  const rows = Object.entries(reachability(recording)).map(([caller, row]): [string, Json] => [
    caller,
    Object.fromEntries(Object.entries(row).map(([callee, ports]) => [callee, ports.join(", ")])),
  ]);
  return manifest(Object.fromEntries(rows));
}

/** The component (or single resource) right under the stack. */
function topmost(resource: RecordedResource, byUrn: ReadonlyMap<string, RecordedResource>): RecordedResource {
  const parent = byUrn.get(resource.parent ?? "");
  return parent === undefined || parent.type === "pulumi:pulumi:Stack" ? resource : topmost(parent, byUrn);
}

function entry(resource: RecordedResource): string {
  const options = Object.entries(resource.options).filter(([name]) => !FROM_SDK.includes(name) && name !== "aliases");
  const aliases = ((resource.options.aliases ?? []) as { spec: { name?: string } }[]).filter(
    ({ spec }) => spec.name !== undefined,
  );
  const parts: Record<string, object> = {
    options: Object.fromEntries(aliases.length === 0 ? options : [...options, ["aliases", aliases]]),
    inputs: masked(resource),
    outputs: resource.outputs,
  };
  const filled = Object.entries(parts).filter(([, value]) => Object.keys(value).length > 0);
  return `# ${resource.type} ${resource.name}\n${manifest(Object.fromEntries(filled) as Json)}`;
}
