/** Deploys a recording with kubectl, where there is no engine. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kubernetesObjects } from "../offline/recording";
import type { KubernetesObject, Recording } from "../offline/recording";
import { UserError } from "../offline/user-error";
import type { Deployer, Deployment } from "./deployment";
import { kubectl } from "./kubectl";

const FIELD_MANAGER = "vapora-try";
const DELETE_TIMEOUT = "--timeout=120s";

/** An object that was applied, as much as it takes to delete it. */
type Applied = Pick<KubernetesObject, "apiVersion" | "kind"> & { readonly name: string; readonly namespace?: string };

/** Server-side apply of the recording; objects that left it are deleted. */
export const applyDeployer: Deployer = {
  name: "kubectl",
  notice: "There is no pulumi on PATH: applying the program's objects with kubectl (server-side apply).",
  deploy: async (deployment) => {
    const objects = kubernetesObjects(deployment.recording).map(({ object }) => object);
    const before = readApplied(deployment);
    if (!deployment.isOwn) await refuseForeign(deployment, objects, before);
    // Noted before it is done: an interrupted run must not forget what it made.
    writeApplied(deployment, [...before, ...objects.map(applied)]);
    const namespaces = objects.filter(({ kind }) => kind === "Namespace");
    await apply(deployment, namespaces);
    await apply(
      deployment,
      objects.filter((object) => !namespaces.includes(object)),
    );

    const kept = new Set(objects.map((object) => identity(applied(object))));
    const left = before.filter((object) => !kept.has(identity(object)));
    await deleteObjects(deployment, left.reverse());
    writeApplied(deployment, objects.map(applied));
    return outputs(deployment.recording);
  },
  remove: async (deployment) => {
    await deleteObjects(deployment, readApplied(deployment).reverse());
    writeApplied(deployment, []);
  },
};

function outputs(recording: Recording): Recording["outputs"] {
  const secret = recording.secretOutputs.map(([name]) => name);
  return Object.fromEntries(Object.entries(recording.outputs).filter(([name]) => !secret.includes(name)));
}

async function apply(
  { cluster, isOwn, report, signal }: Deployment,
  objects: readonly KubernetesObject[],
): Promise<void> {
  if (objects.length === 0) return;
  report(`applying ${objects.length === 1 ? "the namespace" : `${String(objects.length)} objects`}`);
  const force = isOwn ? ["--force-conflicts"] : [];
  const args = ["apply", "--server-side", ...force, `--field-manager=${FIELD_MANAGER}`, "--validate=strict"];
  const input = objects.map((object) => JSON.stringify(object)).join("\n---\n");
  await kubectl(cluster, [...args, "-f", "-"], { input, signal, onLine: report });
}

/** On a cluster that is not our own, nothing is taken over that was not made from here. */
async function refuseForeign(
  { cluster, signal }: Deployment,
  objects: readonly KubernetesObject[],
  before: readonly Applied[],
): Promise<void> {
  const ours = new Set(before.map(identity));
  const foreign = objects.filter((object) => !ours.has(identity(applied(object))));
  const input = foreign.map((object) => JSON.stringify(object)).join("\n---\n");
  const args = ["get", "--ignore-not-found", "-o", "name", "-f", "-"];
  const found = foreign.length === 0 ? "" : await kubectl(cluster, args, { input, signal });
  const names = found.split("\n").filter((name) => name !== "");
  if (names.length > 0) {
    throw new UserError(
      `The cluster has objects of this stack that were not made from here: ${names.slice(0, 5).join(", ")}` +
        `${names.length > 5 ? " and more" : ""}. Choose another namespace, or remove them first.`,
    );
  }
}

async function deleteObjects(
  { cluster, report, signal }: Pick<Deployment, "cluster" | "report" | "signal">,
  objects: readonly Applied[],
): Promise<void> {
  const unique = new Map(objects.map((object) => [identity(object), object]));
  // a namespace goes last: it takes everything in it along
  const ordered = [...unique.values()].sort((a, b) => Number(a.kind === "Namespace") - Number(b.kind === "Namespace"));
  for (const { apiVersion, kind, name, namespace } of ordered) {
    report(`deleting ${kind} ${name}`);
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    const resource = group === "" ? kind : `${kind}.${version ?? ""}.${group ?? ""}`;
    const scope = namespace === undefined ? [] : ["--namespace", namespace];
    await kubectl(cluster, ["delete", resource, name, ...scope, "--ignore-not-found", DELETE_TIMEOUT], { signal });
  }
}

function applied({ apiVersion, kind, metadata: { name, namespace } }: KubernetesObject): Applied {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

function identity({ apiVersion, kind, name, namespace }: Applied): string {
  return [apiVersion, kind, namespace ?? "", name].join(" ");
}

function readApplied(deployment: Pick<Deployment, "folder">): Applied[] {
  const path = appliedPath(deployment);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Applied[]) : [];
}

function writeApplied(deployment: Pick<Deployment, "folder">, objects: readonly Applied[]): void {
  mkdirSync(deployment.folder, { recursive: true });
  writeFileSync(appliedPath(deployment), JSON.stringify(objects));
}

function appliedPath({ folder }: Pick<Deployment, "folder">): string {
  return join(folder, "applied.json");
}
