import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { imageName, imageVersion, pullSecrets } from "./images";
import { labelsOf, workloadLabels } from "./labels";
import { containerResources } from "./platform";
import type { Platform } from "./platform";
import { STORE_USER } from "./store";

/** Seconds the Job gets, with its repetitions. */
const DEADLINE_SECONDS = 300;
const SCRIPT = "users.surql";
const SCRIPT_DIR = "/etc/surrealdb";
const RESOURCES = { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "500m", memory: "256Mi" } };

export interface RotationArgs extends Platform {
  /** SurrealDB's own image, which holds its command-line client. */
  readonly image: string;
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
 * may run again at any time.
 */
export function rotationJob(
  name: string,
  args: RotationArgs,
  store: pulumi.Resource,
  parent: pulumi.Resource,
): k8s.batch.v1.Job {
  const identity = { app: `${name}-rotation`, component: "database" };
  const objectName = `${identity.app}-${String(args.rotation)}`;
  return new k8s.batch.v1.Job(
    objectName,
    {
      metadata: { name: objectName, namespace: args.namespace, labels: labelsOf(identity) },
      spec: {
        backoffLimit: 6,
        activeDeadlineSeconds: DEADLINE_SECONDS,
        template: {
          metadata: { labels: workloadLabels(identity, imageVersion(args.image)) },
          spec: rotationPod(args),
        },
      },
    },
    { parent, dependsOn: store, customTimeouts: { create: `${String(DEADLINE_SECONDS + 60)}s` } },
  );
}

/** https://surrealdb.com/docs/surrealdb/cli/import; user and password come from the environment. */
function rotationPod(args: RotationArgs): k8s.types.input.core.v1.PodSpec {
  const { namespace, database } = args.users;
  return {
    restartPolicy: "OnFailure",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    imagePullSecrets: pullSecrets(args.images),
    securityContext: { ...STORE_USER, fsGroup: STORE_USER.runAsGroup, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "rotation",
        image: imageName(args.image, args.images),
        imagePullPolicy: "IfNotPresent",
        args: [
          "import",
          "--endpoint",
          args.endpoint,
          "--namespace",
          namespace,
          "--database",
          database,
          `${SCRIPT_DIR}/${SCRIPT}`,
        ],
        env: [
          { name: "SURREAL_USER", value: "root" },
          {
            name: "SURREAL_PASS",
            valueFrom: { secretKeyRef: { name: args.secretName, key: "root-password" } },
          },
        ],
        resources: containerResources(RESOURCES),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [{ name: "script", mountPath: SCRIPT_DIR, readOnly: true }],
      },
    ],
    volumes: [{ name: "script", secret: { secretName: args.secretName, items: [{ key: SCRIPT, path: SCRIPT }] } }],
  };
}
