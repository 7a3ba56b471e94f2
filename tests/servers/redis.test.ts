import { STACKS } from "../support/recordings";
import { describeStore } from "../support/servers/stores";

jest.setTimeout(180_000);

describe.each(STACKS)("of stack %s", (stack) => {
  describeStore("redis", stack, (store) => {
    test("takes over every option of its rendered arguments", async () => {
      const { pod } = store();
      const { args } = pod.container.spec;
      expect(args.length).toBeGreaterThan(10);
      for (let index = 0; index < args.length; index += 2) {
        const option = (args[index] ?? "").slice("--".length);
        const { output } = await pod.container.exec(["redis-cli", "config", "get", option]);
        expect(output.split("\n").slice(0, 2)).toEqual([option, args[index + 1]]);
      }
    });

    test("refuses a write beyond its memory, and drops nothing", async () => {
      const { pod } = store();
      await pod.container.exec(["redis-cli", "set", "first", "kept"]);
      await pod.container.exec(["redis-cli", "config", "set", "maxmemory", "1"]);
      const { output } = await pod.container.exec(["redis-cli", "set", "second", "refused"]);
      expect(output).toContain("OOM command not allowed");
      expect((await pod.container.exec(["redis-cli", "get", "first"])).output).toBe("kept\n");
    });
  });
});
