/** Which pods a selector means. */
import { z } from "zod";
import { read } from "./typed-objects";
import type { PolicyObject } from "./typed-objects";

const labels = z.record(z.string(), z.string());

export const labelSelector = z.object({
  matchLabels: labels.nullish(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
        values: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});

/** Labels the pods of an object get. */
export interface Template {
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the StatefulSet they belong to, each under a name and a number. */
  readonly statefulSet?: { readonly name: string; readonly replicas: number };
}

const template = z.object({ metadata: z.object({ labels: labels.nullish() }).nullish() });
const workload = z.object({ replicas: z.number().nullish(), template });
const cronJob = z.object({ jobTemplate: z.object({ spec: z.object({ template }) }) });
const POD_NAME = "statefulset.kubernetes.io/pod-name";

/** The labels of an object's pods; undefined if it runs none. */
export function templateOf(object: PolicyObject): Template | undefined {
  if (object.kind === "CronJob") {
    const { template: pods } = read(cronJob, object.content.spec, object.title).jobTemplate.spec;
    return { labels: pods.metadata?.labels ?? {} };
  }
  if (!["Deployment", "StatefulSet", "DaemonSet", "Job"].includes(object.kind)) return undefined;
  const { replicas, template: pods } = read(workload, object.content.spec, object.title);
  return {
    labels: pods.metadata?.labels ?? {},
    ...(object.kind === "StatefulSet" ? { statefulSet: { name: object.name, replicas: replicas ?? 1 } } : {}),
  };
}

/** True if a selector means any pods of a template; an empty one means all. */
export function selects(selector: z.infer<typeof labelSelector>, pods: Template | undefined): boolean {
  if (pods === undefined) return false;
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) =>
      key === POD_NAME ? hasPod(pods, value) : pods.labels[key] === value,
    ) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
      const label = pods.labels[key];
      switch (operator) {
        case "In":
          return label !== undefined && (values ?? []).includes(label);
        case "NotIn":
          return label === undefined || !(values ?? []).includes(label);
        case "Exists":
          return label !== undefined;
        case "DoesNotExist":
          return label === undefined;
      }
    })
  );
}

function hasPod({ statefulSet }: Template, name: string): boolean {
  if (statefulSet === undefined || !name.startsWith(`${statefulSet.name}-`)) return false;
  const ordinal = name.slice(statefulSet.name.length + 1);
  return /^\d+$/.test(ordinal) && Number(ordinal) < statefulSet.replicas;
}
