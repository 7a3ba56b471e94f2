/** What nothing refers to and everything relies on: network policies and disruption budgets. */
import { kubernetesObjects } from "../../tools/recording/recording";
import type { KubernetesObject, Recording } from "../../tools/recording/recording";
import { podTemplate } from "./pods";

interface Selecting {
  readonly podSelector?: Selector;
  readonly selector?: Selector;
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/** One sentence for every workload without a policy of its own or, with several pods, a budget; one without default deny. */
export function missingGuards(recording: Recording): string[] {
  const objects = kubernetesObjects(recording).map(({ object }) => object);
  const workloads = objects.filter((object) => podTemplate(object) !== undefined);
  const guards = (kind: string): Selector[] =>
    objects.filter((object) => object.kind === kind).flatMap(({ spec }) => selectorOf(spec as Selecting));
  const isGuarded = (kind: string, workload: KubernetesObject): boolean =>
    guards(kind).some(({ matchLabels }) => matchLabels?.app === podTemplate(workload)?.metadata.labels.app);
  const without = (kind: string, which: readonly KubernetesObject[]): string[] =>
    which
      .filter((workload) => !isGuarded(kind, workload))
      .map(({ metadata: { name } }) => `${name} has no ${kind} of its own`);
  const several = workloads.filter(
    ({ kind, spec }) => kind !== "Job" && ((spec as { readonly replicas?: number }).replicas ?? 2) > 1,
  );
  const deniesAll = guards("NetworkPolicy").some(({ matchLabels }) => matchLabels === undefined);
  return [
    ...(deniesAll ? [] : ["nothing is denied by default"]),
    ...without("NetworkPolicy", workloads),
    ...without("PodDisruptionBudget", several),
  ];
}

function selectorOf({ podSelector, selector }: Selecting): Selector[] {
  return [podSelector ?? selector ?? {}];
}
