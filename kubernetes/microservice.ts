import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Autoscaling } from "../config/schema/autoscaling";
import type { Exposure, Senders } from "../config/schema/exposure";
import type { Storage } from "../config/schema/storage";
import { autoscaler } from "./autoscaler";
import { digest } from "./digest";
import { disruptionBudget } from "./disruption-budget";
import { expose } from "./way-in";
import { imageName, imageVersion } from "./images";
import { labelsOf, selectorLabels, workloadLabels } from "./labels";
import type { Labels } from "./labels";
import { SKIP_AWAIT } from "./platform";
import { mainPort, servicePorts } from "./ports";
import type { Ports } from "./ports";
import type { Footprint } from "./footprint";
import { deploymentStrategy, rolloutOf } from "./rollout";
import type { Rollout } from "./rollout";
import { caMounts, servicePod } from "./service-pod";
import type { ServicePodArgs } from "./service-pod";
import type { Callee, Pods } from "./traffic";
import { claim, claimMount, claimTemplates, ephemeralMount, scratchMounts } from "./volumes";
import type { Mount } from "./volumes";

/** What a component knows about its service. */
export interface MicroserviceArgs extends ServicePodArgs {
  /** A Service without an address of its own, which resolves to every pod. @default false */
  readonly headless?: boolean;
  /** Files of a ConfigMap and where they are mounted. A change rolls the pods. @default - none */
  readonly config?: { readonly mountPath: string; readonly files: Readonly<Record<string, string>> };
  /** @default - no volume; the service is stateless */
  readonly volume?: Volume;
  /** What must be up before the pods start. @default [] */
  readonly startAfter?: readonly pulumi.Resource[];
}

/** A service's volume and where it is mounted. */
export interface Volume {
  readonly name: string;
  /** Name of the claim where all pods share one. */
  readonly claimName: string;
  readonly mountPath: string;
  readonly storage: Storage;
}

/** Names and addresses others need of a service. */
export interface Endpoint {
  readonly name: pulumi.Output<string>;
  readonly namespace: pulumi.Output<string>;
  /** Host name inside the cluster, `<service>.<namespace>`. */
  readonly host: pulumi.Output<string>;
  readonly ports: Ports;
  /** `http://<host>:<first port>` */
  readonly url: pulumi.Output<string>;
}

/** What runs a service's pods. */
export interface Runner extends Pick<Endpoint, "name" | "namespace"> {
  readonly kind: "Deployment" | "StatefulSet";
  /** As the cluster pulls it. */
  readonly image: string;
  /** Pods that run. @default - an autoscaler decides */
  readonly replicas?: number;
  /** Range the autoscaler keeps to. @default - `replicas` says it */
  readonly autoscaling?: Pick<Autoscaling, "minReplicas" | "maxReplicas">;
}

/**
 * One service: ServiceAccount, Deployment (StatefulSet, where each pod has a claim of its own) and Service;
 * ConfigMap, claim, PodDisruptionBudget, autoscaler and way in where it has them. The five services extend it.
 */
export abstract class Microservice extends pulumi.ComponentResource implements Callee {
  /** What runs the pods. */
  public readonly deployment: Runner;
  /** How to reach the service from inside the cluster. */
  public readonly service: Endpoint;
  public readonly url: pulumi.Output<string>;
  public readonly party: Pods;
  /** What it takes of the namespace's quota. */
  public readonly footprints: readonly Footprint[];

  protected constructor(type: string, name: string, args: MicroserviceArgs, opts?: pulumi.ComponentResourceOptions) {
    super(type, name, {}, opts);
    const rollout = rolloutOf({ ...args, storage: args.volume?.storage });
    const account = this.createServiceAccount(name, args);
    const mounts = [
      ...this.createConfig(name, args),
      ...this.createVolume(name, args),
      ...scratchMounts(args.scratch),
      ...caMounts(args),
    ];
    const workload = this.createWorkload(name, args, rollout, account, mounts);
    const service = this.createServices(name, args, rollout);
    if (args.autoscaling !== undefined)
      autoscaler(name, { ...args, scaling: args.autoscaling, kind: rollout.kind }, this);
    if (rollout.pods.min > 1) disruptionBudget(name, args, this);
    if (args.exposure !== undefined)
      expose(name, { ...args, exposure: args.exposure, port: mainPort(args.ports) }, this);

    this.deployment = {
      kind: rollout.kind,
      name: workload.metadata.name,
      namespace: workload.metadata.namespace,
      image: imageName(args.image, args.images),
      ...podCount(args),
    };
    this.service = { ...endpoint(args), name: service.metadata.name, namespace: service.metadata.namespace };
    this.url = this.service.url;
    this.party = { app: args.app, ports: args.ports, openTo: waysIn(args.exposure) };
    this.footprints = [{ ...args, pods: rollout.peakPods, mounts, ...claims(args, rollout) }];
    this.registerOutputs({ deployment: this.deployment, service: this.service });
  }

  private createServiceAccount(name: string, args: MicroserviceArgs): k8s.core.v1.ServiceAccount {
    const metadata = { ...metadataOf(args), annotations: args.serviceAccountAnnotations };
    return new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
  }

