/** The stores as a stack renders them, one pod of each. */
import type { Server } from "../../../tools/commands/test/servers";
import type { KubernetesObject } from "../../../tools/recording/recording";
import { objectNamed, objectsOf } from "../recordings";
import { versionOf } from "./images";
import type { Kubelet } from "./kubelet";
import { describeWithServers, serverVersion } from "./machine";
import { PodNetwork } from "./network";
import { fixtureStack } from "../stacks";

/** By the name of its StatefulSet, the server of a store. */
export const STORES = { surrealdb: "surreal", nats: "nats-server", redis: "redis-server" } as const;

type StoreName = keyof typeof STORES;

/** A store that runs, and the recording it comes from. */
export interface RunningStore {
  readonly pod: Kubelet;
  readonly network: PodNetwork;
  readonly objects: readonly KubernetesObject[];
}

/** A block of tests of one pod of a store, which is ready before the first. Its title names a server of another version. */
export function describeStore(name: StoreName, stack: string, body: (store: () => RunningStore) => void): void {
  describeWithServers(titleOf(name, stack), [STORES[name]], () => {
    let running: RunningStore | undefined;

    beforeAll(async () => {
      const objects = await objectsOf(stack);
      const network = await PodNetwork.create();
      const pod = await network.run(objectNamed(objects, "StatefulSet", name), { objects });
      running = { pod, network, objects };
      await pod.untilReady(120_000);
    });

    afterAll(() => running?.network.close());

    body(() => {
      if (running === undefined) throw new Error(`${name} of ${stack} has not started`);
      return running;
    });
  });
}

function titleOf(name: StoreName, stack: string): string {
  const server: Server = STORES[name];
  const { config, project } = fixtureStack(stack);
  const { image = "" } = config[`${project}:${name}`] as { readonly image?: string };
  const [wanted, found] = [versionOf(image), serverVersion(server)];
  return found === undefined || found === wanted ? name : `${name} (${found} for the image's ${wanted})`;
}
