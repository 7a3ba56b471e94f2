import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { reachabilityGolden } from "../../offline/goldens";
import type { NetworkPolicy, Rule } from "../../offline/network-policy";
import { pod, reachability, SURROUNDINGS } from "../../offline/reachability";
import type { Outsiders, Reachability } from "../../offline/reachability";
import { kubernetesObjects } from "../../offline/recording";
import type { Json, Recording } from "../../offline/recording";
import { recording, RECORDING_TIMEOUT, STACKS } from "../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

// After a change that is meant: npm run goldens -- --update, and read the diff.
test.each(STACKS)(
  "in stack %s exactly those reach each other that golden/%s-reachability.yaml names",
  async (stack) => {
    const path = join(__dirname, "..", "golden", `${stack}-reachability.yaml`);
    expect(reachabilityGolden(await recording(stack))).toBe(existsSync(path) ? readFileSync(path, "utf8") : undefined);
  },
);

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

  test("every workload reaches the cluster's DNS over UDP and TCP, and nothing else of kube-system", () => {
    for (const [caller, row] of Object.entries(matrix)) {
      const isWorkload = !(caller in SURROUNDINGS) && !caller.includes("stranger");
      expect([caller, row["cluster DNS"]]).toEqual([caller, isWorkload ? ["dns-tcp 53/TCP", "dns 53/UDP"] : undefined]);
      expect(row["another pod of kube-system"]).toBeUndefined();
    }
  });

  test("one removed edge cuts exactly the pair it stands for", () => {
    const edges = edgesOf(made);
    for (const edge of edges) {
      const cut = missingPairs(matrix, reachability(edge.removed));
      const others = new Set(cut.map(([caller, callee]) => (edge.direction === "egress" ? callee : caller)));
      const own = new Set(cut.map(([caller, callee]) => (edge.direction === "egress" ? caller : callee)));
      expect([edge.name, [...own], others.size]).toEqual([edge.name, [edge.policy], 1]);
    }
    expect(edges.length).toBeGreaterThan(20);
  });
});

test("what is configured opens exactly itself: scraping, external data services, an own DNS", async () => {
  const outsiders: Outsiders = {
    ...SURROUNDINGS,
    "external NATS": { cidr: "198.51.100.0/24" },
    "beside the external NATS": { cidr: "198.51.101.0/24" },
    "a scraper in observability": pod("observability", { app: "prometheus" }),
  };
  const before = reachability(await recording("prod"), outsiders);
  const scraped = await recording("prod", { "vapora:monitoring": { namespace: "observability" } });
  const opened = missingPairs(reachability(scraped, outsiders), before);
  expect(new Set(opened.map(([caller]) => caller))).toEqual(new Set(["a scraper in observability"]));
  expect(opened).toContainEqual(["a scraper in observability", "vapora-agents"]);
});

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
