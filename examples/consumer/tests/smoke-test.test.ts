import * as pulumi from "@pulumi/pulumi";
import { mockOutputs, mockVapora } from "@vapora/infrastructure-outputs";
import { SmokeTest } from "../smoke-test";

interface Made {
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

let made: Made[] = [];

/** Runs something against a VAPORA stack with these outputs, and gives what it made by type. */
async function run(
  overrides: Parameters<typeof mockVapora>[0],
  program: () => unknown,
): Promise<Readonly<Record<string, unknown>>> {
  made = [];
  await pulumi.runtime.setMocks(
    mockVapora(overrides, {
      newResource: ({ name, type, inputs }) => {
        made.push({ type, inputs: inputs as Made["inputs"] });
        return { id: name, state: inputs as Made["inputs"] };
      },
    }),
    "vapora-smoke-test",
    "test",
  );
  await program();
  await pulumi.runtime.disconnect();
  return Object.fromEntries(made.map(({ type, inputs }): [string, unknown] => [kindOf(type), inputs.spec ?? inputs]));
}

function kindOf(type: string): string {
  return type.split(":").at(-1) ?? "";
}

interface Pod {
  readonly spec: {
    readonly containers: readonly { readonly args: readonly string[] }[];
    readonly securityContext: object;
  };
}

function podOf({ CronJob }: Readonly<Record<string, unknown>>): Pod {
  return (CronJob as { jobTemplate: { spec: { template: Pod } } }).jobTemplate.spec.template;
}

function egressOf({ NetworkPolicy }: Readonly<Record<string, unknown>>): unknown[] {
  return (NetworkPolicy as { egress: unknown[] }).egress;
}

function toNamespace(name: string, ...ports: readonly [protocol: string, port: number][]): object {
  return {
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } }],
    ports: ports.map(([protocol, port]) => ({ protocol, port })),
  };
}

const DNS = toNamespace("kube-system", ["UDP", 53], ["TCP", 53]);

describe("the smoke test", () => {
  test("asks the backend of the platform it is told, in the cluster of that platform", async () => {
    pulumi.runtime.setAllConfig({ "vapora-smoke-test:platform": "acme/vapora/prod" });
    const resources = await run({ clusterIdentifier: "blue" }, () => import("../index"));
    expect(podOf(resources).spec.containers[0]?.args.at(-1)).toBe(
      "http://vapora-backend.vapora-system:8080/api/v1/ready",
    );
    expect(resources.kubernetes).toMatchObject({ clusterIdentifier: "blue" });
  });

  test("follows the platform to another port and namespace, with what it may reach", async () => {
    const { backend } = mockOutputs({ namespace: "vapora-blue", backend: { service: { ports: { http: 8081 } } } });
    const resources = await run({}, () => new SmokeTest("test", { namespace: "smoke-test", service: backend.service }));
    expect(podOf(resources).spec.containers[0]?.args.at(-1)).toBe(
      "http://vapora-backend.vapora-blue:8081/api/v1/ready",
    );
    expect(egressOf(resources)).toEqual([toNamespace("vapora-blue", ["TCP", 8081]), DNS]);
  });

  test("reaches the backend and DNS, and lets nobody in", async () => {
    const { backend } = mockOutputs();
    const resources = await run({}, () => new SmokeTest("test", { namespace: "smoke-test", service: backend.service }));
    expect(egressOf(resources)).toEqual([toNamespace("vapora-system", ["TCP", 8080]), DNS]);
    expect(resources.NetworkPolicy).toMatchObject({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    expect(resources.NetworkPolicy).not.toHaveProperty("ingress");
  });
});
