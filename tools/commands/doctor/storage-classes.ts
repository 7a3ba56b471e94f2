/** Whether every claim finds its storage class, and can grow later. */
import type { KubernetesObject } from "../../recording/recording";
import { identity, liveObjects, titleOf } from "../../cluster/live";
import { error, Forbidden, list, ok, skipped, warning } from "./finding";
import { count, groupBy } from "../../shared/text";
import type { Found, Patient } from "./finding";
import { quantityOf } from "./demand";

interface StorageClass {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly allowVolumeExpansion?: boolean;
}

interface ClaimSpec {
  readonly storageClassName?: string;
  readonly resources: { readonly requests: { readonly storage: string } };
}

/** A claim, or a StatefulSet's template of one. */
interface Claim {
  readonly title: string;
  readonly spec: ClaimSpec;
  /** The object, where it is one of its own. */
  readonly object?: KubernetesObject;
}

const IS_DEFAULT = "storageclass.kubernetes.io/is-default-class";

/** Classes of the stack's claims: they exist, or a default one does, and volumes of them can grow. */
export async function storage(patient: Patient): Promise<Found[]> {
  const claims = claimsOf(patient.objects);
  if (claims.length === 0) return [skipped("The stack has no claim.")];
  const classes = await readClasses(patient, claims);
  const byClass = groupBy(claims, ({ spec }) => spec.storageClassName);
  const found = [...byClass].flatMap(([name, group]) => classFound(name, group, classes));
  const shrunk = await sizes(patient, claims);
  const all = [...found, ...shrunk];
  return all.length > 0 ? all : [ok(`${count(claims.length, "claim")}: every class exists, and its volumes can grow.`)];
}

function claimsOf(objects: readonly KubernetesObject[]): Claim[] {
  return objects.flatMap((object): Claim[] => {
    if (object.kind === "PersistentVolumeClaim")
      return [{ title: titleOf(object), spec: object.spec as ClaimSpec, object }];
    const { volumeClaimTemplates = [] } = (object.spec ?? {}) as { volumeClaimTemplates?: { spec: ClaimSpec }[] };
    return volumeClaimTemplates.map(({ spec }) => ({ title: `claims of ${titleOf(object)}`, spec }));
  });
}

/** Classes by name. */
interface Classes {
  readonly byName: ReadonlyMap<string, StorageClass>;
  /** False where the deployer may read those alone that are named. */
  readonly isAll: boolean;
}

/** All classes; where the deployer may only read single ones, those that are named. */
async function readClasses(patient: Patient, claims: readonly Claim[]): Promise<Classes | undefined> {
  const byName = (classes: readonly StorageClass[]): Map<string, StorageClass> =>
    new Map(classes.map((one) => [one.metadata.name, one]));
  try {
    return { byName: byName(await list<StorageClass>(patient, "storageclasses")), isAll: true };
  } catch (failure) {
    if (!(failure instanceof Forbidden)) throw failure;
    const named = [...new Set(claims.flatMap(({ spec }) => spec.storageClassName ?? []))];
    const asked = named.map((name) => ({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name } }));
    const live = await liveObjects(patient.cluster, asked, patient.signal).catch(() => undefined);
    return live && { byName: byName([...live.values()]), isAll: false };
  }
}

function classFound(name: string | undefined, claims: readonly Claim[], classes: Classes | undefined): Found[] {
  const who = claims.map(({ title }) => title).join(", ");
  if (classes === undefined)
    return [warning(`The deployer may not read storage classes; those of ${who} were not looked at.`)];
  const { byName, isAll } = classes;
  const others = [...byName.keys()];
  const fix =
    others.length > 0
      ? `Set storage.storageClass to one of: ${others.join(", ")}.`
      : "Make it, or set storage.storageClass to one that exists.";
  if (name === undefined) {
    const defaults = [...byName.values()].filter(({ metadata }) => metadata.annotations?.[IS_DEFAULT] === "true");
    if (defaults.length > 0) return defaults.slice(0, 1).flatMap((one) => canGrow(one, who));
    return isAll
      ? [error(`There is no default storage class for ${who}.`, fix)]
      : [warning(`The deployer may not list storage classes; whether there is a default one for ${who} was not seen.`)];
  }
  const one = byName.get(name);
  return one === undefined
    ? [error(`There is no storage class ${name}, which ${who} asks for.`, fix)]
    : canGrow(one, who);
}

function canGrow({ metadata: { name }, allowVolumeExpansion }: StorageClass, who: string): Found[] {
  if (allowVolumeExpansion === true) return [];
  return [
    warning(
      `Volumes of class ${name} cannot grow later: ${who}.`,
      "Choose a class with allowVolumeExpansion, or a size that will do for good.",
    ),
  ];
}

/** A claim never shrinks. */
async function sizes(patient: Patient, claims: readonly Claim[]): Promise<Found[]> {
  const objects = claims.flatMap(({ object }) => object ?? []);
  const live = await liveObjects(patient.cluster, objects, patient.signal);
  return objects.flatMap((object) => {
    const there = live.get(identity(object));
    if (there === undefined) return [];
    const [wanted, has] = [object, there].map(({ spec }) => (spec as ClaimSpec).resources.requests.storage);
    if (wanted === undefined || has === undefined || quantityOf(wanted) >= quantityOf(has)) return [];
    return [
      error(
        `${titleOf(object)} has ${has}, and the stack asks for ${wanted}: a claim never shrinks.`,
        `Set its storage.size to ${has} or more.`,
      ),
    ];
  });
}
