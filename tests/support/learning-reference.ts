/** Learning as the facts say it, written without a look at the database's functions. */

export interface Execution {
  readonly id: string;
  readonly agent: string;
  readonly taskType: string;
  readonly success: boolean;
  /** ISO 8601. */
  readonly at: string;
}

export interface Agent {
  readonly id: string;
  readonly load: number;
  readonly available: boolean;
}

export interface Parameters {
  readonly halfLife: number;
  readonly window: number;
  readonly weight: number;
  readonly fullConfidence: number;
  readonly historyLimit: number;
  readonly weights: { readonly base: number; readonly expertise: number; readonly confidence: number };
  readonly fallback: "load" | "none";
}

export interface History {
  readonly agents: readonly Agent[];
  readonly executions: readonly Execution[];
  readonly parameters: Parameters;
  /** The moment that is asked about. */
  readonly now: string;
}

export interface Ranked {
  readonly agent: string;
  readonly score: number;
  readonly by: "learning" | "load";
}

export interface Profile {
  readonly executions: number;
  readonly successRate: number;
  readonly recentSuccessRate: number;
  readonly confidence: number;
  readonly curve: readonly { readonly day: string; readonly executions: number; readonly successRate: number }[];
}

const DAY = 24 * 60 * 60 * 1000;

/** 2^(-age / half-life), times the weight while it is younger than the window. */
export function recencyWeight(age: number, { halfLife, window, weight }: Parameters): number {
  return 2 ** (-age / halfLife) * (age < window ? weight : 1);
}

/** The latest executions up to the moment, at most as many as the limit; at the same instant, by name. */
function latest({ executions, parameters, now }: History, agent: string, taskType: string): Execution[] {
  return executions
    .filter((one) => one.agent === agent && one.taskType === taskType && Date.parse(one.at) <= Date.parse(now))
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || (a.id < b.id ? -1 : 1))
    .slice(0, parameters.historyLimit);
}

function share(part: readonly number[], whole: readonly number[]): number {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  return sum(whole) === 0 ? 0 : sum(part) / sum(whole);
}

export function profileOf(history: History, agent: string, taskType: string): Profile {
  const { parameters, now } = history;
  const some = latest(history, agent, taskType);
  const weightOf = ({ at }: Execution): number => recencyWeight((Date.parse(now) - Date.parse(at)) / DAY, parameters);
  const rate = (of: readonly Execution[]): number =>
    share(
      of.filter(({ success }) => success).map(() => 1),
      of.map(() => 1),
    );
  const days = [...new Set(some.map(({ at }) => at.slice(0, 10)))].sort();
  return {
    executions: some.length,
    successRate: rate(some),
    recentSuccessRate: share(some.filter(({ success }) => success).map(weightOf), some.map(weightOf)),
    confidence: Math.min(1, some.length / parameters.fullConfidence),
    curve: days.map((day) => {
      const ofDay = some.filter(({ at }) => at.startsWith(day));
      return { day, executions: ofDay.length, successRate: rate(ofDay) };
    }),
  };
}

/** The best first; between equals who has less to do, then by name. Without any history by load alone, or nobody. */
export function rankingOf(history: History, taskType: string, isRecent: boolean): Ranked[] {
  const { agents, parameters } = history;
  const { weights, fallback } = parameters;
  const candidates = agents
    .filter(({ available }) => available)
    .map(({ id, load }) => ({ id, load, profile: profileOf(history, id, taskType) }));
  const isKnown = candidates.some(({ profile }) => profile.executions > 0);
  if (!isKnown && fallback === "none") return [];
  const ranked = candidates.map(({ id, load, profile }) => {
    const expertise = isRecent ? profile.recentSuccessRate : profile.successRate;
    const learned = weights.base * (1 - load) + weights.expertise * expertise + weights.confidence * profile.confidence;
    return { agent: id, load, score: isKnown ? learned : 1 - load, by: isKnown ? "learning" : "load" } as const;
  });
  const isEqual = (a: number, b: number): boolean => Math.abs(a - b) < 1e-11;
  return ranked
    .sort(
      (a, b) => (isEqual(a.score, b.score) ? 0 : b.score - a.score) || a.load - b.load || (a.agent < b.agent ? -1 : 1),
    )
    .map(({ agent, score, by }) => ({ agent, score, by }));
}
