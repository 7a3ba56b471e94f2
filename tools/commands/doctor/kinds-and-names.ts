/** Kinds the cluster must know, and objects that stand where the stack's own would be made. */
import type { KubernetesObject } from "../../recording/recording";
import { STACK_MARK } from "../../../components/stack-mark";
import { liveObjects, titleOf } from "../../cluster/live";
import { ownerOf } from "../../pulumi/owner";
import type { LiveObject } from "../../cluster/live";
import { error, ok, warning } from "./finding";
import { count, groupBy } from "../../shared/text";
import type { Found, Patient } from "./finding";

/** Every kind the stack makes is served. */
export function kinds(missing: ReadonlyMap<string, readonly string[]>): Found[] {
  if (missing.size === 0) return [ok("The cluster serves every kind that the stack makes.")];
  return [...missing].map(([version, lacking]) =>
    error(
      `The cluster does not serve ${lacking.join(", ")} of ${version}.`,
      version.startsWith("gateway.networking.k8s.io") || version.startsWith("external-secrets.io")
        ? "Install its CustomResourceDefinitions, or leave out the option that asks for it."
        : "The cluster's version is not one this program is written for.",
    ),
  );
}

/** The stack's names are free, or taken by the stack's own objects. */
export async function names(patient: Patient, missing: ReadonlyMap<string, readonly string[]>): Promise<Found[]> {
  const { cluster, objects, signal, state } = patient;
  const known = objects.filter(({ apiVersion, kind }) => missing.get(apiVersion)?.includes(kind) !== true);
  const live = [...(await liveObjects(cluster, known, signal)).values()];
  const ending = live.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const by = groupBy(live, (object) => ownerOf(object, state));
  const found = [
    ...(by.get("foreign") ?? []).map(foreign),
    ...(by.has("own")
      ? [
          error(
            `${count(by.get("own")?.length ?? 0, "object")} of this stack that its state does not know: ${titles(by.get("own"))}.`,
            `An interrupted deployment left them. Type: npm run recover -- ${patient.file.stack}`,
          ),
        ]
      : []),
    ...(by.has("unknown")
      ? [
          warning(
            `${count(by.get("unknown")?.length ?? 0, "object")} with the mark of a stack; whether of this one its state would tell.`,
          ),
        ]
      : []),
    ...ending.map((object) => warning(`${titleOf(object)} is being deleted.`, "Wait until it is gone.")),
  ];
  const mine = count(by.get("state")?.length ?? 0, "object");
  const free = known.length - live.length;
  return found.length > 0 ? found : [ok(`${mine} of this stack, ${count(free, "name")} free.`)];
}

function titles(objects: readonly KubernetesObject[] = []): string {
  const shown = objects.slice(0, 5).map(titleOf).join(", ");
  return objects.length > 5 ? `${shown} and ${String(objects.length - 5)} more` : shown;
}

function foreign(object: LiveObject): Found {
  const { annotations = {}, managedFields } = object.metadata as LiveObject["metadata"] & {
    readonly managedFields?: readonly { readonly manager: string }[];
  };
  const mark = annotations[STACK_MARK];
  const makers = [...new Set((managedFields ?? []).map(({ manager }) => manager))].join(", ");
  const whose =
    mark === undefined
      ? `it has no stack's mark${makers === "" ? "" : `; written by ${makers}`}`
      : `it has the mark of stack ${mark}`;
  const fix =
    object.kind === "Namespace"
      ? "Choose another namespace.name, or use this one with namespace.create false."
      : "Choose another namespace, or delete it if nobody needs it.";
  return error(`${titleOf(object)} exists and is not this stack's: ${whose}.`, fix);
}
