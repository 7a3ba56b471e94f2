/** Who calls whom by the environment and the arguments of the pods: what the traffic table is held against. */
import { kubernetesObjects } from "../../tools/recording/recording";
import type { KubernetesObject, Recording } from "../../tools/recording/recording";
import type { TrafficTable } from "../../kubernetes/traffic";
import { podTemplate } from "./pods";

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

/** One sentence for every URL in a pod's environment without an edge, and for every edge that no environment uses. */
export function unlikeTable(recording: Recording, table: TrafficTable): string[] {
  const objects = kubernetesObjects(recording).map(({ object }) => object);
  const calls = new Set(objects.flatMap((object) => callsOf(object, objects)));
  const apps = objects.filter((object) => podTemplate(object) !== undefined).map(appOf);
  const edges = new Set(
    Object.entries(table).flatMap(([caller, row]) =>
      apps.includes(caller) ? Object.keys(row).map((callee) => `${caller} calls ${callee}`) : [],
    ),
  );
  return [
    ...[...calls].filter((call) => !edges.has(call)).map((call) => `${call}, and no edge says so`),
    ...[...edges].filter((edge) => !calls.has(edge)).map((edge) => `${edge} by the table, and by no environment`),
  ].sort();
}

function callsOf(object: KubernetesObject, objects: readonly KubernetesObject[]): string[] {
  const containers = podTemplate(object)?.spec.containers ?? [];
  // what has no environment of its own is told on its command line
  const said = containers.flatMap(({ args = [] }) => args.map((value) => ({ name: "", value })));
  const variables = [...containers.flatMap(({ env = [] }) => env as readonly Variable[]), ...said];
  const called = variables.flatMap(({ name, value, valueFrom }: Variable) => {
    if (name.endsWith("_API_KEY")) return ["providers"];
    const text = value ?? secretValue(objects, valueFrom) ?? "";
    const host = name.endsWith("_HOST") ? text : /^[a-z]+:\/\/(?:[^@/]*@)?([^:/]+)/.exec(text)?.[1];
    return host === undefined ? [] : [behind(host, objects)];
  });
  return [...new Set(called)].map((callee) => `${appOf(object)} calls ${callee}`);
}

function secretValue(objects: readonly KubernetesObject[], from: Variable["valueFrom"]): string | undefined {
  const ref = from?.secretKeyRef;
  const secret = objects.find(({ kind, metadata }) => kind === "Secret" && metadata.name === ref?.name);
  return (secret?.stringData as Record<string, string> | undefined)?.[ref?.key ?? ""];
}

/** The app behind a Service's host name. */
function behind(host: string, objects: readonly KubernetesObject[]): string {
  const [service] = host.split(".");
  const found = objects.find(({ kind, metadata }) => kind === "Service" && metadata.name === service);
  return found === undefined ? `the unknown host ${host}` : appOf(found);
}

/** An object's app as the table names it: `vapora-llm-router` is `llmRouter`. */
function appOf({ metadata }: KubernetesObject): string {
  const { app = "" } = metadata.labels as unknown as Readonly<Record<string, string>>;
  return app.replace(/^vapora-/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
