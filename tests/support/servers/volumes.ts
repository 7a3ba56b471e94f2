/** The folders of a pod's volumes, with the owners and modes that a kubelet gives them. */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KubernetesObject } from "../../../tools/recording/recording";
import { objectNamed } from "../recordings";
import { dataOf } from "./template";
import type { ContainerSpec, KeyToPath, Volume } from "./template";

/** One line of a container's mounts. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

const SET_GID = 0o2000;

/**
 * Makes the volumes of a pod and says where its container mounts them.
 * @param folder The pod's own.
 * @param claims Folders of claims by name; others get one below `claimFolder`, which outlives the pod.
 */
export function mountsOf(
  spec: ContainerSpec,
  objects: readonly KubernetesObject[],
  folder: string,
  claimFolder: string,
  claims: ReadonlyMap<string, string>,
): Mount[] {
  return (spec.container.volumeMounts ?? []).map(({ name, mountPath, readOnly = false, subPath = "" }) => {
    const volume = spec.volumes.find((one) => one.name === name);
    if (volume === undefined) throw new Error(`${spec.container.name} mounts ${name}, which is no volume of its pod`);
    const path = join(folder, name);
    const claim = volume.persistentVolumeClaim?.claimName;
    const isFiles = volume.secret !== undefined || volume.configMap !== undefined;
    if (claim !== undefined) {
      const source = claims.get(claim) ?? join(claimFolder, claim);
      mkdirSync(source, { recursive: true });
      if (spec.fsGroup !== undefined && !readOnly) own(source, spec.fsGroup);
      return { source: join(source, subPath), target: mountPath, isReadOnly: readOnly };
    }
    if (!existsSync(path)) {
      if (isFiles) writeFiles(path, volume, objects, spec.fsGroup);
      else if (volume.emptyDir !== undefined && volume.emptyDir.medium === undefined) {
        mkdirSync(path);
        chmodSync(path, 0o777);
        if (spec.fsGroup !== undefined) own(path, spec.fsGroup);
      } else throw new Error(`${name} is a volume of a kind that is not known here: ${JSON.stringify(volume)}`);
    }
    return { source: join(path, subPath), target: mountPath, isReadOnly: readOnly || isFiles };
  });
}

function writeFiles(
  path: string,
  { secret, configMap }: Volume,
  objects: readonly KubernetesObject[],
  fsGroup: number | undefined,
): void {
  const [kind, name] = secret === undefined ? ["ConfigMap", configMap?.name] : ["Secret", secret.secretName];
  const { items, defaultMode = 0o644 } = secret ?? configMap ?? {};
  const data = dataOf(objectNamed(objects, kind, name ?? ""));
  mkdirSync(path);
  const all: readonly KeyToPath[] = Object.keys(data).map((key) => ({ key, path: key }));
  for (const { key, path: file, mode = defaultMode } of items ?? all) {
    const content = data[key];
    if (content === undefined) throw new Error(`${kind} ${name ?? ""} has no key ${key}`);
    const target = join(path, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
    // what a group owns, the group may read
    chmodSync(target, fsGroup === undefined ? mode : mode | 0o440);
    if (fsGroup !== undefined) chownSync(target, 0, fsGroup);
  }
}

/** Gives a folder to the pod's group, and what is in it where the folder itself is not the group's yet. */
function own(path: string, group: number): void {
  const { gid, mode } = statSync(path);
  if (gid === group && (mode & SET_GID) !== 0) return;
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    const inner = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    chownSync(inner, statSync(inner).uid, group);
    chmodSync(inner, statSync(inner).mode | (entry.isDirectory() ? SET_GID | 0o770 : 0o660));
  }
  chownSync(path, statSync(path).uid, group);
  chmodSync(path, statSync(path).mode | SET_GID | 0o770);
}

/** Removes a folder with all that servers of other users have written there. */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}
