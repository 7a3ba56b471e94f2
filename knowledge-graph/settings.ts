/** What agents and the knowledge graph are told about learning, in the words both use. */
import { stringify } from "smol-toml";

/** Settings of learning, as a stack's config gives them. */
export interface LearningSettings {
  readonly recency: {
    /** Age in days at which an execution counts half. */
    readonly halfLife: number;
    /** Age in days up to which an execution is recent. */
    readonly window: number;
    /** How many times a recent one counts. */
    readonly weight: number;
  };
  /** Executions from which on a success rate is fully trusted. */
  readonly fullConfidence: number;
  /** Parts of a score; they sum to 1. */
  readonly weights: Readonly<Record<"base" | "expertise" | "confidence", number>>;
  /** Latest executions of an agent and task type that are looked at. */
  readonly historyLimit: number;
  /** Who gets a task of which there is no history. */
  readonly fallback: "load" | "none";
  /** Words that tell a task's type, by type. */
  readonly taskTypes: Readonly<Record<string, readonly string[]>>;
}

/** The settings as the fields of `learning_settings:current` and of the table `[learning]` in agents.toml. */
export function learningTable({
  recency,
  fullConfidence,
  weights,
  historyLimit,
  fallback,
  taskTypes,
}: LearningSettings) {
  return {
    recency: { half_life_days: recency.halfLife, window_days: recency.window, weight: recency.weight },
    full_confidence: fullConfidence,
    weights,
    history_limit: historyLimit,
    fallback,
    task_types: Object.fromEntries(Object.entries(taskTypes).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** agents.toml. */
export function agentsConfig(settings: LearningSettings): string {
  return stringify({ learning: learningTable(settings) });
}
