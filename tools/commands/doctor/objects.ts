/** Kinds the cluster must know, and objects that stand where the stack's own would be made. */
import type { KubernetesObject } from "../../recording/recording";
import { STACK_MARK } from "../../../components/stack-mark";
import { UserError } from "../../shared/user-error";
import { tryKubectl } from "../../cluster/kubectl";
import { liveObjects, ownerOf, titleOf } from "../../cluster/live";
import type { LiveObject } from "../../cluster/live";
import { count, error, groupBy, ok, REQUEST_TIMEOUT, warning } from "./finding";
import type { Found, Patient } from "./finding";

/**
 * Versions of APIs among the objects that the cluster does not serve, with their kinds.
 * @throws UserError if the cluster does not say what it serves
 */
export async function unknownKinds({
  cluster,
  objects,
  signal,
}: Pick<Patient, "cluster" | "objects" | "signal">): Promise<Map<string, string[]>> {
  const kinds = groupBy(objects, ({ apiVersion }) => apiVersion);
  const missing = await Promise.all(
    [...kinds].map(async ([version, group]): Promise<[string, string[]]> => {
      const path = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
      const { code, stdout, stderr } = await tryKubectl(cluster, ["get", "--raw", path, REQUEST_TIMEOUT], { signal });
      if (code !== 0 && !stderr.includes("(NotFound)"))
        throw new UserError(`The cluster does not say which kinds of ${version} it serves:\n${stderr.trim()}`);
      const served = code === 0 ? (JSON.parse(stdout) as { resources: { kind: string }[] }).resources : [];
      const wanted = [...new Set(group.map(({ kind }) => kind))];
      return [version, wanted.filter((kind) => !served.some((resource) => resource.kind === kind))];
    }),
  );
  return new Map(missing.filter(([, lacking]) => lacking.length > 0));
}

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
