/** A VAPORA stack for the tests of other stacks. */
import type * as pulumi from "@pulumi/pulumi";
import { CONTRACT_VERSION, ofServices, SERVICES } from "./declaration";
import type { DataServiceOutput, SecretReference, ServiceOutput, VaporaOutputs } from "./declaration";
import { contractFault } from "./reader";

/** Some of an object's fields, at any depth. A list is given whole; a field that is undefined is taken away. */
export type Some<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Some<T[K]> | undefined }
    : T;

type Ports = ServiceOutput["service"]["ports"];

/**
 * Outputs of a VAPORA stack: valid ones, with what a test overrides in their place. Host names and URLs follow the
 * namespace, names and ports unless they are overridden themselves.
 * @throws Error if the result is not what the contract allows.
 */
export function mockOutputs(overrides: Some<VaporaOutputs> = {}): VaporaOutputs {
  const namespace = overrides.namespace ?? "vapora-system";
  const store = (name: string, port: number): DataServiceOutput => ({
    host: `${name}-0.${namespace}`,
    port,
    ranges: [],
  });
  const key = (name: string): SecretReference => ({ name: "vapora-secrets", key: name });
  const outputs: VaporaOutputs = {
    contractVersion: CONTRACT_VERSION,
    clusterIdentifier: "vapora-test",
    namespace,
    ...ofServices((name) => service(SERVICES[name], namespace, overrides[name])),
    nats: store("nats", 4222),
    redis: store("redis", 6379),
    surrealdb: store("surrealdb", 8000),
    secrets: { databaseUrl: key("database-url"), claudeApiKey: key("claude-api-key") },
  };
  const merged = merge(outputs, overrides) as Readonly<Record<string, unknown>>;
  const fault = contractFault("mock", merged);
  if (fault !== undefined) throw new Error(fault);
  return merged as unknown as VaporaOutputs;
}

/**
 * Mocks for `pulumi.runtime.setMocks`: every stack a program refers to is a VAPORA stack with `mockOutputs(overrides)`.
 * @param others answers for all other resources and for function calls. By default a resource has its inputs as
 *   outputs, and a function gives nothing.
 */
export function mockVapora(
  overrides: Some<VaporaOutputs> = {},
  others: Partial<pulumi.runtime.Mocks> = {},
): pulumi.runtime.Mocks {
  const outputs = mockOutputs(overrides);
  return {
    newResource: (args) => {
      const inputs = args.inputs as Readonly<Record<string, unknown>>;
      if (args.type === "pulumi:pulumi:StackReference") {
        return { id: String(inputs.name), state: { name: inputs.name, outputs, secretOutputNames: [] } };
      }
      return others.newResource?.(args) ?? { id: args.name, state: inputs };
    },
    call: (args) => others.call?.(args) ?? {},
  };
}

function service(
  { app, ports: defaultPorts }: { readonly app: string; readonly ports: Ports },
  inNamespace: string,
  { deployment, service: changed }: Some<ServiceOutput> = {},
): ServiceOutput {
  const name = changed?.name ?? `vapora-${app}`;
  const namespace = changed?.namespace ?? inNamespace;
  const host = changed?.host ?? `${name}.${namespace}`;
  const ports = merge(defaultPorts, changed?.ports ?? {}) as Ports;
  const count = deployment?.autoscaling === undefined ? { replicas: 2 } : {};
  return {
    deployment: { kind: "Deployment", name, namespace, image: `vapora/${app}:0.2.0`, ...count },
    service: { name, namespace, host, ports, url: `http://${host}:${String(Object.values(ports)[0])}` },
  };
}

/** Fields of `some` in place of those of `whole`. */
function merge(whole: unknown, some: unknown): unknown {
  if (!isObject(whole) || !isObject(some)) return some;
  const entries = [...new Set([...Object.keys(whole), ...Object.keys(some)])].map((key): [string, unknown] => [
    key,
    key in some ? merge(whole[key], some[key]) : whole[key],
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
