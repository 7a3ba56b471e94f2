import { quotaFor } from "../../../kubernetes/footprint";

const amounts = { cpu: "100m", memory: "1Gi", ephemeralStorage: "1Gi" };
const footprint = { pods: 3, resources: { requests: amounts, limits: amounts }, mounts: [] };

test("a quota is the sum of what everything takes at its peak", () => {
  expect(quotaFor([footprint, { ...footprint, pods: 1, claims: 2, claimSize: "5Gi" }], 0)).toEqual({
    pods: "4",
    "requests.cpu": "400m",
    "requests.memory": "4096Mi",
    "requests.ephemeral-storage": "4096Mi",
    "limits.cpu": "400m",
    "limits.memory": "4096Mi",
    "limits.ephemeral-storage": "4096Mi",
    persistentvolumeclaims: "2",
    "requests.storage": "10240Mi",
  });
});

test("headroom comes on top, rounded up and without what binary fractions add", () => {
  const { pods, "requests.cpu": cpu } = quotaFor([footprint], 10);
  expect([pods, cpu]).toEqual(["4", "330m"]);
});
