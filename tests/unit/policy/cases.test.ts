import { tlsListener } from "../../../config/schema/values";
import type { Json } from "../../../tools/recording/recording";
import { assignedCredentials, isCredential } from "../../../policy/looks-like-credential";
import { parseImage, qualified } from "../../../policy/allowed-images";
import type { Subject } from "../../../policy/typed-objects";
import { violations } from "../../../policy/policy-rule";
import { RULES } from "../../../policy/all-rules";
import { policySettings } from "../../../policy/pack-settings";
import { claim, container, HIDDEN, object, password, pod, podWithClaim, resource, workload } from "./fixtures";

type Mapping = Record<string, Json>;

/** Facts a rule finds, without its reasons. */
function facts(name: string, resources: readonly Subject[], settings = policySettings()): string[] {
  const rules = RULES.filter((rule) => rule.name === name);
  return violations(rules, resources, settings).map(
    ({ message }) => message.split(". ")[0]?.slice(name.length + 2) ?? "",
  );
}

describe("restricted-security", () => {
  const OPEN: [fact: string, changed: Mapping][] = [
    ["may run as root", { runAsNonRoot: false }],
    ["runs with a low or unknown user id", { runAsUser: 10000 }],
    ["runs with a low or unknown group id", { runAsGroup: 0 }],
    ["may gain privileges", { allowPrivilegeEscalation: true }],
    ["keeps capabilities", { capabilities: { drop: ["NET_RAW"] } }],
    ["keeps capabilities", { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }],
    ["has not the default system call filter", { seccompProfile: { type: "Unconfined" } }],
    ["can change its image's files", { readOnlyRootFilesystem: false }],
    ["is privileged", { privileged: true }],
    ["sees an unmasked /proc", { procMount: "Unmasked" }],
    ["switches AppArmor off", { appArmorProfile: { type: "Unconfined" } }],
    ["runs as a process of the node", { windowsOptions: { hostProcess: true } }],
  ];

  test.each(OPEN)("finds that a container %s: %j", (fact, changed) => {
    const { securityContext } = container();
    const open = container({ name: "open", securityContext: { ...(securityContext as Mapping), ...changed } });
    const where = `Deployment web ${fact} in container open`;
    expect(facts("restricted-security", [workload("Deployment", pod({ containers: [container(), open] }))])).toEqual([
      where,
    ]);
    expect(facts("restricted-security", [workload("Deployment", pod({ initContainers: [open] }))])).toEqual([where]);
  });

  const security = pod().securityContext as Mapping;
  test.each([
    ["mounts a service account token", { automountServiceAccountToken: null }],
    ["gets environment variables for every Service", { enableServiceLinks: null }],
    ["uses the node's network", { hostNetwork: true }],
    ["sees the node's processes", { hostPID: true }],
    ["uses the node's inter-process communication", { hostIPC: true }],
    ["sets kernel parameters", { securityContext: { ...security, sysctls: [{ name: "a", value: "1" }] } }],
    ["takes a port of the node in container web", { containers: [container({ ports: [{ hostPort: 80 }] })] }],
    [
      "mounts a part of the node, or a volume of a kind that is not allowed, as host",
      { volumes: [{ name: "host", hostPath: { path: "/" } }] },
    ],
    ["has a folder without a limit, tmp", { volumes: [{ name: "tmp", emptyDir: {} }] }],
    [
      "mounts a claim its group cannot write to",
      { ...podWithClaim("data"), securityContext: { ...security, fsGroup: null } },
    ],
    [
      "has every file of a claim changed at each start",
      { ...podWithClaim("data"), securityContext: { ...security, fsGroupChangePolicy: "Always" } },
    ],
  ])("finds that a pod %s", (fact, changed) => {
    expect(facts("restricted-security", [workload("Deployment", pod(changed))])).toEqual([`Deployment web ${fact}`]);
  });
});

