import { haveCommonAddress } from "../../../../tools/report/ip-ranges";
import { pod, reachability } from "../../../../tools/report/reachability";
import type { Outsiders, Reachability } from "../../../../tools/report/reachability";
import type { Json, Recording } from "../../../../tools/recording/recording";

type Spec = Readonly<Record<string, Json>>;

const NAMESPACE = "stack";
const TO_SERVER = [{ podSelector: { matchLabels: { app: "server" } } }];
const FROM_CLIENT = [{ podSelector: { matchLabels: { app: "client" } } }];
const HTTP = [{ port: "http" }];

/** A stack of two workloads with these policies in its namespace. */
function stack(...policies: readonly Spec[]): Recording {
  const workload = (name: string, ...ports: Json[]): Spec => ({
    kind: "Deployment",
    metadata: { name, namespace: NAMESPACE },
    spec: { template: { metadata: { labels: { app: name } }, spec: { containers: [{ ports }] } } },
  });
  const objects: Spec[] = [
    { kind: "Namespace", metadata: { name: NAMESPACE, labels: { team: "ours" } } },
    workload("client", { name: "http", containerPort: 3000 }),
    workload("server", { name: "http", containerPort: 8080 }, { name: "dns", containerPort: 53, protocol: "UDP" }),
    ...policies.map((spec) => ({ kind: "NetworkPolicy", metadata: { name: "policy", namespace: NAMESPACE }, spec })),
  ];
  const resources = objects.map((inputs) => ({ custom: true, type: "kubernetes:any", inputs }));
  return { resources } as unknown as Recording;
}

function ingress(from: Json, ports: Json = HTTP): Spec {
  return { podSelector: { matchLabels: { app: "server" } }, policyTypes: ["Ingress"], ingress: [{ from, ports }] };
}

function egress(to: Json, ports: Json = HTTP): Spec {
  return { podSelector: { matchLabels: { app: "client" } }, policyTypes: ["Egress"], egress: [{ to, ports }] };
}

/** The ports on which one reaches another; undefined if on none. */
function ports(matrix: Reachability, caller: string, callee: string): string | undefined {
  return matrix[caller]?.[callee]?.join(", ");
}

/** How the client reaches the server. */
function reached(...policies: readonly Spec[]): string | undefined {
  return ports(reachability(stack(...policies)), "client", "server");
}

const DENY_ALL = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };

describe("without policies", () => {
  test("everybody reaches everybody on any port", () => {
    const matrix = reachability(stack(), { outside: pod("elsewhere") });
    expect(matrix.client).toEqual(Object.fromEntries(Object.keys(matrix).map((callee) => [callee, ["any"]])));
    expect(Object.keys(matrix)).toEqual(["client", "server", "a stranger in stack", "outside"]);
  });

  test("how outsiders reach each other is left out", () => {
    const matrix = reachability(stack(), { one: pod("elsewhere"), other: { cidr: "10.0.0.0/8" } });
    expect(Object.keys(matrix.one ?? {})).toEqual(["client", "server", "a stranger in stack"]);
  });
});

describe("both ends must allow", () => {
  test("a denied namespace is cut off in both directions, from strangers and outsiders too", () => {
    const matrix = reachability(stack(DENY_ALL));
    for (const row of Object.values(matrix)) expect(row).toEqual({});
  });

  test.each<[string, readonly Spec[], string | undefined]>([
    ["egress alone", [DENY_ALL, egress(TO_SERVER)], undefined],
    ["ingress alone", [DENY_ALL, ingress(FROM_CLIENT)], undefined],
    ["both", [DENY_ALL, egress(TO_SERVER), ingress(FROM_CLIENT)], "http 8080/TCP"],
    ["both, on different ports", [DENY_ALL, egress(TO_SERVER, [{ port: 1 }]), ingress(FROM_CLIENT)], undefined],
    ["one that allows all, one that allows a port", [egress(TO_SERVER, []), ingress(FROM_CLIENT)], "http 8080/TCP"],
  ])("%s", (_name, policies, expected) => {
    expect(reached(...policies)).toBe(expected);
  });

  test("the way back is not opened by the way there", () => {
    const matrix = reachability(stack(DENY_ALL, egress(TO_SERVER), ingress(FROM_CLIENT)));
    expect(matrix.server).toEqual({});
    expect(matrix.client).toEqual({ server: ["http 8080/TCP"] });
  });
});

describe("policies add up", () => {
  test("a pod that several policies select may do what any of them allows", () => {
    expect(reached(ingress(FROM_CLIENT, [{ port: 1 }]), ingress(FROM_CLIENT, [{ port: 2 }]))).toBe("1/TCP, 2/TCP");
  });

  test("a policy of another namespace changes nothing", () => {
    const elsewhere = stack();
    const policy = { kind: "NetworkPolicy", metadata: { name: "deny", namespace: "elsewhere" }, spec: DENY_ALL };
    const resources = [...elsewhere.resources, { custom: true, type: "kubernetes:any", inputs: policy }];
    expect(ports(reachability({ ...elsewhere, resources } as Recording), "client", "server")).toBe("any");
  });
});

