import { projectRoot, readStack } from "../../recording/project";
import { command, main } from "../../shared/cli";
import { diagnose } from ".";
import { count } from "../../shared/text";
import type { Finding } from "./finding";
import { findPulumi } from "../../pulumi/built/find";
import { onInterrupt } from "../../shared/progress";
import { UserStack } from "../../pulumi/stack";

const program = command(
  "doctor",
  "It looks at config, secrets, the cluster and the " +
    "deployer's rights on it, storage, room, quotas, what others make, DNS, names that are taken, pods, Jobs, lock " +
    "and state. Changes nothing. Exit code 1 if anything would fail.",
)
  .argument("<stack>", "name of the stack, as in Pulumi.<stack>.yaml")
  .option("--json", "as a list of { check, status, detail, fix }")
  .action(doctor);

void main(program);

async function doctor(stack: string, { json }: { json?: true }): Promise<void> {
  const root = projectRoot();
  const signal = onInterrupt();
  const pulumi = findPulumi();
  const { project } = readStack(root, stack);
  const user = pulumi === undefined ? undefined : new UserStack(pulumi, root, project, stack, signal);
  const findings = await diagnose({ root, stack, pulumi: user, signal });
  console.log(json === true ? JSON.stringify(findings, undefined, 2) : table(findings));
  process.exitCode = findings.some(({ status }) => status === "error") ? 1 : 0;
}

function table(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const rows = findings.flatMap(({ check, status, detail, fix }) => {
    const indent = " ".repeat(width + 11);
    const [first = "", ...rest] = [detail, fix ?? []].flat().join("\n").split("\n");
    return [`${check.padEnd(width)}  ${status.padEnd(7)}  ${first}`, ...rest.map((line) => `${indent}${line}`)];
  });
  const errors = findings.filter(({ status }) => status === "error").length;
  const warnings = findings.filter(({ status }) => status === "warning").length;
  return [...rows, "", `${count(errors, "error")}, ${count(warnings, "warning")}`].join("\n");
}
