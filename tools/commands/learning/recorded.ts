/** What a recorded stack tells its agents about learning. */
import { parse } from "smol-toml";
import type { learningTable } from "../../../knowledge-graph/learning-table";
import { kubernetesObjects } from "../../recording/recording";
import type { Recording } from "../../recording/recording";

/** Settings of learning, as the database and agents.toml hold them. */
export type LearningTable = ReturnType<typeof learningTable>;

/** The settings in the agents' agents.toml; undefined if the program does not know of learning yet. */
export function learningOf(recording: Recording): LearningTable | undefined {
  const files = kubernetesObjects(recording)
    .filter(({ object }) => object.kind === "ConfigMap")
    .map(({ object }) => (object.data ?? {}) as Readonly<Record<string, string>>);
  const text = files.find((data) => "agents.toml" in data)?.["agents.toml"];
  return text === undefined ? undefined : (parse(text).learning as LearningTable | undefined);
}