  private createConfig(name: string, args: MicroserviceArgs): Mount[] {
    if (args.config === undefined) return [];
    const { files, mountPath } = args.config;
    const configMap = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata: { ...metadataOf(args), name: `${args.app}-config` }, data: files },
      { parent: this },
    );
    return [
      {
        volume: { name: "config", configMap: { name: configMap.metadata.name } },
        mount: { name: "config", mountPath, readOnly: true },
        annotations: { "checksum/config": digest(files) },
      },
    ];
  }

  private createVolume(name: string, args: MicroserviceArgs): Mount[] {
    if (args.volume === undefined) return [];
    const { claimName, mountPath, storage, name: volumeName } = args.volume;
    // with the same name for both types, a preview would show a volume of both until the first update
    if (storage.mode === "ephemeral") return [ephemeralMount(`${volumeName}-ephemeral`, mountPath, storage.size)];
    if (storage.mode === "perReplica") return [{ mount: { name: volumeName, mountPath } }];
    const made = claim(
      `${name}-storage`,
      { claimName, namespace: args.namespace, labels: labelsOf(args), storage },
      { parent: this, protect: args.dataProtection },
    );
    return [claimMount(volumeName, mountPath, made.metadata.name)];
  }

  private createWorkload(
    name: string,
    args: MicroserviceArgs,
    rollout: Rollout,
    account: k8s.core.v1.ServiceAccount,
    mounts: readonly Mount[],
  ): k8s.apps.v1.Deployment | k8s.apps.v1.StatefulSet {
    const metadata = { ...metadataOf(args), labels: workloadLabels(args, imageVersion(args.image)) };
    const spec = {
      replicas: args.autoscaling?.minReplicas ?? args.replicas,
      // 0 is what the API server leaves out
      minReadySeconds: rollout.minReadySeconds === 0 ? undefined : rollout.minReadySeconds,
      selector: { matchLabels: selectorLabels(args) },
      template: servicePod(args, rollout, account.metadata.name, mounts),
    };
    // A deleted autoscaler still owns spec.replicas: without force the API server would refuse our number every time.
    const annotations = args.autoscaling === undefined ? { "pulumi.com/patchForce": "true" } : undefined;
    const opts = {
      parent: this,
      customTimeouts: rollout.timeouts,
      dependsOn: [...(args.startAfter ?? [])],
      // An autoscaler owns the number once the pods are there. If the program left the field out instead, the API server
      // would reset it and scale the running workload to one pod.
      ignoreChanges: args.autoscaling && ["spec.replicas"],
    };
    if (rollout.kind === "Deployment") {
      const { progressDeadlineSeconds } = rollout;
      const strategy = deploymentStrategy(rollout);
      return new k8s.apps.v1.Deployment(
        name,
        { metadata: { ...metadata, annotations }, spec: { ...spec, strategy, progressDeadlineSeconds } },
        opts,
      );
    }
    return new k8s.apps.v1.StatefulSet(name, { metadata, spec: { ...spec, ...statefulSpec(args) } }, opts);
  }

  /** The Service; a StatefulSet needs a headless one as well, if this one is not headless. */
  private createServices(name: string, args: MicroserviceArgs, rollout: Rollout): k8s.core.v1.Service {
    const service = (logicalName: string, serviceName: string, isHeadless: boolean): k8s.core.v1.Service =>
      new k8s.core.v1.Service(
        logicalName,
        {
          metadata: { ...metadataOf(args), name: serviceName, annotations: SKIP_AWAIT },
          spec: {
            ...(isHeadless ? { clusterIP: "None" } : { type: "ClusterIP" }),
            ports: servicePorts(args.ports),
            selector: selectorLabels(args),
          },
        },
        { parent: this },
      );
    if (rollout.kind === "StatefulSet" && args.headless !== true) {
      service(`${name}-pods-service`, setServiceName(args), true);
    }
    return service(`${name}-service`, args.app, args.headless === true);
  }
}

function metadataOf(args: MicroserviceArgs): {
  readonly name: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels: Labels;
} {
  return { name: args.app, namespace: args.namespace, labels: labelsOf(args) };
}

/** What a StatefulSet says that a Deployment does not. */
function statefulSpec(args: MicroserviceArgs): Partial<k8s.types.input.apps.v1.StatefulSetSpec> {
  return {
    serviceName: setServiceName(args),
    // a bad revision can be rolled back without a hand deleting its pod
    podManagementPolicy: "Parallel",
    ...(args.volume && claimTemplates({ ...args, ...args.volume, labels: labelsOf(args) })),
  };
}

/** Name of the headless Service a StatefulSet's pods are known by. */
function setServiceName({ app, headless }: MicroserviceArgs): string {
  return headless === true ? app : `${app}-pods`;
}

function podCount({ replicas, autoscaling }: MicroserviceArgs): Pick<Runner, "replicas" | "autoscaling"> {
  if (autoscaling === undefined) return { replicas };
  const { minReplicas, maxReplicas } = autoscaling;
  return { autoscaling: { minReplicas, maxReplicas } };
}

function waysIn(exposure: Exposure | undefined): Senders[] {
  return [exposure?.ingress, exposure?.gateway].flatMap((way) => way ?? []);
}

function claims({ volume }: MicroserviceArgs, { pods, kind }: Rollout): Pick<Footprint, "claims" | "claimSize"> {
  if (volume === undefined || volume.storage.mode === "ephemeral") return {};
  return { claims: kind === "StatefulSet" ? pods.max : 1, claimSize: volume.storage.size };
}

/** Built from names alone: if the address came from the Service, replacing it would replace every user of the address. */
function endpoint({ app, namespace, ports }: MicroserviceArgs): Pick<Endpoint, "host" | "ports" | "url"> {
  const host = pulumi.interpolate`${app}.${namespace}`;
  return { host, ports, url: pulumi.interpolate`http://${host}:${String(mainPort(ports))}` };
}
