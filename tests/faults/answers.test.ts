import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import { writePage } from "../support/fault-results";
import type { Fault, Write } from "../support/fault-proxy";
import { tryCreation } from "../support/faults";
import { FaultyStack, UP } from "../support/faulty-stack";

jest.setTimeout(20 * CLUSTER_TIMEOUT);

/** Every creation but that of the namespace, without which there would be none. */
const lost = ({ method, path }: Write): Fault | undefined =>
  method === "POST" && !path.endsWith("/namespaces") ? { kind: "lose" } : undefined;

/** Every third write. */
const third =
  (fault: Fault) =>
  ({ number }: Write): Fault | undefined =>
    number % 3 === 0 ? fault : undefined;

interface Case {
  readonly row: string;
  readonly decide: (write: Write) => Fault | undefined;
}

const CASES: readonly Case[] = [
  ...[1, 2, 3].map(() => ({ row: "the reply to every creation lost", decide: lost })),
  { row: "every third write answered with 429", decide: third({ kind: "answer", status: 429 }) },
  { row: "every third write answered with 500", decide: third({ kind: "answer", status: 500 }) },
  { row: "every third write answered with 503", decide: third({ kind: "answer", status: 503 }) },
  { row: "every third write cut off before it is done", decide: third({ kind: "cut" }) },
  { row: "every third write delayed by two seconds", decide: third({ kind: "delay", milliseconds: 2_000 }) },
];

describeWithEngine("an API server that misbehaves while pulumi creates", (cluster, pulumi) => {
  let stack: FaultyStack;

  beforeAll(async () => {
    stack = await FaultyStack.start(cluster, pulumi, "answers");
  });

  afterAll(async () => {
    await stack.remove();
    writePage();
  });

  test.each(CASES.map((about, index) => ({ ...about, series: `answers ${String(index)}` })))(
    "$row: recover and up bring what was wanted",
    async ({ row, decide, series }) => {
      const disturb = async (): Promise<{ write: { method: string; path: string }; faults: number }> => {
        let faults = 0;
        stack.proxy.expect((write) => {
          const fault = decide(write);
          if (fault !== undefined) faults++;
          return fault;
        });
        await stack.try([...UP, "--continue-on-error"]);
        return { write: { method: "any", path: "/" }, faults };
      };
      expect(await tryCreation(stack, { series, row, disturb })).toEqual([]);
    },
  );
});
