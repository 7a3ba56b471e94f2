import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { SurrealClient } from "../../config/schema/data-services";
import { SCRATCH } from "../../config/schema/reserved";
import type { Footprint } from "../../kubernetes/footprint";
import { imageVersion } from "../../kubernetes/images";
import { labelsOf, workloadLabels } from "../../kubernetes/labels";
import type { Platform } from "../../kubernetes/platform";
import { podTemplate } from "../../kubernetes/pod";
import { envList } from "../../kubernetes/secret-ref";
import { caMounts, trustEnv } from "../../kubernetes/service-pod";
import type { SecretRef } from "../../kubernetes/secret-ref";
import type { Pods } from "../../kubernetes/traffic";
import { scratchMounts } from "../../kubernetes/volumes";

/**
 * Pods that the Job tries. Kubernetes waits 10 s before the second, and then twice as long each time: 150 s in all, in
 * which a database that is still starting becomes ready.
 */
const ATTEMPTS = 5;
/** Seconds the Job gets with all its attempts, so that it fails by their number and keeps their logs. */
const DEADLINE_SECONDS = 600;
/** The first statement of a script, which `/import` asks for. It leaves out events and the processing of fields. */
export const IMPORT_OPTION = "OPTION IMPORT;\n";
/** Raised with each change of the Job's template in code, since a Job cannot change. */
const FORM = 2;
const SCRIPT_DIR = "/etc/surrealdb";
const AMOUNTS = { cpu: "250m", memory: "256Mi" };
const RESOURCES = { requests: AMOUNTS, limits: AMOUNTS };

/** A SurrealDB, and who may write to one of its databases. */
export interface DatabaseLogin {
  /** `http://<host>:<port>`, or https. */
  readonly endpoint: pulumi.Input<string>;
  /** What tells one endpoint from another; a bundled database has but one. @default "" */
  readonly server?: string;
  /** SurrealDB namespace and database. */
  readonly namespace: string;
  readonly database: string;
  /** Where the user is defined. */
  readonly level: "root" | "database";
  readonly user: string;
  readonly password: SecretRef;
}

export interface SurrealImportArgs extends Platform, SurrealClient {
  /** Name of the container. */
  readonly container: string;
  /** What must be up first; what a component depends on, its children do not. */
  readonly startAfter: readonly pulumi.Resource[];
  /** What is imported, or what stands for it: another content runs a new Job. */
  readonly content: string;
  readonly login: DatabaseLogin;
  /** The volume with the script, and the script's file in it. */
  readonly script: { readonly volume: k8s.types.input.core.v1.Volume; readonly file: string };
}

/**
 * A Job that runs a script of SurrealQL in a database. It may run again at any time, and so may the script. It uses
 * SurrealDB's own image, which holds its command-line client and no shell. One that failed is made anew by the next
 * deployment.
 */
export class SurrealImport extends pulumi.ComponentResource {
  public readonly party: Pods;
  public readonly footprint: Footprint;

  public constructor(type: string, name: string, args: SurrealImportArgs, opts?: pulumi.ComponentResourceOptions) {
    super(type, name, {}, opts);
    const identity = { app: name, component: "database" };
    const metadata = { namespace: args.namespace, labels: labelsOf(identity) };
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata: { ...metadata, name }, automountServiceAccountToken: false },
      { parent: this },
    );
    const { volume } = args.script;
    const mounts = [
      { volume, mount: { name: volume.name, mountPath: SCRIPT_DIR, readOnly: true } },
      ...scratchMounts(SCRATCH),
      ...caMounts(args),
    ];
    const { user, password } = args.login;
    const template = podTemplate({
      ...args,
      ...identity,
      serviceAccountName: account.metadata.name,
      resources: RESOURCES,
      args: importArguments(args),
      env: envList({
        SURREAL_USER: user,
        SURREAL_PASS: { secret: password },
        SURREAL_ONLINE_VERSION_CHECK: "false",
        ...trustEnv(args),
      }),
      mounts,
      // a pod that failed stays, and its log says why
      spec: { restartPolicy: "Never" },
    });
    const jobName = `${name}-${digest(args)}`;
    new k8s.batch.v1.Job(
      `${name}-job`,
      {
        metadata: {
          ...metadata,
          name: jobName,
          labels: workloadLabels(identity, imageVersion(args.image)),
          annotations: { "pulumi.com/replaceUnready": "true" },
        },
        spec: { backoffLimit: ATTEMPTS - 1, activeDeadlineSeconds: DEADLINE_SECONDS, template },
      },
      {
        parent: this,
        dependsOn: [...args.startAfter],
        customTimeouts: { create: `${String(DEADLINE_SECONDS + 60)}s` },
      },
    );

    this.party = { app: name, ports: {} };
    this.footprint = { pods: 1, resources: RESOURCES, mounts };
    this.registerOutputs({});
  }
}

/** Of all that a stack's config decides about the Job, which cannot change once it is there. */
function digest(args: SurrealImportArgs): string {
  const { content, image, images, caBundle, runAs, podAnnotations, nodeSelector, tolerations } = args;
  const { user, namespace, database, level, server = "" } = args.login;
  const placement = [nodeSelector, tolerations, args.priorityClassName, args.runtimeClassName];
  const login = [user, namespace, database, level, ...(server === "" ? [] : [server])];
  return shortDigest(JSON.stringify([FORM, content, image, images, caBundle, runAs, podAnnotations, placement, login]));
}

/** Enough of a digest for a name. */
export function shortDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/** https://surrealdb.com/docs/surrealdb/cli/import; user and password come from the environment. */
function importArguments({ login, script }: SurrealImportArgs): pulumi.Input<string>[] {
  const { endpoint, namespace, database, level } = login;
  const where = ["--namespace", namespace, "--database", database];
  const how = level === "root" ? [] : ["--auth-level", level];
  return ["import", "--endpoint", endpoint, ...where, ...how, `${SCRIPT_DIR}/${script.file}`];
}
