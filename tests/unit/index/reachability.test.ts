import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { reachabilityGolden } from "../../../tools/commands/docs/goldens";
import type { NetworkPolicy, Rule } from "../../../tools/report/network-policy";
import { reachability, SURROUNDINGS } from "../../../tools/report/reachability";
import type { Outsiders, Reachability } from "../../../tools/report/reachability";
import { kubernetesObjects } from "../../../tools/recording/recording";
import type { Json, Recording } from "../../../tools/recording/recording";
import { recording, RECORDING_TIMEOUT, STACKS } from "../../support/recordings";
import { fixtureStack } from "../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

// After a change that is meant: npm run docs -- --update, and read the diff.
test.each(STACKS)("in stack %s exactly those reach each other that its golden matrix names", async (stack) => {
  const path = join(process.cwd(), "tests", "golden", `${stack}-reachability.yaml`);
  expect(reachabilityGolden(await recording(stack))).toBe(existsSync(path) ? readFileSync(path, "utf8") : undefined);
});

describe.each(STACKS)("in stack %s", (stack) => {
  let made: Recording;
  let matrix: Reachability;

  beforeAll(async () => {
    made = await recording(stack);
    matrix = reachability(made);
  });

  test("only what calls model providers or tools reaches the internet, on 443 alone", () => {
    const callers = Object.entries(matrix).flatMap(([caller, { internet }]) => (internet ? [[caller, internet]] : []));
    expect(Object.fromEntries(callers)).toEqual({ "vapora-agents": ["443/TCP"], "vapora-llm-router": ["443/TCP"] });
  });

  test("nobody reaches private ranges or the metadata service", () => {
    const forbidden = Object.keys(SURROUNDINGS).filter((name) => /private|metadata|link-local/.test(name));
    const reached = Object.entries(matrix).flatMap(([caller, row]) =>
      forbidden.filter((callee) => callee in row).map((callee) => `${caller} reaches ${callee}`),
    );
    expect(forbidden.length).toBeGreaterThan(6);
    expect(reached).toEqual([]);
  });

  test("nobody from outside, and no stranger in the namespace, reaches anybody", () => {
    const strangers = Object.entries(matrix).filter(
      ([caller]) => caller in SURROUNDINGS || caller.includes("stranger"),
    );
    expect(strangers.length).toBeGreaterThan(Object.keys(SURROUNDINGS).length);
    expect(strangers.filter(([, row]) => Object.keys(row).length > 0)).toEqual([]);
  });

  test("whoever calls anybody looks names up over UDP and TCP, and gets to nothing else in kube-system", () => {
    for (const [caller, row] of Object.entries(matrix)) {
      const { "cluster DNS": dns, "another pod of kube-system": other, ...callees } = row;
      const isCaller = Object.keys(callees).length > 0;
      expect([caller, dns]).toEqual([caller, isCaller ? ["dns-tcp 53/TCP", "dns 53/UDP"] : undefined]);
      // which pods serve DNS is told by no label that all clusters share
      expect([caller, other]).toEqual([caller, isCaller ? ["53/TCP", "53/UDP"] : undefined]);
    }
  });

  test("one removed edge cuts exactly the pair it stands for", () => {
    const edges = edgesOf(made);
    for (const edge of edges) {
      const cut = missingPairs(matrix, reachability(edge.removed));
      const others = new Set(cut.map(([caller, callee]) => (edge.direction === "egress" ? callee : caller)));
      const own = new Set(cut.map(([caller, callee]) => (edge.direction === "egress" ? caller : callee)));
      if (others.has("another pod of kube-system")) others.delete("cluster DNS");
      expect([edge.name, [...own], others.size]).toEqual([edge.name, [edge.policy], 1]);
    }
    expect(edges.length).toBeGreaterThan(20);
  });
});

