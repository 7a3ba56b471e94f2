import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { auditArguments, auditedRequests } from "../../tools/commands/test/audit";
import type { AuditedRequest } from "../../tools/commands/test/audit";
import { startControlPlane, stopControlPlane } from "../../tools/cluster/control-plane";
import type { ControlPlane } from "../../tools/cluster/control-plane";
import { installDefinitions } from "../../tools/cluster/definitions";
import { diagnose } from "../../tools/commands/doctor";
import { kubectl, tryKubectl } from "../../tools/cluster/kubectl";
import { sleep } from "../../tools/shared/processes";
import { asDeployer, grantDeployer } from "../../tools/cluster/role";
import { everyOption } from "../../tools/commands/scan/scan-stacks";
import { testClusterFolder } from "../../tools/commands/test/with-cluster";
import { builtTools } from "../../tools/cluster/go-tools";
import { projectRoot } from "../../tools/recording/project";
import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { TestStack } from "../support/engine";

jest.setTimeout(CLUSTER_TIMEOUT);

/** What the doctor asks for beyond the deployer's rights, and says that it may not. */
const BEYOND = ["list ingressclasses.networking.k8s.io", "list nodes", "list storageclasses.storage.k8s.io"];

interface Role {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

const right = ({ verb, group, resource }: Omit<AuditedRequest, "code">): string =>
  `${verb} ${resource}${group === "" ? "" : `.${group}`}`;

/** Every right that deploy/deployer.yaml grants. */
function granted(): string[] {
  const documents = parseAllDocuments(readFileSync(join(projectRoot(), "deploy", "deployer.yaml"), "utf8"));
  const rules = documents.flatMap((document) => (document.toJS() as Role).rules);
  const rights = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => right({ verb, group, resource }))),
    ),
  );
  return [...new Set(rights)].sort();
}

// a control plane of its own, which notes every request; its informers have to list, as on one without streamed lists
describeWithEngine(
  "what a deployer asks the API server for, with every kind of object",
  (_, pulumi) => {
    const root = projectRoot();
    const folder = testClusterFolder(root);
    const options = {
      ...everyOption(root),
      "vapora:dataProtection": false,
      "vapora:redis": {
        external: {
          ...{ host: "redis.example.com", port: 6380, tls: true, ranges: ["10.20.0.0/16"] },
          url: { externalSecret: { store: "vault", remoteKey: "vapora/redis", property: "url", version: "1" } },
        },
      },
    };
    let cluster: ControlPlane;
    let requests: AuditedRequest[];

    beforeAll(async () => {
      const notes = [...auditArguments(folder, "deployer"), "--feature-gates=WatchList=false"];
      cluster = await startControlPlane(folder, builtTools(root), { apiServerArguments: notes });
      await grantDeployer(root, cluster);
      await installDefinitions(cluster, root, ["HTTPRoute", "ExternalSecret"]);
      await kubectl(cluster, ["label", "nodes", "--all", "--overwrite", "workload=vapora"]);

      const first = stack("first");
      await Promise.all([first.up(), publishIngress(first.namespace)]);
      const { kubeconfig } = asDeployer(cluster);
      const target = {
        "vapora:namespace": { name: first.namespace },
        "vapora:cluster": { identifier: "first", kubeconfig },
      };
      await diagnose({ root, stack: "prod", config: { ...options, ...target }, signal: new AbortController().signal });
      // its state is lost, so another one takes over and changes what is there
      const second = stack("second", { "vapora:namespace": { name: first.namespace } });
      await second.takeOver();
      await second.destroy();
      requests = auditedRequests(folder);
    });

    afterAll(async () => {
      await stopControlPlane(folder);
    });

    function stack(name: string, config = {}): TestStack {
      const made = new TestStack(cluster, pulumi, "prod", name, { ...options, ...config });
      const keys = ["claudeApiKey", "openaiApiKey", "geminiApiKey"];
      made.setSecrets(Object.fromEntries(keys.map((key) => [`vapora:${key}`, `made-up-${key}`])));
      return made;
    }

    /** What an ingress controller does, for which a deployment waits. */
    async function publishIngress(namespace: string): Promise<void> {
      const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } });
      const patch = ["--namespace", namespace, "--subresource=status", "--type=merge", "--patch", status];
      while ((await tryKubectl(cluster, ["patch", "ingress", "vapora-frontend", ...patch])).code !== 0)
        await sleep(500);
    }

    it("is allowed, but for what only the doctor would like to know", () => {
      expect(requests.length).toBeGreaterThan(300);
      const refused = requests.filter(({ code }) => code === 401 || code === 403).map(right);
      expect([...new Set(refused)].sort()).toEqual(BEYOND);
    });

    it("is every right of deploy/deployer.yaml: none is granted that nobody uses", () => {
      const used = new Set(requests.map(right));
      expect(granted().length).toBeGreaterThan(90);
      expect(granted().filter((one) => !used.has(one))).toEqual([]);
    });
  },
  "takes over what exists when told to",
);