describe("no-literal-secrets", () => {
  test.each([
    ["DB_PASSWORD", HIDDEN],
    ["dbPassword", HIDDEN],
    ["SURREAL_PASS", HIDDEN],
    ["API_KEY", HIDDEN],
    ["OPENAI_APIKEY", HIDDEN],
    ["PASSWORD_PROD", HIDDEN],
    ["TOKEN", "12345678"],
    ["LLM_MAX_TOKENS", HIDDEN],
    ["TOKEN_URL", "https://user@example.com/"],
    ["NATS_URL", "nats://user:word@nats:4222"],
    ["ANYTHING", "sk-0123456789abcdef0123"],
    ["CERT", "-----BEGIN RSA PRIVATE KEY-----"],
  ])("takes %s with such a value for a credential", (name, value) => {
    expect(isCredential(name, value)).toBe(true);
  });

  test.each([
    ["LLM_MAX_TOKENS", "4096"],
    ["TOKEN_TTL", "15m"],
    ["REQUIRE_TOKEN", "true"],
    ["PASSWORD_FILE", "/run/secrets/password"],
    ["TOKEN_URL", "https://example.com/oauth/token"],
    ["TOKENIZER", "cl100k_base"],
    ["BYPASS_CACHE", "soon"],
    ["NATS_URL", "nats://nats-0.vapora-system:4222"],
    ["REDIS_PASSWORD", ""],
    ["PUBLIC_KEY_NAME", "main"],
  ])("takes %s=%s for none", (name, value) => {
    expect(isCredential(name, value)).toBe(false);
  });

  test.each([
    [`password = "${HIDDEN}"`, ["password"]],
    [`  "api_key": "${HIDDEN}",`, ["api_key"]],
    [`export DB_TOKEN='${HIDDEN}'`, ["DB_TOKEN"]],
    [`requirepass ${HIDDEN}`, ["requirepass"]],
    [`users = [ { user: a, password: ${HIDDEN} } ]`, ["password"]],
    ["url = redis://:word@redis:6379", ["url"]],
    ["password = $REDIS_PASSWORD", []],
    ["password = ${REDIS_PASSWORD}", []],
    ["max_tokens = 4096 # per answer", []],
    ["# password = x", []],
    ["tokens are counted: 5", []],
  ])("reads %j in a file", (text, names) => {
    expect(assignedCredentials(text)).toEqual(names);
  });

  test("looks into every container, command line and ConfigMap, and at what the program marks secret", () => {
    const secretEnv = container({ name: "init", env: [{ name: "API_TOKEN", value: HIDDEN }] });
    const typed = container({ args: ["--password", HIDDEN] });
    const joined = container({ command: ["serve", `--url=redis://a:${HIDDEN}@redis`] });
    const safe = container({ args: ["--password", "$(PASSWORD)"] });
    const config = object("v1", "ConfigMap", "config", {
      data: { token: HIDDEN, "app.toml": `secret = "${HIDDEN}"` },
      binaryData: { "b.toml": Buffer.from(`secret = "${HIDDEN}"`).toString("base64") },
    });
    const rule = "no-literal-secrets";
    expect(facts(rule, [workload("Deployment", pod({ initContainers: [secretEnv] }))])).toHaveLength(1);
    expect(facts(rule, [workload("Deployment", pod({ containers: [typed] }))])).toHaveLength(1);
    expect(facts(rule, [workload("Deployment", pod({ containers: [joined] }))])).toHaveLength(1);
    expect(facts(rule, [workload("Deployment", pod({ containers: [safe] }))])).toEqual([]);
    expect(facts(rule, [resource(config)])).toEqual([
      "ConfigMap config holds a credential under the key token",
      "ConfigMap config gives secret a literal credential in the file app.toml",
      "ConfigMap config gives secret a literal credential in the file b.toml",
    ]);
    expect(facts(rule, [{ ...workload("Deployment"), secretInputs: [["spec", "replicas"]] }])).toEqual([
      "Deployment web holds a value that is marked secret at spec.replicas",
    ]);
  });
});

describe("images", () => {
  test.each([
    ["nats", "docker.io/library/nats"],
    ["vapora/web:1", "docker.io/vapora/web:1"],
    ["localhost/web", "localhost/web"],
    ["registry:5000/web", "registry:5000/web"],
    ["registry.example.com/a/b@sha256:0", "registry.example.com/a/b@sha256:0"],
  ])("%s is %s in full", (image, full) => {
    expect(qualified(image)).toBe(full);
  });

  test("a registry's port is no tag", () => {
    expect(parseImage("registry:5000/web")).toEqual({ tag: undefined, digest: undefined });
    expect(parseImage("registry:5000/web:1@sha256:0")).toEqual({ tag: "1", digest: "sha256:0" });
  });

  test.each(["web", "web:latest", "web:stable", "web@sha256:0", ""])("%j is not pinned", (image) => {
    expect(facts("pinned-images", [workload("Deployment", pod({ containers: [container({ image })] }))])).toHaveLength(
      1,
    );
  });

  test("the allowed registries are a setting, and a prefix without its closing slash is refused", () => {
    const settings = policySettings({ registries: ["registry.example.com/team/"] });
    const from = (image: string): Subject[] => [workload("Deployment", pod({ containers: [container({ image })] }))];
    expect(facts("registry-allow-list", from("registry.example.com/team/web:1"), settings)).toEqual([]);
    expect(facts("registry-allow-list", from("registry.example.com/teams/web:1"), settings)).toHaveLength(1);
    expect(() => policySettings({ registries: ["registry.example.com"] })).toThrow("must end in '/'");
    expect(() => policySettings({ registries: [] })).toThrow();
  });
});

