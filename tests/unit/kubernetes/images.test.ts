import { imageName, imageVersion } from "../../../kubernetes/images";

test.each([
  ["vapora/backend:0.2.0", undefined, "vapora/backend:0.2.0"],
  ["vapora/backend:0.2.0", "registry.example.com", "registry.example.com/vapora/backend:0.2.0"],
  ["docker.io/library/nats:2.15.2", "registry.example.com/mirror", "registry.example.com/mirror/library/nats:2.15.2"],
  ["localhost:5000/a:1", "r.example.com", "r.example.com/a:1"],
  ["localhost/a:1", "r.example.com", "r.example.com/a:1"],
  ["redis:8", "r.example.com", "r.example.com/redis:8"],
])("%s from registry %s is %s", (image, registry, expected) => {
  expect(imageName(image, { registry, pullSecrets: [] })).toBe(expected);
});

test.each([
  ["vapora/backend:0.2.0", "0.2.0"],
  ["localhost:5000/a:1.0-rc.1", "1.0-rc.1"],
  [`a/b:2@sha256:${"0".repeat(64)}`, "2"],
  [`a/b@sha256:${"0".repeat(64)}`, undefined],
  [`a/b:${"x".repeat(62)}-y`, "x".repeat(62)],
  ["a/b:_1.", "1"],
  ["a/b:___", undefined],
])("the version of %s is %s", (image, version) => {
  expect(imageVersion(image)).toBe(version);
});
