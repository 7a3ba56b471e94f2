/** The database's functions against an independent reference, on made-up histories. */
import fc from "fast-check";
import { learningTable } from "../../../knowledge-graph/learning-table";
import { applied, learning, resultOf, surrealql, written } from "../../support/knowledge-graph";
import type { Step } from "../../support/knowledge-graph";
import type { History, Parameters, Profile } from "../../support/learning-reference";
import { profileOf, rankingOf, recencyWeight } from "../../support/learning-reference";

jest.setTimeout(300_000);

const RUNS = 1000;
const SEED = 5;
const PRECISION = 1e-9;
const NOW = "2026-03-01T12:00:00.000Z";
const DAY = 24 * 60 * 60 * 1000;
const TYPES = ["coding", "testing"];

// few different values, so that there are ties: of age, of load, of score
const age = fc.oneof(
  fc.constantFrom(0, 7 * DAY, 14 * DAY, DAY / 2, 7 * DAY - 1),
  fc.integer({ min: -DAY, max: 60 * DAY }),
);
const parameters: fc.Arbitrary<Parameters> = fc.record({
  halfLife: fc.constantFrom(7, 1, 0.5, 30),
  window: fc.constantFrom(7, 1, 14),
  weight: fc.constantFrom(3, 1, 2.5),
  fullConfidence: fc.integer({ min: 1, max: 30 }),
  historyLimit: fc.constantFrom(100, 5, 12),
  weights: fc.constantFrom(
    { base: 0.3, expertise: 0.5, confidence: 0.2 },
    { base: 0, expertise: 1, confidence: 0 },
    { base: 0.1, expertise: 0.2, confidence: 0.7 },
  ),
  fallback: fc.constantFrom("load", "load", "none"),
});
const history: fc.Arbitrary<History> = fc
  .tuple(
    parameters,
    fc.array(fc.record({ load: fc.constantFrom(0, 0.25, 0.5, 1, 0.1), isAway: fc.nat(5) }), { maxLength: 4 }),
    fc.array(fc.record({ agent: fc.nat(), type: fc.nat(2), success: fc.boolean(), age }), { maxLength: 60 }),
  )
  .map(([some, agents, executions]) => ({
    parameters: some,
    now: NOW,
    agents: agents.map(({ load, isAway }, index) => ({ id: `a${String(index)}`, load, available: isAway > 0 })),
    executions:
      agents.length === 0
        ? []
        : executions.map((one, index) => ({
            id: `e${String(index).padStart(3, "0")}`,
            agent: `a${String(one.agent % agents.length)}`,
            // most are of one type, so that some histories are longer than the limit
            taskType: TYPES[one.type === 2 ? 1 : 0] ?? "",
            success: one.success,
            at: new Date(Date.parse(NOW) - one.age).toISOString(),
          })),
  }));

interface Rows {
  readonly rank: readonly Row[];
  readonly recent: readonly Row[];
  readonly best?: Row;
  readonly profiles: readonly {
    readonly agent: string;
    readonly executions: number;
    readonly success_rate: number;
    readonly recent_success_rate: number;
    readonly confidence: number;
    readonly curve: readonly { readonly day: string; readonly executions: number; readonly success_rate: number }[];
  }[];
}

interface Row {
  readonly agent: string;
  readonly score: number;
  readonly by: string;
}

/** Asks everything about one type, in place of the history before. */
function asked(one: History): Step[] {
  const { halfLife, window, weight, ...rest } = one.parameters;
  const settings = learningTable({ ...learning(), ...rest, recency: { halfLife, window, weight } });
  return [
    { sql: "DELETE execution; DELETE agent; UPSERT learning_settings:current CONTENT $settings", vars: { settings } },
    written(one),
    {
      sql: `RETURN $types.map(|$type: string| {
        rank: fn::rank($type, NONE, <datetime>$now),
        recent: fn::rank_with_recency($type, NONE, <datetime>$now),
        best: fn::select_best($type, NONE, <datetime>$now),
        profiles: fn::load_profiles((SELECT VALUE id FROM agent), $type, <datetime>$now)
      })`,
      vars: { now: one.now, types: TYPES },
    },
  ];
}

