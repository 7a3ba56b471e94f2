/** What agents and the knowledge graph are told about learning, in the words both use. */
import { stringify } from "smol-toml";
import type { Learning } from "../config/schema/learning";

/** The settings as the fields of `learning_settings:current` and of the table `[learning]` in agents.toml. */
export function learningTable({ recency, fullConfidence, weights, historyLimit, fallback, taskTypes }: Learning) {
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
export function agentsConfig(settings: Learning): string {
  return stringify({ learning: learningTable(settings) });
}
