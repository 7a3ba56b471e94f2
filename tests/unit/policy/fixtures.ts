/** Resources for the rules: some that keep to all of them, and some that break one. */
import type { Subject } from "../../../policy/typed-objects";
import type { Json } from "../../../tools/recording/recording";

type Mapping = Record<string, Json>;

/** Stands wherever a fixture needs a secret; no message may show it. */
export const HIDDEN = "hunter2-made-up";

/** A Kubernetes resource that makes the object. */
export function resource(object: Mapping, options: Subject["options"] = {}): Subject {
  const { apiVersion, kind, metadata } = object as { apiVersion: string; kind: string; metadata: { name: string } };
  const version = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  const type = `kubernetes:${version}:${kind}`;
  return { urn: `urn:pulumi:test::test::${type}::${metadata.name}`, type, inputs: object, options };
}

/** A generated password. */
export function password(name: string, options: Subject["options"] = {}): Subject {
  const type = "random:index/randomPassword:RandomPassword";
  return { urn: `urn:pulumi:test::test::${type}::${name}`, type, inputs: { length: 32 }, options };
}

export function object(apiVersion: string, kind: string, name: string, more: Mapping = {}): Mapping {
  return { apiVersion, kind, metadata: { name, ...(kind === "Namespace" ? {} : { namespace: "space" }) }, ...more };
}

/** A container and a pod that keep to every rule, with changes. */
export function container(changes: Mapping = {}): Mapping {
  return {
    name: "web",
    image: "docker.io/vapora/web:1.2.3",
    env: [{ name: "LLM_MAX_TOKENS", value: "4096" }],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    ...changes,
  };
}

export function pod(changes: Mapping = {}): Mapping {
  return {
    serviceAccountName: "web",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10001,
      runAsGroup: 10001,
      fsGroup: 10001,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [container()],
    volumes: [{ name: "scratch", emptyDir: { sizeLimit: "64Mi" } }],
    ...changes,
  };
}

/** A workload over a pod, with changes of its spec. */
export function workload(kind: string, spec: Mapping = pod(), more: Mapping = {}): Subject {
  const template = { metadata: { labels: { app: "web" } }, spec };
  return resource(
    object("apps/v1", kind, "web", { spec: { selector: { matchLabels: { app: "web" } }, template, ...more } }),
  );
}

export function claim(name: string, accessMode: string, options: Subject["options"] = {}): Subject {
  return resource(object("v1", "PersistentVolumeClaim", name, { spec: { accessModes: [accessMode] } }), options);
}

/** A pod that mounts a claim. */
export function podWithClaim(claimName: string): Mapping {
  return pod({ volumes: [{ name: "data", persistentVolumeClaim: { claimName } }] });
}

const namespace = resource(object("v1", "Namespace", "space"));
const account = resource(object("v1", "ServiceAccount", "web"));
const service = (spec: Mapping): Subject =>
  resource(
    object("v1", "Service", "web", {
      spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80 }], ...spec },
    }),
  );
const recreate = { replicas: 1, strategy: { type: "Recreate" } };

/** A stack that keeps to every rule. */
export const whole: readonly Subject[] = [namespace, account, service({ type: "ClusterIP" }), workload("Deployment")];

/** By rule, a stack it passes and one it refuses, with the object the message names. */
export const FIXTURES: Readonly<Record<string, { pass: readonly Subject[]; fail: readonly Subject[]; names: string }>> =
  {
    "no-literal-secrets": {
      pass: [
        resource(object("v1", "Secret", "login", { stringData: { password: HIDDEN } })),
        workload(
          "Deployment",
          pod({
            containers: [
              container({
                env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "login", key: "password" } } }],
              }),
            ],
          }),
        ),
      ],
      fail: [
        workload("Deployment", pod({ containers: [container({ env: [{ name: "DB_PASSWORD", value: HIDDEN }] })] })),
      ],
      names: "Deployment web",
    },
    "restricted-security": {
      pass: [workload("StatefulSet", podWithClaim("data"))],
      fail: [workload("StatefulSet", pod({ initContainers: [container({ name: "init", securityContext: {} })] }))],
      names: "StatefulSet web",
    },
    "pinned-images": {
      pass: [
        workload("Deployment", pod({ containers: [container({ image: `vapora/web@sha256:${"0".repeat(64)}` })] })),
      ],
      fail: [workload("Deployment", pod({ containers: [container({ image: "registry.example.com:5000/web" })] }))],
      names: "Deployment web",
    },
    "registry-allow-list": {
      pass: [workload("Deployment", pod({ containers: [container({ image: "nats:2.15.2" })] }))],
      fail: [workload("Deployment", pod({ containers: [container({ image: "docker.io/vapora.example.com/web:1" })] }))],
      names: "Deployment web",
    },
    "no-public-service-without-tls": {
      pass: [
        service({ type: "ClusterIP" }),
        resource(
          object("networking.k8s.io/v1", "Ingress", "web", {
            spec: { rules: [{ host: "a.example.com" }], tls: [{ hosts: ["*.example.com"] }] },
          }),
        ),
        resource(
          object("gateway.networking.k8s.io/v1", "HTTPRoute", "web", {
            spec: { parentRefs: [{ name: "public", sectionName: "https" }] },
          }),
        ),
      ],
      fail: [service({ type: "LoadBalancer" })],
      names: "Service web",
    },
    "no-shared-read-write-once": {
      pass: [claim("data", "ReadWriteMany"), workload("Deployment", podWithClaim("data"), { replicas: 3 })],
      fail: [
        claim("data", "ReadWriteOnce"),
        workload("Deployment", podWithClaim("data"), { ...recreate, replicas: 2 }),
      ],
      names: "Deployment web",
    },
    "references-resolve": {
      pass: whole,
      fail: whole.filter((made) => made !== account),
      names: "Deployment web",
    },
    "data-protected": {
      pass: [claim("data", "ReadWriteOnce", { protect: true }), password("seed", { protect: true })],
      fail: [claim("data", "ReadWriteOnce", { protect: true }), password("seed")],
      names: "RandomPassword seed",
    },
  };
