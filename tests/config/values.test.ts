import type { z } from "zod";
import * as values from "../../config/values";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe.each<[string, z.ZodType, unknown[], unknown[]]>([
  ["cpu", values.cpu, ["500m", "2", 2, 0.5, "1.5"], ["2Gi", "0", "", -1, null, "lots", "500u", "0.1m"]],
  [
    "bytes",
    values.bytes,
    ["512Mi", "2Gi", 1048576, "1.5Gi", "2G"],
    ["512m", "0", 0, "1Ki", "2GB", "", -1, null, "16Ei"],
  ],
  ["count", values.count, [0, 1, 1000], [-1, 1.5, 1001, "3", null]],
  ["tomlTable", values.tomlTable, ["limits"], ["server", "metrics"]],
  ["dnsLabel", values.dnsLabel, ["a", "vapora-system", "0x"], ["", "-a", "a-", "A", "a.b", "a".repeat(64)]],
  ["dnsName", values.dnsName, ["fast-ssd", "db.example.com", "10.0.0.1"], ["", "a..b", "A.b", "a_b", ".a"]],
  [
    "image",
    values.image,
    [
      "vapora/backend:0.2.0",
      "nats:2.15.2-alpine",
      "localhost:5000/a/b:1",
      `repo/x@${digest}`,
      `repo/x:1.0@${digest}`,
      "registry.example.com:443/a/b_c/d:v1",
      "a/b__c/d---e.f:1",
    ],
    [
      "vapora/backend",
      "vapora/backend:latest",
      "Vapora/backend:1",
      "a:1:2",
      "a b:1",
      "",
      "x@sha256:abc",
      "a..b/c:1",
      "a/b___c:1",
      "a/-b:1",
    ],
  ],
  ["registry", values.registry, ["registry.example.com", "localhost:5000/mirror"], ["https://r.example.com", "r/", ""]],
  ["port", values.port, [1, 65535], [0, 65536, 1.5, "80"]],
  ["cidr", values.cidr, ["10.0.0.0/8", "0.0.0.0/0"], ["10.0.0.0", "10.0.0.0/33", "10.0.0.256/8", "fe80::/10"]],
  [
    "labelKey",
    values.labelKey,
    ["workload", "topology.kubernetes.io/zone"],
    ["", "-a", "a/b/c", "A.b/-c", "/x", "a".repeat(64)],
  ],
  ["labelValue", values.labelValue, ["", "vapora", 3, true], ["-a", "a b", "a".repeat(64)]],
  ["secretKey", values.secretKey, ["token", "tls.crt", "A_b-1"], ["", ".", "..", "a/b", "a b", "x".repeat(254)]],
  ["duration", values.duration, ["1s", "90m", "1h30m", "24h"], ["", "0s", "25h", "30", 30, "1d", "s", "1m1h", "-1s"]],
  ["stabilization", values.stabilization, ["1s", "1h", "59m59s"], ["", "0s", "1h1s", "24h", 60]],
  [
    "absolutePath",
    values.absolutePath,
    ["/tmp", "/var/cache/vapora", "/a.b/c_d"],
    ["", "/", "tmp", "/tmp/", "//tmp", "/a/../b", "/./a", "/a b", "~/x"],
  ],
  ["rotations", values.rotations, [undefined, 0, 7], [-1, 1.5, "1", 1_000_001]],
  ["executions", values.executions, [1, 1_000_000], [0, -1, 1.5, "20", 1_000_001]],
  ["days", values.days, [7, 0.5, "7", "0.5", 3650], [0, -1, "0", "", "7d", "1e3", 3651, NaN]],
  ["recencyWeight", values.recencyWeight, [1, 3, "2.5", 1000], [0.9, 0, "", 1001, null]],
  ["share", values.share, [0, 1, 0.3, "0.3", "0"], [-0.1, 1.1, "", " ", "half", ".5", true]],
  ["taskType", values.taskType, ["coding", "a1_b-c"], ["", "Coding", "a b", "-a", "a".repeat(64)]],
  ["keyword", values.keyword, ["code", "k8s"], ["", "two words", "Code", "ci/cd"]],
  ["envName", values.envName, ["HTTP_TIMEOUT", "_x1"], ["1X", "A-B", "", "A B"]],
])("%s", (_name, type, valid, invalid) => {
  test.each(valid.map((value) => [value]))("takes %j", (value) => {
    expect(type.safeParse(value).error).toBeUndefined();
  });

  test.each(invalid.map((value) => [value]))("refuses %j", (value) => {
    expect(type.safeParse(value).success).toBe(false);
  });
});

test("numbers become the text Kubernetes takes", () => {
  expect(values.cpu.parse(2)).toBe("2");
  expect(values.labelValue.parse(true)).toBe("true");
});
