import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Bundled } from "../config/schema/data-services";
import { SCRATCH } from "../config/schema/reserved";
import type { Address } from "./data-service";
import { disruptionBudget } from "./disruption-budget";
import { imageVersion } from "./images";
import { labelsOf, selectorLabels, workloadLabels } from "./labels";
import { spreadSpec } from "./placement";
import { SKIP_AWAIT } from "./platform";
import type { Platform } from "./platform";
import { podTemplate } from "./pod";
import type { PodArgs } from "./pod";
import { mainPort, servicePorts } from "./ports";
import type { Ports } from "./ports";
import { startup } from "./probes";
import type { Footprint } from "./footprint";
import { awaitTimeouts, IMAGE_PULL_SECONDS } from "./rollout";
import { upgradeGuard } from "./store-upgrade";
import type { Pods } from "./traffic";
import { claim, claimMount, claimTemplates, scratchMounts } from "./volumes";
import type { Mount } from "./volumes";

/** Where every store finds its volume. */
export const DATA_DIR = "/data";

/** Seconds a store may take to recover its data; until then nothing judges it. */
const RECOVERY_SECONDS = 600;
/** How often a store that starts is asked, so that it is not waited for longer than it takes. */
const STARTUP_PERIOD_SECONDS = 1;

/** What a data service knows about its store. */
export interface StoreArgs extends Platform, Bundled {
  readonly component: string;
  /** Servers; several have a claim each, from a template. */
  readonly servers: number;
  /** Name of the claim of a single server; the data service makes it, since it outlives a switch to an external one. */
  readonly claimName: pulumi.Input<string> | undefined;
  readonly command?: readonly string[];
  readonly args: readonly string[];
  /** Ports by name; the first is the one clients use. */
  readonly ports: Ports;
  /** Ports on which several servers reach each other. @default - none */
  readonly peerPorts?: readonly string[];
  /** Asked while it starts. @default - the readiness probe */
  readonly startupProbe?: k8s.types.input.core.v1.Probe;
  readonly readinessProbe: k8s.types.input.core.v1.Probe;
  readonly livenessProbe: k8s.types.input.core.v1.Probe;
  readonly env?: k8s.types.input.core.v1.EnvVar[];
  /** Configuration: the volume, and where it is mounted. @default - none */
  readonly config?: Mount;
  /** Annotations that roll the pods. @default - none */
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly preStop?: k8s.types.input.core.v1.LifecycleHandler;
  /** Seconds the store gets to write its data and end. */
  readonly terminationGracePeriodSeconds: number;
}

/**
 * A store: a StatefulSet (of one pod over a claim of its own, which, unlike a claim template, grows in place; or of
 * several, with a claim each), a headless Service for the set, and a Service `<name>-0`, the host name clients use.
 */
export class Store extends pulumi.ComponentResource {
  public readonly address: Address;
  public readonly party: Pods;
  public readonly footprint: Footprint;

  public constructor(name: string, args: StoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:Store", name, {}, opts);
    const identity = { app: name, component: args.component };
    const metadata = { name, namespace: args.namespace, labels: labelsOf(identity) };
    const { servers } = args;

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      {
        metadata: { ...metadata, annotations: args.serviceAccountAnnotations },
        automountServiceAccountToken: false,
      },
      { parent: this },
    );
    const headless = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata,
        spec: {
          clusterIP: "None",
          ports: servicePorts(args.ports),
          selector: selectorLabels(identity),
          // servers find each other before they are ready
          publishNotReadyAddresses: servers > 1 ? true : undefined,
        },
      },
      { parent: this },
    );
    new k8s.core.v1.Service(
      `${name}-0-service`,
      {
        metadata: { ...metadata, name: `${name}-0`, annotations: SKIP_AWAIT },
        // any server will do: the address outlives the first one
        spec: { type: "ClusterIP", ports: servicePorts(args.ports), selector: selectorLabels(identity) },
      },
      { parent: this },
    );
    const mounts = storeMounts(args);
    new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata: { ...metadata, labels: workloadLabels(identity, imageVersion(args.image)) },
        spec: {
          replicas: servers,
          serviceName: headless.metadata.name,
          // a bad revision can be rolled back without a hand deleting its pod
          podManagementPolicy: "Parallel",
          // a NATS server that is back may be Ready before its streams have caught up: seen, 1.1 s against 2.6 s
          minReadySeconds: servers > 1 ? 10 : undefined,
          selector: { matchLabels: selectorLabels(identity) },
          template: podTemplate(storePod(identity, args, account.metadata.name, mounts)),
          ...(servers > 1 ? claimTemplates({ ...args, name: "data", labels: labelsOf(identity) }) : {}),
        },
      },
      { parent: this, customTimeouts: storeTimeouts(args), hooks: { beforeUpdate: [upgradeGuard(name)] } },
    );
    if (servers > 1) disruptionBudget(name, { ...identity, namespace: args.namespace }, this);

    this.address = { host: pulumi.interpolate`${name}-0.${args.namespace}`, port: mainPort(args.ports), ranges: [] };
    this.party = { app: name, ports: args.ports, peerPorts: args.peerPorts ?? [] };
    this.footprint = { ...args, mounts, pods: servers, claims: servers, claimSize: args.storage.size };
    this.registerOutputs({ address: this.address });
  }
}

/** The claim a single store's data lies on: `<name>-data`, the same resource whether it is bundled or external. */
export function createStoreClaim(
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
      storage: args.storage,
    },
    { parent, protect: args.dataProtection },
  );
}

function storeMounts({ claimName, config }: StoreArgs): Mount[] {
  const data =
    claimName === undefined
      ? { mount: { name: "data", mountPath: DATA_DIR } }
      : claimMount("data", DATA_DIR, claimName);
  return [data, ...(config === undefined ? [] : [config]), ...scratchMounts(SCRATCH)];
}

function storePod(
  identity: { readonly app: string; readonly component: string },
  args: StoreArgs,
  serviceAccountName: pulumi.Input<string>,
  mounts: readonly Mount[],
): PodArgs {
  return {
    ...args,
    ...identity,
    container: identity.app,
    serviceAccountName,
    mounts,
    probes: {
      startupProbe: startup(args.startupProbe ?? args.readinessProbe, RECOVERY_SECONDS, STARTUP_PERIOD_SECONDS),
      readinessProbe: args.readinessProbe,
      livenessProbe: args.livenessProbe,
    },
    spec: args.servers > 1 ? spreadSpec(identity, "controller-revision-hash") : undefined,
  };
}

/** Servers are replaced one after the other; each may end, have its image pulled, and recover. */
function storeTimeouts({ servers, terminationGracePeriodSeconds: grace }: StoreArgs): pulumi.CustomTimeouts {
  return awaitTimeouts(servers * (grace + IMAGE_PULL_SECONDS + RECOVERY_SECONDS), grace);
}