describe("policyTypes", () => {
  const rules = { podSelector: {}, ingress: [], egress: [{ to: [{ ipBlock: { cidr: "1.1.1.1/32" } }] }] };
  const outside: Outsiders = { resolver: { cidr: "1.1.1.1/32" }, rest: { cidr: "8.8.8.8/32" } };

  test.each<[string, Spec, Record<string, readonly string[]>]>([
    ["left out, they are Ingress alone", { podSelector: {} }, { resolver: ["any"], rest: ["any"] }],
    ["left out beside an egress rule, they are both", rules, { resolver: ["any"] }],
    [
      "left out beside an empty list of egress rules, they are Ingress alone",
      { podSelector: {}, egress: [] },
      { resolver: ["any"], rest: ["any"] },
    ],
    [
      "Ingress alone makes egress rules void",
      { ...rules, policyTypes: ["Ingress"] },
      { resolver: ["any"], rest: ["any"] },
    ],
    ["Egress alone leaves ingress open", { podSelector: {}, policyTypes: ["Egress"] }, {}],
  ])("%s", (_name, policy, expected) => {
    const { client = {} } = reachability(stack(policy), outside);
    expect({ resolver: client.resolver, rest: client.rest }).toEqual({
      resolver: undefined,
      rest: undefined,
      ...expected,
    });
  });

  test("an empty list of rules denies, a rule without peers and ports allows everything", () => {
    expect(reached({ podSelector: {}, policyTypes: ["Ingress"], ingress: [] })).toBeUndefined();
    expect(reached({ podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] })).toBe("any");
    expect(reached({ podSelector: {}, policyTypes: ["Ingress"], ingress: [{ from: [], ports: [] }] })).toBe("any");
  });
});

describe("peers", () => {
  const outside: Outsiders = {
    same: pod("elsewhere", { app: "client" }),
    watched: { ...pod("watched", { app: "client" }), namespaceLabels: { team: "watchers" } },
    address: { cidr: "192.0.2.0/24" },
  };
  const callers = (from: Json): string[] => {
    const matrix = reachability(stack(ingress(from, [])), outside);
    return Object.keys(matrix).filter((caller) => ports(matrix, caller, "server") !== undefined);
  };

  test.each<[string, Json, readonly string[]]>([
    ["a podSelector alone means pods of the policy's own namespace", FROM_CLIENT, ["client"]],
    ["an empty podSelector means all of them", [{ podSelector: {} }], ["client", "server", "a stranger in stack"]],
    [
      "an empty namespaceSelector means every namespace",
      [{ namespaceSelector: {} }],
      ["client", "server", "a stranger in stack", "same", "watched"],
    ],
    [
      "both in one peer must hold",
      [{ namespaceSelector: { matchLabels: { team: "watchers" } }, podSelector: { matchLabels: { app: "client" } } }],
      ["watched"],
    ],
    [
      "one each in two peers: either may hold",
      [{ namespaceSelector: { matchLabels: { team: "watchers" } } }, ...FROM_CLIENT],
      ["client", "watched"],
    ],
    [
      "a namespace's name is a label of it",
      [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "elsewhere" } } }],
      ["same"],
    ],
    [
      "a namespace that the stack makes has the stack's labels",
      [{ namespaceSelector: { matchLabels: { team: "ours" } } }],
      ["client", "server", "a stranger in stack"],
    ],
    ["addresses are no pods of the public internet", [{ ipBlock: { cidr: "192.0.2.0/25" } }], ["address"]],
    [
      "every address is every pod too, as most networks have it",
      [{ ipBlock: { cidr: "0.0.0.0/0" } }],
      ["client", "server", "a stranger in stack", "same", "watched", "address"],
    ],
  ])("%s", (_name, from, expected) => {
    expect(callers(from)).toEqual(expected);
  });

  test.each<[string, Json, readonly string[]]>([
    ["In", { key: "app", operator: "In", values: ["client", "x"] }, ["client"]],
    [
      "NotIn, which holds where the label is missing",
      { key: "app", operator: "NotIn", values: ["client"] },
      ["server", "a stranger in stack"],
    ],
    ["Exists", { key: "app", operator: "Exists" }, ["client", "server"]],
    ["DoesNotExist", { key: "app", operator: "DoesNotExist" }, ["a stranger in stack"]],
  ])("matchExpressions: %s", (_name, expression, expected) => {
    expect(callers([{ podSelector: { matchExpressions: [expression] } }])).toEqual(expected);
  });

  test("an operator that does not exist is an error, not a match", () => {
    expect(() => callers([{ podSelector: { matchExpressions: [{ key: "app", operator: "Is" }] } }])).toThrow("'Is'");
  });
});

