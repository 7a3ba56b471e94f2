import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceOutput } from "@vapora/infrastructure-outputs";

/** Holds curl, and runs as any user. */
const IMAGE = "docker.io/curlimages/curl:8.11.1";
/** Path that answers with 200 once the backend can take work. */
const READY_PATH = "/api/v1/ready";
const APP = "smoke-test";

export interface SmokeTestArgs {
  /** Namespace to make for it. The platform's stack lets it in by this name: `network.clients.backend`. */
  readonly namespace: string;
  /** The service to test, as the platform's stack tells it. */
  readonly service: pulumi.Input<ServiceOutput["service"]>;
  /** When, in UTC. @default 0 3 * * * */
  readonly schedule?: string;
}

/** A namespace with a CronJob that asks a service whether it is ready, and that reaches nothing else. */
export class SmokeTest extends pulumi.ComponentResource {
  public constructor(name: string, args: SmokeTestArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora-smoke-test:index:SmokeTest", name, {}, opts);
    const service = pulumi.output(args.service);
    const namespace = new k8s.core.v1.Namespace(
      name,
      { metadata: { name: args.namespace, labels: { ...LABELS, ...RESTRICTED } } },
      { parent: this },
    );
    const metadata = { name: APP, namespace: namespace.metadata.name, labels: LABELS };
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-network`,
      {
        metadata,
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], egress: [toService(service), toDns()] },
      },
      { parent: this },
    );
    new k8s.batch.v1.CronJob(
      name,
      {
        metadata,
        spec: {
          schedule: args.schedule ?? "0 3 * * *",
          timeZone: "Etc/UTC",
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 3600,
          jobTemplate: {
            metadata: { labels: LABELS },
            spec: { backoffLimit: 2, activeDeadlineSeconds: 300, template: pod(service.url, account.metadata.name) },
          },
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

const LABELS = {
  app: APP,
  "app.kubernetes.io/name": APP,
  "app.kubernetes.io/instance": APP,
  "app.kubernetes.io/managed-by": "pulumi",
};

/** The API server refuses whatever may do more than it must. */
const RESTRICTED = Object.fromEntries(
  ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
);

function pod(
  url: pulumi.Output<string>,
  serviceAccountName: pulumi.Output<string>,
): k8s.types.input.core.v1.PodTemplateSpec {
  return {
    metadata: { labels: LABELS },
    spec: {
      serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: "Never",
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "curl",
          image: IMAGE,
          imagePullPolicy: "IfNotPresent",
          command: ["curl"],
          args: [
            "--fail",
            "--silent",
            "--show-error",
            "--max-time",
            "10",
            "--retry",
            "5",
            pulumi.interpolate`${url}${READY_PATH}`,
          ],
          resources: {
            requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "16Mi" },
            limits: { cpu: "100m", memory: "64Mi", "ephemeral-storage": "16Mi" },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}

/** The port of the URL in the service's namespace. */
function toService(
  service: pulumi.Output<ServiceOutput["service"]>,
): k8s.types.input.networking.v1.NetworkPolicyEgressRule {
  return {
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": service.namespace } } }],
    ports: [{ protocol: "TCP", port: service.url.apply((url) => Number(new URL(url).port)) }],
  };
}

function toDns(): k8s.types.input.networking.v1.NetworkPolicyEgressRule {
  return {
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
    ports: ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 })),
  };
}
