import { z } from "zod";
import * as values from "../../../../config/schema/values";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

/** By the name of a type: values that it takes, and values that it refuses. */
const CASES: readonly (readonly [name: keyof typeof values, valid: readonly unknown[], invalid: readonly unknown[]])[] =
  [
    ["cpu", ["500m", "2", 2, 0.5, "1.5"], ["2Gi", "0", "", -1, null, "lots", "500u", "0.1m"]],
    ["bytes", ["512Mi", "2Gi", 1048576, "1.5Gi", "2G"], ["512m", "0", 0, "1Ki", "2GB", "", -1, null, "16Ei"]],
    ["count", [0, 1, 1000], [-1, 1.5, 1001, "3", null]],
    ["tomlTable", ["limits"], ["server", "metrics"]],
    ["dnsLabel", ["a", "vapora-system", "0x"], ["", "-a", "a-", "A", "a.b", "a".repeat(64)]],
    ["tlsListener", ["https", "tls", "https-api"], ["http", "web", "", "https-", "Https", "https.a"]],
    ["dnsName", ["fast-ssd", "db.example.com", "10.0.0.1"], ["", "a..b", "A.b", "a_b", ".a"]],
    [
      "image",
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
    ["registry", ["registry.example.com", "localhost:5000/mirror"], ["https://r.example.com", "r/", ""]],
    ["port", [1, 65535], [0, 65536, 1.5, "80"]],
    [
      "cidr",
      ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.6/31", "255.255.255.255/32"],
      [
        "10.0.0.0",
        "10.0.0.0/33",
        "10.0.0.256/32",
        "fe80::/10",
        "10.0.0.1/8",
        "192.0.2.7/31",
        "010.0.0.0/8",
        "10.0.0.0/08",
      ],
    ],
    ["labelKey", ["workload", "topology.kubernetes.io/zone"], ["", "-a", "a/b/c", "A.b/-c", "/x", "a".repeat(64)]],
    ["labelValue", ["", "vapora", 3, true], ["-a", "a b", "a".repeat(64)]],
    ["secretKey", ["token", "tls.crt", "A_b-1"], ["", ".", "..", "a/b", "a b", "x".repeat(254)]],
    ["duration", ["1s", "90m", "1h30m", "24h"], ["", "0s", "25h", "30", 30, "1d", "s", "1m1h", "-1s"]],
    ["syncInterval", ["always", "1s", "2m", "5m"], ["", "never", "0s", "5m1s", "10", 10]],
    ["stabilization", ["1s", "1h", "59m59s"], ["", "0s", "1h1s", "24h", 60]],
    [
      "absolutePath",
      ["/tmp", "/var/cache/vapora", "/a.b/c_d"],
      ["", "/", "tmp", "/tmp/", "//tmp", "/a/../b", "/./a", "/a b", "~/x"],
    ],
    ["rotations", [undefined, 0, 7], [-1, 1.5, "1", 1_000_001]],
    ["executions", [1, 1_000_000], [0, -1, 1.5, "20", 1_000_001]],
    ["days", [7, 0.5, "7", "0.5", 3650], [0, -1, "0", "", "7d", "1e3", 3651, NaN]],
    ["recencyWeight", [1, 3, "2.5", 1000], [0.9, 0, "", 1001, null]],
    ["share", [0, 1, 0.3, "0.3", "0"], [-0.1, 1.1, "", " ", "half", ".5", true]],
    ["taskType", ["coding", "a1_b-c"], ["", "Coding", "a b", "-a", "a".repeat(64)]],
    ["keyword", ["code", "k8s"], ["", "two words", "Code", "ci/cd"]],
    ["envName", ["HTTP_TIMEOUT", "_x1"], ["1X", "A-B", "", "A B"]],
    ["podCount", [1, 1000], [0, 1001, 1.5, "3", null]],
    ["percent", [1, 100], [0, 101, 0.5, "50%"]],
    ["headroom", [0, 150, 1000], [-1, 1001, 2.5, "20"]],
    ["uid", [1, 10_001, 2_147_483_647], [0, -1, 2_147_483_648, 1.5, "10001"]],
    [
      "objectUid",
      ["6f1c9a52-7d0e-4b3a-9c55-2f8e4d7b1a90"],
      ["", "6F1C9A52-7d0e-4b3a-9c55-2f8e4d7b1a90", "6f1c9a52-7d0e-4b3a-9c55", "6f1c9a527d0e4b3a9c552f8e4d7b1a90", 6],
    ],
    [
      "proxyBypass",
      ["localhost", "db.example.com", ".example.com", "10.0.0.0/8", "10.0.0.1"],
      ["", ".", "..example.com", "*.example.com", "10.0.0.0/33", "A.b", "a,b", "http://a"],
    ],
    ["ranges", [["10.0.0.0/8"], ["10.0.0.0/8", "192.0.2.0/24"]], [[], "10.0.0.0/8", ["10.0.0.1/8"], [""], {}]],
    ["httpPath", ["/", "/health", "/v1/a.b~c_d-e/"], ["", "health", "/a b", "/a?b=c", "/a#b", "http://a/b"]],
    ["envValue", ["", "30s", 3, true, "a\nb"], [null, undefined, [], {}, ["a"]]],
    ["annotations", [{}, { "a.example.com/b": 1, c: "d e" }], [null, [], "a", { "a b": "c" }, { a: null }]],
    ["text", ["a", " ", "ä\n"], ["", 3, true, null]],
    [
      "toml",
      ["", "a", 1.5, false, [], ["a", [1]], { a: { "b c": [true, { d: "e" }] } }],
      [null, undefined, [null], { a: null }, { a: [undefined] }],
    ],
  ];

test("every type has cases", () => {
  expect(CASES.map(([name]) => name).sort()).toEqual(Object.keys(values).sort());
});

describe.each(CASES)("%s", (name, valid, invalid) => {
  const type: z.ZodType = values[name];

  test.each(valid.map((value) => [value]))("takes %j", (value) => {
    expect(type.safeParse(value).error).toBeUndefined();
  });

  test.each(invalid.map((value) => [value]))("refuses %j", (value) => {
    expect(type.safeParse(value).success).toBe(false);
  });

  // Without one of its refinements a type takes more: some value above must then be taken, or nobody would miss it.
  test("without any single refinement takes a value that it must refuse", () => {
    const kept = weakened(type).map((weaker) => invalid.filter((value) => weaker.safeParse(value).success));
    expect(kept.filter((taken) => taken.length === 0)).toEqual([]);
    // only these are all that their base types take
    expect([name, kept.length > 0]).toEqual([name, !["annotations", "envValue", "toml"].includes(name)]);
  });
});

/** The type without each of its refinements in turn. */
function weakened(type: z.ZodType): z.ZodType[] {
  if (type instanceof z.ZodDefault) return weakened(type.unwrap() as z.ZodType);
  const checks = type.def.checks ?? [];
  return checks.map((_check, left) =>
    type.clone({ ...type.def, checks: checks.filter((_other, index) => index !== left) }),
  );
}

test("numbers become the text Kubernetes takes", () => {
  expect(values.cpu.parse(2)).toBe("2");
  expect(values.labelValue.parse(true)).toBe("true");
});