describe("ports", () => {
  test.each<[string, Json, string | undefined]>([
    ["none means every port", [], "any"],
    ["a protocol alone means all its ports", [{ protocol: "UDP" }], "1-65535/UDP"],
    ["a number is TCP", [{ port: 53 }], "53/TCP"],
    ["the same number of another protocol is another port", [{ port: 53, protocol: "UDP" }], "dns 53/UDP"],
    ["a name means the port of that name", [{ port: "http" }], "http 8080/TCP"],
    ["a name whose protocol differs means nothing", [{ port: "dns" }], undefined],
    ["a name that the pod does not have means nothing", [{ port: "grpc" }], undefined],
    ["endPort ends a range", [{ port: 8000, endPort: 9000 }], "8000-9000/TCP"],
    ["ranges that overlap are one", [{ port: 1, endPort: 5 }, { port: 4, endPort: 6 }, { port: 7 }], "1-6/TCP, 7/TCP"],
  ])("%s", (_name, list, expected) => {
    expect(reached(ingress(FROM_CLIENT, list))).toBe(expected);
  });

  test("a name in an egress rule is looked up at the callee, not at the caller", () => {
    expect(reached(egress(TO_SERVER))).toBe("http 8080/TCP");
  });

  test("a name leads to no port of addresses", () => {
    const matrix = reachability(stack(egress([{ ipBlock: { cidr: "0.0.0.0/0" } }])), { out: { cidr: "192.0.2.0/24" } });
    expect(ports(matrix, "client", "out")).toBeUndefined();
  });
});

test("the internet without private ranges leads to none of them, nor to pods or the metadata service", () => {
  const except = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"];
  const { client = {} } = reachability(stack(egress([{ ipBlock: { cidr: "0.0.0.0/0", except } }], [{ port: 443 }])));
  expect(client).toEqual({ internet: ["443/TCP"] });
});

test.each(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"])(
  "an exception for only half of %s is seen",
  (range) => {
    const half = `${range.split("/")[0] ?? ""}/${String(Number(range.split("/")[1]) + 1)}`;
    const rule = [{ ipBlock: { cidr: range, except: [half] } }];
    expect(Object.keys(reachability(stack(egress(rule, []))).client ?? {})).not.toEqual([]);
    const none = [{ ipBlock: { cidr: range, except: [range] } }];
    expect(reachability(stack(egress(none, []))).client).toEqual({});
  },
);

test("a pod on its node's network is refused: no policy holds for it", () => {
  const [namespace, client] = stack().resources;
  const inputs = { ...client?.inputs, spec: { template: { spec: { hostNetwork: true, containers: [] } } } };
  const recording = { resources: [namespace, { ...client, inputs }] } as unknown as Recording;
  expect(() => reachability(recording)).toThrow("Deployment client uses its node's network");
});

test.each<[string, string, readonly string[], boolean]>([
  ["10.0.0.0/8", "10.1.2.3/32", [], true],
  ["10.1.2.3/32", "10.0.0.0/8", [], true],
  ["10.0.0.0/8", "11.0.0.0/8", [], false],
  ["0.0.0.0/0", "::/0", [], false],
  ["10.0.0.0/8", "0.0.0.0/0", ["10.0.0.0/8"], false],
  ["10.0.0.0/8", "0.0.0.0/0", ["0.0.0.0/1"], false],
  ["10.0.0.0/8", "0.0.0.0/0", ["10.0.0.0/9"], true],
  ["10.0.0.0/8", "0.0.0.0/0", ["10.0.0.0/9", "10.128.0.0/9"], false],
  ["10.0.0.0/30", "0.0.0.0/0", ["10.0.0.0/32", "10.0.0.1/32", "10.0.0.3/32"], true],
  ["10.0.0.0/30", "0.0.0.0/0", ["10.0.0.0/32", "10.0.0.1/32", "10.0.0.2/31"], false],
  ["fc00::/7", "fd00:ec2::254/128", [], true],
  ["2000::/3", "fd00:ec2::254/128", [], false],
  ["::ffff:10.0.0.0/104", "::ffff:a01:203/128", [], true],
])("%s and %s without %j have an address in common: %s", (one, other, except, expected) => {
  expect(haveCommonAddress({ cidr: one, except }, { cidr: other })).toBe(expected);
});

test.each(["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "fe80::%eth0/10", "::/129", "/8", "10.0.0.0/8/8", "10.0.0.0/x"])(
  "'%s' is no range",
  (cidr) => {
    expect(() => haveCommonAddress({ cidr }, { cidr: "0.0.0.0/0" })).toThrow(`'${cidr}' is no range`);
  },
);
