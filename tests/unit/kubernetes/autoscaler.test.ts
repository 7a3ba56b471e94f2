/** The number of pods, where an autoscaler decides it. */
import { compareRecordings } from "../../../tools/report/compare";
import type { Recording } from "../../../tools/recording/recording";
import { capacityOf } from "../../../tools/report/capacity";
import { objectNamed, objectsOf, recording, RECORDING_TIMEOUT } from "../../support/recordings";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

const FIXED = backend({ replicas: 3 });
const SCALED = backend({ autoscaling: { minReplicas: 2, maxReplicas: 6, cpuUtilization: 75 } });

function backend(change: object): Record<string, unknown> {
  const section = fixtureStack("dev").config["vapora:backend"] as object;
  return { "vapora:backend": { ...section, replicas: undefined, ...change } };
}

/** What a change of the stack does to the objects of the backend. */
function changes(before: Recording, after: Recording): (readonly [string, string, unknown])[] {
  return compareRecordings(before, after)
    .filter(({ action }) => action !== "unchanged")
    .map(({ object, action, differences }) => [
      object,
      action,
      differences.filter(({ path }) => path === "spec.replicas").map((one) => [one.before, one.after]),
    ]);
}

test("a new service starts with the least there may be", async () => {
  const { spec } = objectNamed(await objectsOf("dev", SCALED), "Deployment", "vapora-backend");
  expect((spec as { replicas: number }).replicas).toBe(2);
});

test("what runs keeps its number of pods when an autoscaler takes over, which the report says as well", async () => {
  const [fixed, scaled] = [await recording("dev", FIXED), await recording("dev", SCALED)];
  const deployment = scaled.resources.find(({ urn }) => urn.endsWith("v1:Deployment::backend"));
  expect(deployment?.options.ignoreChanges).toEqual(["spec.replicas"]);
  expect(changes(fixed, scaled)).toEqual([
    ["HorizontalPodAutoscaler backend-autoscaler", "created", []],
    // the leave to apply with force goes
    ["Deployment backend", "metadata", []],
  ]);
  const pods = (one: Recording): number => Number(capacityOf(one).running.pods);
  expect(pods(scaled) - pods(fixed)).toBe(3);
});

test("what runs gets the number of the stack when the autoscaler goes", async () => {
  const [fixed, scaled] = [await recording("dev", FIXED), await recording("dev", SCALED)];
  expect(changes(scaled, fixed)).toEqual([
    ["HorizontalPodAutoscaler backend-autoscaler", "deleted", []],
    ["Deployment backend", "in-place", [[2, 3]]],
  ]);
});

test("a change of the autoscaler leaves the number alone", async () => {
  const more = backend({ autoscaling: { minReplicas: 4, maxReplicas: 8, cpuUtilization: 75 } });
  expect(changes(await recording("dev", SCALED), await recording("dev", more))).toEqual([
    ["HorizontalPodAutoscaler backend-autoscaler", "in-place", []],
  ]);
});
