/** The pod of one of the five services. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Exposure } from "../config/schema/exposure";
import { CA_DIR } from "../config/schema/reserved";
import type { ServiceSettings } from "../config/schema/workloads";
import type { Identity } from "./labels";
import { spreadSpec } from "./placement";
import type { Platform } from "./platform";
import { podTemplate } from "./pod";
import type { Ports } from "./ports";
import type { Rollout } from "./rollout";
import { envList, secretsAnnotation } from "./secret-ref";
import type { Env } from "./secret-ref";
import type { Mount } from "./volumes";

/** What a component knows about its service's pod. */
export interface ServicePodArgs extends Platform, ServiceSettings, Identity {
  /** How it is reached from outside the cluster. @default - not at all */
  readonly exposure?: Exposure | undefined;
  /** Name of the container. */
  readonly container: string;
  /** Ports by name; the first is the one the URL points to. */
  readonly ports: Ports;
  /** Environment the service needs, in this order. */
  readonly environment: Env;
  readonly probes: Required<
    Pick<k8s.types.input.core.v1.Container, "startupProbe" | "livenessProbe" | "readinessProbe">
  >;
}

/** The pod template of a service. */
export function servicePod(
  args: ServicePodArgs,
  rollout: Rollout,
  serviceAccountName: pulumi.Input<string>,
  mounts: readonly Mount[],
): k8s.types.input.core.v1.PodTemplateSpec {
  const trust = trustEnv(args);
  const env = { ...args.environment, ...trust, ...args.env };
  return podTemplate({
    ...args,
    serviceAccountName,
    env: envList(env),
    // requests still arrive for a moment; the pod waits with its end until they have stopped
    preStop: { sleep: { seconds: rollout.preStopSeconds } },
    terminationGracePeriodSeconds: rollout.terminationGracePeriodSeconds,
    mounts,
    annotations: secretsAnnotation(env),
    spec: spreadSpec(args, rollout.kind === "Deployment" ? "pod-template-hash" : "controller-revision-hash"),
  });
}

/** Where programs that use OpenSSL's or Go's way find the CA bundle. */
export function trustEnv({ caBundle }: Pick<Platform, "caBundle">): Env {
  return caBundle === undefined ? {} : { SSL_CERT_FILE: `${CA_DIR}/${caBundle.key}` };
}

/** The CA bundle, mounted. */
export function caMounts({ caBundle }: Pick<Platform, "caBundle">): Mount[] {
  if (caBundle === undefined) return [];
  const { configMap, key } = caBundle;
  return [
    {
      volume: { name: "ca", configMap: { name: configMap, items: [{ key, path: key }] } },
      mount: { name: "ca", mountPath: CA_DIR, readOnly: true },
    },
  ];
}
