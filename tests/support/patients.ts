/** Stacks and clusters for single checks of the doctor. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Found, Patient } from "../../tools/commands/doctor/finding";
import type { Cluster } from "../../tools/cluster/kubectl";
import { projectRoot } from "../../tools/recording/project";

/** Stack dev without objects and without a state on a cluster, but for these parts. */
export function patientOn(cluster: Cluster, parts: Partial<Patient> = {}): Patient {
  return {
    root: projectRoot(),
    file: { project: "vapora", stack: "dev", config: {} },
    recording: { project: "vapora", stack: "dev", resources: [], outputs: {}, secretOutputs: [] },
    objects: [],
    cluster,
    state: undefined,
    signal: new AbortController().signal,
    ...parts,
  };
}

/** Findings as lines: `error: <detail>`, and below it what to do. */
export function linesOf(found: readonly Found[]): string[] {
  return found.map(({ status, detail, fix }) => [`${status}: ${detail}`, fix ?? []].flat().join("\n"));
}

/** A kubectl in a folder that answers by a word of its arguments: with JSON, or, where that is text, with an error. */
export function answeringCluster(folder: string, answers: Readonly<Record<string, unknown>>): Cluster {
  const cases = Object.entries(answers).map(([word, answer]) =>
    typeof answer === "string"
      ? `*"${word}"*) echo '${answer}' >&2; exit 1;;`
      : `*"${word}"*) echo '${JSON.stringify(answer)}';;`,
  );
  const kubectl = join(folder, "kubectl");
  writeFileSync(kubectl, `#!/bin/sh\ncat >/dev/null\ncase "$*" in\n${cases.join("\n")}\nesac\n`, { mode: 0o755 });
  return { kubectl, kubeconfig: "none" };
}

/** Config as it is once the lines of a finding have been typed. */
export function typed(config: Readonly<Record<string, unknown>>, lines: string): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const [, path = "", value = ""] of lines.matchAll(/pulumi config set --path '([^']+)' (\S+)/g)) {
    const names = path.replace(/\[(\d+)\]/g, ".$1").split(".");
    const last = names.pop() ?? "";
    let place = copy;
    for (const [index, name] of names.entries()) {
      const key = index === 0 ? `vapora:${name}` : name;
      place[key] ??= /^\d+$/.test(names[index + 1] ?? last) ? [] : {};
      place = place[key] as Record<string, unknown>;
    }
    place[last] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return copy;
}
