import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Address, Bundled } from "./data-service";
import { imageName, imageVersion, pullSecrets } from "./images";
import { labelsOf, selectorLabels, workloadLabels } from "./labels";
import { awaitTimeouts, containerResources, SKIP_AWAIT } from "./platform";
import type { Platform } from "./platform";
import { containerPorts, mainPort, servicePorts } from "./ports";
import type { Ports } from "./ports";
import { claim } from "./volumes";

/** uid and gid of the stores: any one that is not root's serves, since the volume is made writable for it. */
export const STORE_USER = { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001 } as const;

/** Where every store finds its volume. */
export const DATA_DIR = "/data";

/** What a data service knows about its store. */
export interface StoreArgs extends Platform, Omit<Bundled, "storage"> {
  /** Name of the claim the data lies on; the data service makes it, since it outlives a switch to an external one. */
  readonly claimName: pulumi.Input<string>;
  readonly component: string;
  readonly command?: readonly string[];
  readonly args: readonly string[];
  /** Ports by name; the first is the one clients use. */
  readonly ports: Ports;
  readonly readinessProbe: k8s.types.input.core.v1.Probe;
  readonly livenessProbe: k8s.types.input.core.v1.Probe;
  readonly env?: k8s.types.input.core.v1.EnvVar[];
  /** Configuration: the volume, and where it is mounted. @default - none */
  readonly config?: {
    readonly volume: Omit<k8s.types.input.core.v1.Volume, "name">;
    readonly mountPath: string;
    /** Rolls the pod when it changes. */
    readonly digest?: string;
  };
  /** Revision of a secret the store reads as it starts; a new one restarts it. @default - none */
  readonly secretRevision?: pulumi.Input<string>;
  readonly lifecycle?: k8s.types.input.core.v1.Lifecycle;
  /** Seconds the store gets to write its data and end. */
  readonly terminationGracePeriodSeconds: number;
}

/**
 * A single-node store: a StatefulSet of one pod over a claim of its own (which, unlike a claim template, grows in
 * place), a headless Service for the set, and a Service `<name>-0` for its pod, the host name clients use.
 */
export class Store extends pulumi.ComponentResource {
  public readonly address: Address;

  public constructor(name: string, args: StoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Store", name, {}, opts);
    const identity = { app: name, component: args.component };
    const metadata = { name, namespace: args.namespace, labels: labelsOf(identity) };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const headless = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata,
        spec: { clusterIP: "None", ports: servicePorts(args.ports), selector: selectorLabels(identity) },
      },
      { parent: this },
    );
    const pod = `${name}-0`;
    new k8s.core.v1.Service(
      `${pod}-service`,
      {
        metadata: { ...metadata, name: pod, annotations: SKIP_AWAIT },
        spec: {
          type: "ClusterIP",
          ports: servicePorts(args.ports),
          selector: { ...selectorLabels(identity), "statefulset.kubernetes.io/pod-name": pod },
        },
      },
      { parent: this },
    );
    new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata: { ...metadata, labels: workloadLabels(identity, imageVersion(args.image)) },
        spec: {
          replicas: 1,
          serviceName: headless.metadata.name,
          // a bad revision can be rolled back without a hand deleting its pod
          podManagementPolicy: "Parallel",
          selector: { matchLabels: selectorLabels(identity) },
          template: storePod(identity.app, args, account.metadata.name),
        },
      },
      { parent: this, customTimeouts: awaitTimeouts(1) },
    );

    this.address = { host: pulumi.interpolate`${pod}.${args.namespace}`, port: mainPort(args.ports), ranges: [] };
    this.registerOutputs({ address: this.address });
  }
}

/** The claim a data service's data lies on: `<name>-data`, the same resource whether it is bundled or external. */
export function storeClaim(
  name: string,
  args: Platform & { readonly storage: Bundled["storage"]; readonly component: string },
  parent: pulumi.Resource,
): k8s.core.v1.PersistentVolumeClaim {
  return claim(
    `${name}-data`,
    {
      claimName: `${name}-data`,
      namespace: args.namespace,
      labels: labelsOf({ app: name, component: args.component }),
      storage: { ...args.storage, accessMode: "ReadWriteOnce" },
    },
    { parent, protect: args.dataProtection },
  );
}

function annotationsOf({ config, secretRevision }: StoreArgs): Record<string, pulumi.Input<string>> | undefined {
  if (config?.digest !== undefined) return { "checksum/config": config.digest };
  return secretRevision === undefined ? undefined : { "checksum/secrets": secretRevision };
}

function storePod(
  app: string,
  args: StoreArgs,
  account: pulumi.Input<string>,
): k8s.types.input.core.v1.PodTemplateSpec {
  const { config } = args;
  const identity = { app, component: args.component };
  return {
    metadata: {
      labels: workloadLabels(identity, imageVersion(args.image)),
      annotations: annotationsOf(args),
    },
    spec: {
      serviceAccountName: account,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: pullSecrets(args.images),
      terminationGracePeriodSeconds: args.terminationGracePeriodSeconds,
      securityContext: { ...STORE_USER, fsGroup: STORE_USER.runAsGroup, fsGroupChangePolicy: "OnRootMismatch" },
      containers: [
        {
          name: app,
          image: imageName(args.image, args.images),
          imagePullPolicy: "IfNotPresent",
          command: args.command === undefined ? undefined : [...args.command],
          args: [...args.args],
          ports: containerPorts(args.ports),
          env: args.env,
          // up to ten minutes to recover its data; until then nothing judges it
          startupProbe: { ...args.readinessProbe, periodSeconds: 5, failureThreshold: 120 },
          readinessProbe: args.readinessProbe,
          livenessProbe: args.livenessProbe,
          lifecycle: args.lifecycle,
          resources: containerResources(args.resources),
          volumeMounts: [
            { name: "data", mountPath: DATA_DIR },
            ...(config === undefined ? [] : [{ name: "config", mountPath: config.mountPath, readOnly: true }]),
          ],
        },
      ],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: args.claimName } },
        ...(config === undefined ? [] : [{ name: "config", ...config.volume }]),
      ],
    },
  };
}
