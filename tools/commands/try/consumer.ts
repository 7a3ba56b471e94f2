/** The example of a consumer: another stack, deployed after the platform whose outputs it reads. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { record } from "../../recording/record";
import type { Recording } from "../../recording/recording";
import type { Deployment } from "./deployment";
import { deployStack, removeStack } from "./engine";
import { kubectl } from "../../cluster/kubectl";
import { buildOutputs } from "./outputs-package";
import type { Pulumi } from "../../pulumi/built";

type Config = Readonly<Record<string, unknown>>;

/** The stack of examples/consumer. */
const STACK = "dev";
const PROJECT = "vapora-smoke-test";

/** Namespace the consumer of a platform's stack makes: two of them may be tried beside each other. */
export function consumerNamespace(stack: string): string {
  return `smoke-test-${stack}`;
}

/** The config of a platform's stack that lets its consumer in, beside other clients. */
export function lettingConsumerIn(config: Config, stack: string): Config {
  const network = config["vapora:network"] as
    { readonly clients?: { readonly backend?: readonly string[] } } | undefined;
  const backend = [...new Set([...(network?.clients?.backend ?? []), consumerNamespace(stack)])];
  return { ...config, "vapora:network": { ...network, clients: { ...network?.clients, backend } } };
}

/** Folder of the consumer's program. */
export function consumerRoot(root: string): string {
  return join(root, "examples", "consumer");
}

/** What the consumer registers beside a platform. */
export function recordConsumer(root: string, platform: Recording, signal?: AbortSignal): Promise<Recording> {
  const name = platformName(platform);
  return record(STACK, {
    root: consumerRoot(root),
    config: { [`${PROJECT}:platform`]: name, [`${PROJECT}:namespace`]: consumerNamespace(platform.stack) },
    references: { [name]: platform },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Deploys the consumer beside its platform, and gives what it consists of, as kubectl shows it. */
export async function deployConsumer(
  pulumi: Pulumi,
  platform: Pick<Deployment, "root" | "cluster" | "isOwn" | "folder" | "recording" | "progress" | "signal">,
): Promise<string> {
  const { root, cluster, signal } = platform;
  // its program loads the package as everybody's does: built
  await buildOutputs(root, signal);
  const { kubeconfig, context } = cluster;
  const namespace = consumerNamespace(platform.recording.stack);
  const config = {
    platform: platformName(platform.recording),
    namespace,
    kubeconfig,
    ...(context === undefined ? {} : { context }),
  };
  await deployStack(pulumi, {
    ...platform,
    ...placeOf(platform),
    secrets: {},
    config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`${PROJECT}:${key}`, value])),
    recording: await recordConsumer(root, platform.recording, signal),
  });
  return kubectl(cluster, ["get", "cronjobs,networkpolicies", "--namespace", namespace], { signal });
}

/** Takes the consumer off the cluster, if it was deployed beside this platform. */
export async function removeConsumer(pulumi: Pulumi, platform: Parameters<typeof removeStack>[1]): Promise<void> {
  const place = placeOf(platform);
  if (existsSync(place.folder)) await removeStack(pulumi, { ...platform, ...place });
}

/** Its own project and memory; its state lies beside the platform's, where a StackReference finds that. */
function placeOf({
  root,
  folder,
}: Pick<Deployment, "root" | "folder">): Required<Pick<Deployment, "root" | "stack" | "folder" | "state">> {
  return { root: consumerRoot(root), stack: STACK, folder: join(folder, "consumer"), state: join(folder, "state") };
}

/** Full name of a stack whose state is kept in files. */
function platformName({ project, stack }: Recording): string {
  return `organization/${project}/${stack}`;
}