describe("what is configured opens exactly itself", () => {
  const outsiders: Outsiders = {
    ...SURROUNDINGS,
    "an external server": { cidr: "10.99.0.0/24" },
    "private 10.0.0.0/8": { cidr: "10.0.0.0/8", except: ["10.99.0.0/24"] },
    "a DNS cache on the node": { cidr: "169.254.20.10/32" },
    "link-local 169.254.0.0/16": { cidr: "169.254.0.0/16", except: ["169.254.20.10/32"] },
  };
  const external = { host: "data.example.com", port: 7000, ranges: ["10.99.0.0/24"] };
  const services = ["agents", "backend", "frontend", "llm-router", "mcp-gateway"].map((name) => `vapora-${name}`);

  test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    [
      "a namespace that scrapes reaches the metrics ports",
      { "vapora:network": { monitoring: { namespace: "monitoring" } } },
      ["agents", "backend", "mcp-gateway", "llm-router"].map(
        (app) => `a scraper in monitoring > vapora-${app} metrics 9090/TCP`,
      ),
    ],
    [
      "another stack's namespace reaches the first port of the services that name it",
      { "vapora:network": { clients: { backend: ["another"], agents: ["monitoring"] } } },
      [
        "a pod of another namespace > vapora-backend http 8080/TCP",
        "a scraper in monitoring > vapora-agents metrics 9090/TCP",
      ],
    ],
    [
      "an external NATS is reached by its clients, and by nobody else",
      { "vapora:nats": { external, storage: { size: "20Gi" } } },
      ["agents", "backend", "mcp-gateway"].map((app) => `vapora-${app} > an external server 7000/TCP`),
    ],
    [
      "a DNS cache on the node is reached by whoever looks names up",
      { "vapora:network": { dns: { ranges: ["169.254.20.10/32"] } } },
      [...services, "knowledge-graph"].map((app) => `${app} > a DNS cache on the node 53/TCP, 53/UDP`),
    ],
    [
      "three NATS servers reach each other, and look each other up",
      { "vapora:nats": { ...section("nats"), servers: 3 } },
      [
        "nats > another pod of kube-system 53/TCP, 53/UDP",
        "nats > cluster DNS dns-tcp 53/TCP, dns 53/UDP",
        "nats > nats cluster 6222/TCP",
      ],
    ],
    [
      "an Ingress leads to the frontend from its controller alone",
      {
        "vapora:frontend": {
          ...section("frontend"),
          exposure: { ingress: { host: "a.example.com", controllerNamespace: "ingress-nginx", tlsSecret: "tls" } },
        },
      },
      ["an ingress controller > vapora-frontend http 3000/TCP"],
    ],
    [
      "a load balancer that sends requests to the pods itself reaches the frontend, and no other address does",
      {
        "vapora:frontend": {
          ...section("frontend"),
          exposure: { ingress: { host: "a.example.com", ranges: external.ranges, tlsSecret: "tls" } },
        },
      },
      ["an external server > vapora-frontend http 3000/TCP"],
    ],
    [
      "the Job that changes a password reaches the database",
      { "vapora:surrealdb": { ...section("surrealdb"), rotations: { user: 1 } } },
      [
        "another pod of kube-system 53/TCP, 53/UDP",
        "cluster DNS dns-tcp 53/TCP, dns 53/UDP",
        "surrealdb http 8000/TCP",
      ].map((end) => `surrealdb-rotation > ${end}`),
    ],
  ])("%s", async (_name, config, opened) => {
    const [before, after] = [
      reachability(await recording("prod"), outsiders),
      reachability(await recording("prod", config), outsiders),
    ];
    expect(
      missingPairs(after, before)
        .map((pair) => described(after, pair))
        .sort(),
    ).toEqual([...opened].sort());
  });

  test("with a proxy, model providers are reached through it and the internet is not", async () => {
    const proxy = { host: "proxy.example.com", port: 3128, ranges: ["10.99.0.0/24"] };
    const through = await recording("prod", { "vapora:network": { proxy } });
    const { internet, "an external server": server } = reachability(through, outsiders)["vapora-agents"] ?? {};
    expect([internet, server]).toEqual([undefined, ["3128/TCP"]]);
  });
});

/** A section of the production stack's config. */
function section(key: string): Readonly<Record<string, unknown>> {
  return fixtureStack("prod").config[`vapora:${key}`] as Readonly<Record<string, unknown>>;
}

function described(matrix: Reachability, [caller, callee]: [string, string]): string {
  return `${caller} > ${callee} ${matrix[caller]?.[callee]?.join(", ") ?? ""}`;
}

interface Edge {
  readonly name: string;
  /** Name of the policy, which is that of the workload it is for. */
  readonly policy: string;
  readonly direction: "ingress" | "egress";
  /** The recording without it. */
  readonly removed: Recording;
}

/** Every peer of every rule. */
function edgesOf(made: Recording): Edge[] {
  return kubernetesObjects(made)
    .filter(({ object }) => object.kind === "NetworkPolicy")
    .flatMap(({ resource, object }) => {
      const { metadata, spec } = object as unknown as NetworkPolicy;
      return (["ingress", "egress"] as const).flatMap((direction) =>
        (spec[direction] ?? []).flatMap((rule, place) =>
          peersOf(rule, direction).map((peer): Edge => {
            const rules = withoutPeer(spec[direction] ?? [], place, peer, direction);
            const inputs = { ...resource.inputs, spec: { ...spec, [direction]: rules } as unknown as Json };
            const resources = made.resources.map((other) => (other === resource ? { ...other, inputs } : other));
            return {
              name: `${direction} ${String(place)}.${String(peer)} of ${metadata.name}`,
              policy: metadata.name,
              direction,
              removed: { ...made, resources },
            };
          }),
        ),
      );
    });
}

function peersOf(rule: Rule, direction: "ingress" | "egress"): number[] {
  return (direction === "ingress" ? rule.from : rule.to)?.map((_peer, index) => index) ?? [0];
}

/** A rule goes with its last peer: without any it would be for everybody. */
function withoutPeer(rules: readonly Rule[], place: number, peer: number, direction: "ingress" | "egress"): Rule[] {
  const key = direction === "ingress" ? "from" : "to";
  return rules.flatMap((rule, index) => {
    if (index !== place) return [rule];
    const left = (rule[key] ?? []).filter((_peer, at) => at !== peer);
    return left.length === 0 ? [] : [{ ...rule, [key]: left }];
  });
}

/** Pairs that connect (on some port) in one matrix and not (on the same ports) in the other. */
function missingPairs(before: Reachability, after: Reachability): [string, string][] {
  return Object.entries(before).flatMap(([caller, row]) =>
    Object.entries(row)
      .filter(([callee, ports]) => JSON.stringify(after[caller]?.[callee]) !== JSON.stringify(ports))
      .map(([callee]): [string, string] => [caller, callee]),
  );
}
