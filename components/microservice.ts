import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { durationSeconds } from "../config/duration";
import { digest } from "./digest";
import { imageName, imageVersion, pullSecrets } from "./images";
import { labelsOf, selectorLabels, workloadLabels } from "./labels";
import type { Identity } from "./labels";
import { unlessEmpty } from "./lists";
import { awaitTimeouts, containerResources, PROGRESS_DEADLINE_SECONDS, SKIP_AWAIT } from "./platform";
import type { Platform, Resources } from "./platform";
import { containerPorts, mainPort, servicePorts } from "./ports";
import type { Ports } from "./ports";
import { envList, secretsAnnotation } from "./secret-ref";
import type { Env } from "./secret-ref";
import { claim, strategyFor } from "./volumes";
import type { Storage } from "./volumes";

/** What a stack's config says about a service. */
export interface ServiceSettings {
  /** Image with a fixed tag or digest. */
  readonly image: string;
  /** Pods to run. */
  readonly replicas: number;
  readonly resources: Resources;
  /** Labels a node must carry. @default - any node */
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  /** Writable folders by path, with their sizes. @default - none */
  readonly scratch?: Readonly<Record<string, string>> | undefined;
  /** How a pod ends, as durations such as `30s`. @default - Kubernetes' own: no delay, 30 seconds */
  readonly shutdown?: { readonly delay: string; readonly gracePeriod: string } | undefined;
  /** More environment variables. A name the service sets itself gets the value given here. @default - none */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** What a component knows about its service. */
export interface MicroserviceArgs extends Platform, ServiceSettings, Identity {
  /** Name of the container. */
  readonly container: string;
  /** Ports by name; the first is the one the URL points to. */
  readonly ports: Ports;
  /** A Service without an address of its own, which resolves to every pod. @default false */
  readonly headless?: boolean;
  /** Environment the service needs, in this order. */
  readonly environment: Env;
  /** @default - no probes */
  readonly probes?: Pick<k8s.types.input.core.v1.Container, "livenessProbe" | "readinessProbe">;
  /** Files of a ConfigMap and where they are mounted. A change rolls the pods. @default - none */
  readonly config?: { readonly mountPath: string; readonly files: Readonly<Record<string, string>> };
  /** A claim and where it is mounted. @default - no volume; the service is stateless */
  readonly volume?: {
    readonly name: string;
    readonly claimName: string;
    readonly mountPath: string;
    readonly storage: Storage;
  };
  /** What must be up before the pods start. @default [] */
  readonly startAfter?: readonly pulumi.Resource[];
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

/**
 * One service of VAPORA: ServiceAccount, Deployment and Service, with a ConfigMap and a claim where it has them.
 * The components of the five services extend it.
 */
export abstract class Microservice extends pulumi.ComponentResource {
  /** The Deployment's name and namespace. */
  public readonly deployment: Pick<Endpoint, "name" | "namespace">;
  /** How to reach the service from inside the cluster. */
  public readonly service: Endpoint;

  protected constructor(type: string, name: string, args: MicroserviceArgs, opts?: pulumi.ComponentResourceOptions) {
    super(type, name, {}, opts);
    const labels = labelsOf(args);
    const metadata = { name: args.app, namespace: args.namespace, labels };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const config = this.configMap(name, args);
    const volume = this.claim(name, args);
    const deployment = new k8s.apps.v1.Deployment(
      name,
      {
        metadata: { ...metadata, labels: workloadLabels(args, imageVersion(args.image)) },
        spec: {
          replicas: args.replicas,
          strategy: strategyFor(args.volume?.storage),
          progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
          selector: { matchLabels: selectorLabels(args) },
          template: podTemplate(args, account, [config, volume, ...scratchMounts(args)].filter(isMount)),
        },
      },
      { parent: this, customTimeouts: awaitTimeouts(args.replicas), dependsOn: [...(args.startAfter ?? [])] },
    );
    const service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: { ...metadata, annotations: SKIP_AWAIT },
        spec: {
          ...(args.headless === true ? { clusterIP: "None" } : { type: "ClusterIP" }),
          ports: servicePorts(args.ports),
          selector: selectorLabels(args),
        },
      },
      { parent: this },
    );

