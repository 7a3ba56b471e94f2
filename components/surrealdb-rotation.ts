import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { SCRATCH } from "../config/reserved";
import { imageVersion } from "./images";
import { labelsOf, workloadLabels } from "./labels";
import type { Platform } from "./platform";
import { podTemplate } from "./pod";
import type { WorkloadSettings } from "./pod";
import type { Footprint } from "./footprint";
import type { Pods } from "./traffic";
import { scratchMounts } from "./volumes";

/** Seconds the Job gets, with its repetitions. */
const DEADLINE_SECONDS = 300;
const SCRIPT = "users.surql";
const SCRIPT_DIR = "/etc/surrealdb";
const AMOUNTS = { cpu: "250m", memory: "256Mi" };
const RESOURCES = { requests: AMOUNTS, limits: AMOUNTS };

export interface RotationArgs extends Platform, WorkloadSettings {
  /** What must be up first; what a component depends on, its children do not. */
  readonly startAfter: pulumi.Resource;
  /** Which rotation this is. */
  readonly rotation: number;
  /** `http://<host>:<port>` */
  readonly endpoint: pulumi.Input<string>;
  /** The Secret with the keys `root-password` and `users.surql`. */
  readonly secretName: pulumi.Input<string>;
  /** SurrealDB namespace and database the users belong to. */
  readonly users: { readonly namespace: string; readonly database: string };
}

/**
 * The Job that gives a running database its users' new passwords, before anybody is handed them. One per rotation; it
 * may run again at any time. It uses SurrealDB's own image, which holds its command-line client.
 */
export class Rotation extends pulumi.ComponentResource {
  public readonly party: Pods;
  public readonly footprint: Footprint;

  public constructor(name: string, args: RotationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Rotation", name, {}, opts);
    const identity = { app: name, component: "database" };
    const objectName = `${name}-${String(args.rotation)}`;
    const metadata = { namespace: args.namespace, labels: labelsOf(identity) };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata: { ...metadata, name }, automountServiceAccountToken: false },
      { parent: this },
    );
    const { secretName } = args;
    const script = {
      volume: { name: "script", secret: { secretName, items: [{ key: SCRIPT, path: SCRIPT }] } },
      mount: { name: "script", mountPath: SCRIPT_DIR, readOnly: true },
    };
    const mounts = [script, ...scratchMounts(SCRATCH)];
    const template = podTemplate({
      ...args,
      ...identity,
      container: "rotation",
      serviceAccountName: account.metadata.name,
      resources: RESOURCES,
      args: importArguments(args),
      env: [
        { name: "SURREAL_USER", value: "root" },
        { name: "SURREAL_PASS", valueFrom: { secretKeyRef: { name: secretName, key: "root-password" } } },
      ],
      mounts,
      spec: { restartPolicy: "OnFailure" },
    });
    new k8s.batch.v1.Job(
      objectName,
      {
        metadata: { ...metadata, name: objectName, labels: workloadLabels(identity, imageVersion(args.image)) },
        spec: { backoffLimit: 6, activeDeadlineSeconds: DEADLINE_SECONDS, template },
      },
      { parent: this, dependsOn: args.startAfter, customTimeouts: { create: `${String(DEADLINE_SECONDS + 60)}s` } },
    );

    this.party = { app: name, ports: {} };
    this.footprint = { pods: 1, resources: RESOURCES, mounts };
    this.registerOutputs({});
  }
}

/** https://surrealdb.com/docs/surrealdb/cli/import; user and password come from the environment. */
function importArguments({ endpoint, users }: RotationArgs): pulumi.Input<string>[] {
  const { namespace, database } = users;
  const where = ["--namespace", namespace, "--database", database];
  return ["import", "--endpoint", endpoint, ...where, `${SCRIPT_DIR}/${SCRIPT}`];
}