describe("no-public-service-without-tls", () => {
  const ingress = (spec: Mapping): Subject => resource(object("networking.k8s.io/v1", "Ingress", "web", { spec }));
  const route = (...parentRefs: Mapping[]): Subject =>
    resource(object("gateway.networking.k8s.io/v1", "HTTPRoute", "web", { spec: { parentRefs } }));
  const gateway = (protocol: string): Subject =>
    resource(
      object("gateway.networking.k8s.io/v1", "Gateway", "web", { spec: { listeners: [{ name: "a", protocol }] } }),
    );
  const service = (spec: Mapping): Subject => resource(object("v1", "Service", "web", { spec }));

  test.each([
    ["a NodePort", service({ type: "NodePort" })],
    ["a type that is not known", service({ type: "Other" })],
    ["an external address", service({ externalIPs: ["192.0.2.1"] })],
    ["an Ingress without TLS", ingress({ rules: [{ host: "a.example.com" }] })],
    [
      "an Ingress with TLS for another host",
      ingress({ rules: [{ host: "a.b.example.com" }], tls: [{ hosts: ["*.example.com"] }] }),
    ],
    ["an Ingress for any host", ingress({ rules: [{}], tls: [{ hosts: ["a.example.com"] }] })],
    ["an Ingress with a default backend", ingress({ defaultBackend: {}, tls: [{ hosts: ["a"] }] })],
    ["a route to every listener", route({ name: "public" })],
    [
      "a route to a plain listener too",
      route({ name: "public", sectionName: "https" }, { name: "public", sectionName: "http" }),
    ],
    ["a Gateway's plain listener", gateway("HTTP")],
  ])("refuses %s", (_, made) => {
    expect(facts("no-public-service-without-tls", [made])).toHaveLength(1);
  });

  test.each([
    ["a Service without a type", service({})],
    [
      "an Ingress with TLS for every host",
      ingress({ rules: [{ host: "a.example.com" }], tls: [{ hosts: ["a.example.com"] }] }),
    ],
    ["a route by port", route({ name: "public", port: 443 })],
    ["a Gateway with TLS", gateway("HTTPS")],
  ])("passes %s", (_, made) => {
    expect(facts("no-public-service-without-tls", [made])).toEqual([]);
  });

  test.each(["https", "tls", "https-api", "tls-1", "http", "web", "secure", "x-https"])(
    "passes a route to a listener named %s if config takes the name, else it does not",
    (sectionName) => {
      const found = facts("no-public-service-without-tls", [route({ name: "public", sectionName })]);
      expect(found).toHaveLength(tlsListener.safeParse(sectionName).success ? 0 : 1);
    },
  );
});

describe("no-shared-read-write-once", () => {
  const rule = "no-shared-read-write-once";
  const single = { replicas: 1, strategy: { type: "Recreate" } };
  const once = claim("data", "ReadWriteOnce");
  const deployment = (more: Mapping): Subject => workload("Deployment", podWithClaim("data"), more);
  const scaled = (maxReplicas: number): Subject =>
    resource(
      object("autoscaling/v2", "HorizontalPodAutoscaler", "web", {
        spec: { maxReplicas, scaleTargetRef: { kind: "Deployment", name: "web" } },
      }),
    );

  test.each([
    ["one replica that ends before the next one starts", [once, deployment(single)]],
    ["a rollout without surge", [once, deployment({ replicas: 1, strategy: { rollingUpdate: { maxSurge: 0 } } })]],
    ["a StatefulSet of one", [once, workload("StatefulSet", podWithClaim("data"), { replicas: 1 })]],
    ["a claim template", [workload("StatefulSet", pod(), { replicas: 3, volumeClaimTemplates: [{}] })]],
  ])("passes %s", (_, made) => {
    expect(facts(rule, made)).toEqual([]);
  });

  test.each([
    ["a rolling update", [once, deployment({ replicas: 1 })]],
    ["an autoscaler", [once, deployment({ strategy: { type: "Recreate" } }), scaled(2)]],
    ["a StatefulSet of three", [once, workload("StatefulSet", podWithClaim("data"), { replicas: 3 })]],
    ["a claim that is not in the stack", [deployment({ ...single, replicas: 2 })]],
    ["a DaemonSet", [once, workload("DaemonSet", podWithClaim("data"))]],
  ])("refuses %s", (_, made) => {
    expect(facts(rule, made)).toHaveLength(1);
  });

  test("refuses two workloads on one claim", () => {
    const statefulSet = workload("StatefulSet", podWithClaim("data"), { replicas: 1 });
    expect(facts(rule, [once, deployment(single), statefulSet])).toHaveLength(2);
  });
});

describe("data-protected", () => {
  const open = [claim("data", "ReadWriteOnce"), password("seed"), resource(object("v1", "Namespace", "space"))];
  const templates = workload("StatefulSet", pod(), { volumeClaimTemplates: [{}] });

  test("leaves a stack alone that protects nothing", () => {
    expect(facts("data-protected", [...open, templates])).toEqual([]);
  });

  test("wants all protected once anything is", () => {
    const found = facts("data-protected", [...open, templates, claim("other", "ReadWriteOnce", { protect: true })]);
    expect(found.map((fact) => fact.split(" holds")[0]).sort()).toEqual([
      "Namespace space",
      "PersistentVolumeClaim data",
      "RandomPassword seed",
      "StatefulSet web",
    ]);
  });

  test("does not take what is forgotten on deletion for protected", () => {
    expect(facts("data-protected", [claim("data", "ReadWriteOnce", { retainOnDelete: true })])).toHaveLength(1);
  });
});
