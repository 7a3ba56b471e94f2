/** The pod of every workload: one container, restricted, with an end that loses nothing. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Images } from "../config/schema/platform";
import type { WorkloadSettings } from "../config/schema/workloads";
import { imageName, imageVersion, pullSecrets } from "./images";
import { workloadLabels } from "./labels";
import type { Identity } from "./labels";
import { unlessEmpty } from "./lists";
import { placementSpec } from "./placement";
import { containerPorts } from "./ports";
import type { Ports } from "./ports";
import { containerResources } from "./resources";
import { CONTAINER_SECURITY, podSecurity } from "./security";
import type { Mount } from "./volumes";

type Container = k8s.types.input.core.v1.Container;

/** One pod. */
export interface PodArgs extends WorkloadSettings, Identity {
  readonly images: Images;
  /** Name of the container. */
  readonly container: string;
  readonly serviceAccountName: pulumi.Input<string>;
  /** @default - the image's own */
  readonly command?: readonly string[] | undefined;
  /** @default - the image's own */
  readonly args?: readonly pulumi.Input<string>[] | undefined;
  readonly env?: k8s.types.input.core.v1.EnvVar[] | undefined;
  /** @default {} */
  readonly ports?: Ports;
  /** @default - none */
  readonly probes?: Pick<Container, "startupProbe" | "livenessProbe" | "readinessProbe"> | undefined;
  /** @default - the process is told to end at once */
  readonly preStop?: k8s.types.input.core.v1.LifecycleHandler | undefined;
  /** @default - Kubernetes' own 30 */
  readonly terminationGracePeriodSeconds?: number | undefined;
  readonly mounts: readonly Mount[];
  /** Annotations that roll the pods, beside those of the mounts. @default - none */
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** The rest of the spec. @default - nothing more */
  readonly spec?: Partial<k8s.types.input.core.v1.PodSpec> | undefined;
}

/** The pod template of a workload. */
export function podTemplate(args: PodArgs): k8s.types.input.core.v1.PodTemplateSpec {
  const annotations = {
    ...evictable(args.mounts),
    ...args.podAnnotations,
    ...Object.fromEntries(args.mounts.flatMap((mount) => Object.entries(mount.annotations ?? {}))),
    ...args.annotations,
  };
  return {
    metadata: {
      labels: workloadLabels(args, imageVersion(args.image)),
      annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
    },
    spec: {
      serviceAccountName: args.serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      imagePullSecrets: pullSecrets(args.images),
      ...placementSpec(args),
      securityContext: podSecurity(args.runAs),
      terminationGracePeriodSeconds: args.terminationGracePeriodSeconds,
      containers: [container(args)],
      volumes: unlessEmpty(args.mounts.flatMap(({ volume }) => volume ?? [])),
      ...args.spec,
    },
  };
}

/** Folders that go with the pod hold nothing of value: the cluster's autoscaler may empty a node of such pods. */
function evictable(mounts: readonly Mount[]): Readonly<Record<string, string>> {
  const names = mounts.flatMap(({ volume, mount }) => (volume?.emptyDir === undefined ? [] : [mount.name as string]));
  return names.length === 0 ? {} : { "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": names.join(",") };
}

function container(args: PodArgs): Container {
  return {
    name: args.container,
    image: imageName(args.image, args.images),
    imagePullPolicy: "IfNotPresent",
    command: args.command && [...args.command],
    args: args.args && [...args.args],
    ports: unlessEmpty(containerPorts(args.ports ?? {})),
    env: args.env && unlessEmpty(args.env),
    ...args.probes,
    lifecycle: args.preStop && { preStop: args.preStop },
    resources: containerResources(args.resources, args.mounts),
    securityContext: CONTAINER_SECURITY,
    volumeMounts: unlessEmpty(args.mounts.map(({ mount }) => mount)),
  };
}
