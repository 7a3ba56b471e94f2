import { strategyFor } from "../../components/volumes";

test("a claim of one node's ends the old pod before the new one starts", () => {
  expect(strategyFor({ size: "1Gi", accessMode: "ReadWriteOnce" })).toEqual({ type: "Recreate" });
});

test.each([
  ["a shared claim", { size: "1Gi", accessMode: "ReadWriteMany" } as const],
  ["no claim", undefined],
])("with %s a rollout leaves no gap", (_name, storage) => {
  expect(strategyFor(storage)).toEqual({ type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
});
