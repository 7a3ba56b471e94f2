import { containerResources } from "../../../kubernetes/resources";
import { ephemeralMount } from "../../../kubernetes/volumes";

const amounts = { cpu: "1", memory: "1Gi" };
const mounts = [ephemeralMount("scratch", "/tmp", "64Mi"), ephemeralMount("cache", "/cache", "1Gi")];

function ephemeral(requests?: string, limits?: string): string[] {
  const made = containerResources(
    { requests: { ...amounts, ephemeralStorage: requests }, limits: { ...amounts, ephemeralStorage: limits } },
    mounts,
  );
  return [made.requests["ephemeral-storage"], made.limits["ephemeral-storage"]];
}

test("ephemeral storage follows from the pod's folders, with room for logs", () => {
  expect(ephemeral()).toEqual(["1344Mi", "1344Mi"]);
});

test("what config says of it holds", () => {
  expect(ephemeral("2Gi", "3Gi")).toEqual(["2Gi", "3Gi"]);
  expect(ephemeral(undefined, "3Gi")).toEqual(["3Gi", "3Gi"]);
});

test("a request alone never ends above the limit", () => {
  expect(ephemeral("1Gi")).toEqual(["1Gi", "1344Mi"]);
  expect(ephemeral("2Gi")).toEqual(["2Gi", "2Gi"]);
});