function expectClose(found: number | undefined, wanted: number, what: string): void {
  if (found === undefined || !(Math.abs(found - wanted) <= PRECISION)) {
    throw new Error(`${what}: ${String(found)} and not ${String(wanted)}`);
  }
}

function expectRanking(found: readonly Row[], one: History, type: string, isRecent: boolean): void {
  const wanted = rankingOf(one, type, isRecent);
  expect(found.map(({ agent, by }) => `${agent} ${by}`)).toEqual(wanted.map(({ agent, by }) => `agent:${agent} ${by}`));
  found.forEach(({ score, agent }, index) => {
    expectClose(score, wanted[index]?.score ?? NaN, agent);
  });
}

function expectProfile(found: Rows["profiles"][number], wanted: Profile): void {
  expect(found.executions).toBe(wanted.executions);
  expectClose(found.success_rate, wanted.successRate, "success rate");
  expectClose(found.recent_success_rate, wanted.recentSuccessRate, "recent success rate");
  expectClose(found.confidence, wanted.confidence, "confidence");
  expect(found.curve.map(({ day, executions }) => [day.slice(0, 10), executions])).toEqual(
    wanted.curve.map(({ day, executions }) => [day, executions]),
  );
  found.curve.forEach(({ success_rate, day }, index) => {
    expectClose(success_rate, wanted.curve[index]?.successRate ?? NaN, day);
  });
}

test(`rankings and profiles are the reference's on ${String(RUNS)} histories`, () => {
  const histories = fc.sample(history, { numRuns: RUNS, seed: SEED });
  const answers = surrealql([applied(), ...histories.flatMap(asked)]).slice(1);
  const seen = { empty: 0, ties: 0, cut: 0, later: 0, load: 0, nobody: 0, order: 0 };
  histories.forEach((one, index) => {
    const [before, wrote, answer] = answers.slice(3 * index, 3 * index + 3);
    expect([before?.error, wrote?.error]).toEqual([undefined, undefined]);
    const rows = resultOf(answer ?? {}) as readonly Rows[];
    TYPES.forEach((type, place) => {
      const { rank = [], recent = [], best, profiles = [] } = rows[place] ?? {};
      expectRanking(rank, one, type, false);
      expectRanking(recent, one, type, true);
      expect(best).toEqual(rank[0]);
      expect(profiles.length).toBe(one.agents.length);
      for (const profile of profiles) {
        expectProfile(profile, profileOf(one, profile.agent.replace("agent:", ""), type));
        if (profile.executions === one.parameters.historyLimit) seen.cut++;
      }
      if (new Set(rank.map(({ score }) => score)).size < rank.length) seen.ties++;
      if (rank[0]?.by === "load") seen.load++;
      if (rank.length === 0 && one.agents.some(({ available }) => available)) seen.nobody++;
      if (rank[0]?.agent !== recent[0]?.agent) seen.order++;
    });
    if (one.executions.length === 0) seen.empty++;
    if (one.executions.some(({ at }) => at > NOW)) seen.later++;
  });
  // each kind of history was among them
  expect(Object.entries(seen).filter(([, count]) => count < 5)).toEqual([]);
});

test("the seed's examples hold in the database and in the reference", () => {
  const [, answer] = surrealql([
    applied(),
    {
      sql: `LET $recency = fn::learning_settings().recency;
        RETURN { weights: [0, 7, 14].map(|$age: number| fn::recency_weight($age, $recency)),
          confidence: [0, 10, 20, 40].map(|$count: int| fn::confidence($count, 20)) }`,
    },
  ]);
  expect(resultOf(answer)).toEqual({ weights: [3, 0.5, 0.25], confidence: [0, 0.5, 1, 1] });
  const seeds = { halfLife: 7, window: 7, weight: 3 } as Parameters;
  expect([0, 7, 14].map((days) => recencyWeight(days, seeds))).toEqual([3, 0.5, 0.25]);
});
