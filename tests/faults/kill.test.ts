import { CLUSTER_TIMEOUT, describeWithEngine } from "../support/cluster";
import type { Config } from "../support/engine";
import { keepResults, writePage } from "../support/fault-results";
import { disturbed, isTried, Wanted } from "../support/faults";
import type { Disturbed } from "../support/faults";
import { DESTROY, FaultyStack, UP } from "../support/faulty-stack";

jest.setTimeout(20 * CLUSTER_TIMEOUT);

/** Five series of ten kills are fifty for each operation. */
const SERIES = [0, 1, 2, 3, 4];
const KILLS = 10;

interface Operation {
  readonly name: string;
  readonly args: readonly string[];
  /** How many writes later a series begins to kill than the one before it, so that it meets other objects. */
  readonly stride: number;
  readonly change: (stack: FaultyStack, count: number) => Config;
}

const OPERATIONS: readonly Operation[] = [
  { name: "creates", args: UP, stride: 9, change: () => ({}) },
  {
    name: "updates",
    args: UP,
    stride: 1,
    change: (stack, count) => stack.withImages(`0.3.${String(count)}`),
  },
  {
    name: "replaces",
    args: UP,
    stride: 1,
    // claims of another class, and with them the Deployments over them
    change: (stack, count) =>
      stack.changedAll(["agents", "mcpGateway", "llmRouter"], () => ({
        storage: { size: "2Gi", storageClass: count % 2 === 0 ? "standard-wait" : "standard" },
      })),
  },
  { name: "destroys", args: DESTROY, stride: 4, change: () => ({}) },
];

describeWithEngine("pulumi, killed at write after write", (cluster, pulumi) => {
  describe.each(SERIES)("in series %i", (series) => {
    let stack: FaultyStack;

    beforeAll(async () => {
      stack = await FaultyStack.start(cluster, pulumi, `faults-${String(series)}`);
    });

    afterAll(async () => {
      await stack.remove();
      writePage();
    });

    test.each(OPERATIONS)("while it $name, converges after recover", async ({ name, args, stride, change }) => {
      const id = `${name} ${String(series)}`;
      if (isTried(id)) return;
      const isFirst = name === "creates";
      if (!isFirst) await stack.up();
      const wanted = await Wanted.of(cluster, stack);
      const found: Disturbed[] = [];
      for (let count = series; found.length < KILLS; count += 1) {
        stack.change(change(stack, count));
        for (let at = found.length === 0 ? 1 + series * stride : 1; found.length < KILLS; at = 1) {
          const write = await stack.killAt(
            ({ number }) => number === at,
            () => stack.try(args),
          );
          if (write === undefined) break;
          found.push(await disturbed(cluster, stack, write, args));
        }
        await stack.run(args);
        if (args === DESTROY || isFirst) break;
      }
      const wrong = await wanted.missed(args === DESTROY);
      const rest = { series: id, row: `killed while it ${name}`, faults: 1, converged: wrong.length === 0 };
      expect(found).toHaveLength(KILLS);
      keepResults(found.map((one) => ({ ...one, ...rest })));
      expect(wrong).toEqual([]);
    });
  });
});