    this.deployment = { name: deployment.metadata.name, namespace: deployment.metadata.namespace };
    this.service = { ...endpoint(args), name: service.metadata.name, namespace: service.metadata.namespace };
    this.registerOutputs({ deployment: this.deployment, service: this.service });
  }

  private configMap(name: string, args: MicroserviceArgs): Mount | undefined {
    if (args.config === undefined) return undefined;
    const { files, mountPath } = args.config;
    const configMap = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata: { name: `${args.app}-config`, namespace: args.namespace, labels: labelsOf(args) }, data: files },
      { parent: this },
    );
    return {
      volume: { name: "config", configMap: { name: configMap.metadata.name } },
      mount: { name: "config", mountPath, readOnly: true },
      annotations: { "checksum/config": digest(files) },
    };
  }

  private claim(name: string, args: MicroserviceArgs): Mount | undefined {
    if (args.volume === undefined) return undefined;
    const { claimName, mountPath, storage, name: volumeName } = args.volume;
    const made = claim(
      `${name}-storage`,
      { claimName, namespace: args.namespace, labels: labelsOf(args), storage },
      { parent: this, protect: args.dataProtection },
    );
    return {
      volume: { name: volumeName, persistentVolumeClaim: { claimName: made.metadata.name } },
      mount: { name: volumeName, mountPath },
      annotations: {},
    };
  }
}

/** A volume, where it goes, and the annotations that roll the pods with it. */
interface Mount {
  readonly volume: k8s.types.input.core.v1.Volume;
  readonly mount: k8s.types.input.core.v1.VolumeMount;
  readonly annotations: Readonly<Record<string, string>>;
}

function isMount(mount: Mount | undefined): mount is Mount {
  return mount !== undefined;
}

function podTemplate(
  args: MicroserviceArgs,
  account: k8s.core.v1.ServiceAccount,
  mounts: readonly Mount[],
): k8s.types.input.core.v1.PodTemplateSpec {
  const env = { ...args.environment, ...args.env };
  const annotations: Readonly<Record<string, pulumi.Input<string>>> = {
    ...Object.fromEntries(mounts.flatMap((mount) => Object.entries(mount.annotations))),
    ...secretsAnnotation(env),
  };
  return {
    metadata: {
      labels: workloadLabels(args, imageVersion(args.image)),
      annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
    },
    spec: {
      serviceAccountName: account.metadata.name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: pullSecrets(args.images),
      nodeSelector: args.nodeSelector,
      terminationGracePeriodSeconds: args.shutdown && durationSeconds(args.shutdown.gracePeriod),
      containers: [
        {
          name: args.container,
          image: imageName(args.image, args.images),
          imagePullPolicy: "IfNotPresent",
          ports: containerPorts(args.ports),
          env: envList(env),
          ...args.probes,
          lifecycle: preStop(args.shutdown),
          resources: containerResources(args.resources),
          volumeMounts: unlessEmpty(mounts.map(({ mount }) => mount)),
        },
      ],
      volumes: unlessEmpty(mounts.map(({ volume }) => volume)),
    },
  };
}

/** A pod that ends is still sent requests for a moment; it waits with its end until they have stopped. */
function preStop(shutdown: ServiceSettings["shutdown"]): k8s.types.input.core.v1.Lifecycle | undefined {
  return shutdown && { preStop: { sleep: { seconds: durationSeconds(shutdown.delay) ?? 0 } } };
}

/** Writable folders that go with the pod. */
function scratchMounts({ scratch = {} }: ServiceSettings): Mount[] {
  return Object.entries(scratch).map(([mountPath, sizeLimit], index) => ({
    volume: { name: `scratch-${String(index)}`, emptyDir: { sizeLimit } },
    mount: { name: `scratch-${String(index)}`, mountPath },
    annotations: {},
  }));
}

/** Built from names alone: an address taken from the Service would drag whoever uses it into its replacement. */
function endpoint({ app, namespace, ports }: MicroserviceArgs): Pick<Endpoint, "host" | "ports" | "url"> {
  const host = pulumi.interpolate`${app}.${namespace}`;
  return { host, ports, url: pulumi.interpolate`http://${host}:${String(mainPort(ports))}` };
}
