/** What a stack says about how agents learn from the history of their executions. */
import { z } from "zod";
import "./meta";
import * as values from "./values";

/** Words that tell a task's type; the seed infers it from title and description and names no words. */
const TASK_TYPES = {
  coding: ["code", "implement", "function", "feature", "refactor", "fix", "bug"],
  deployment: ["deploy", "deployment", "release", "rollout", "infrastructure"],
  documentation: ["document", "documentation", "docs", "readme", "guide"],
  review: ["review", "audit", "feedback"],
  testing: ["test", "tests", "testing", "coverage"],
};

const recency = z
  .strictObject({
    halfLife: values.days.prefault(7).meta({
      description: "Age at which an execution counts half.",
      unit: "days",
      example: 14,
    }),
    window: values.days.prefault(7).meta({
      description: "Executions younger than this are recent.",
      unit: "days",
      example: 3,
    }),
    weight: values.recencyWeight.prefault(3).meta({
      description: "How many times a recent execution counts.",
      example: 2,
    }),
  })
  .prefault({})
  .meta({ description: "How much more the latest executions count." });

const weights = z
  .strictObject({
    base: values.share.prefault(0.3).meta({ description: "Weight of the agent's free capacity.", example: 0.2 }),
    expertise: values.share.prefault(0.5).meta({ description: "Weight of its success rate.", example: 0.6 }),
    confidence: values.share.prefault(0.2).meta({ description: "Weight of how much is known of it.", example: 0.2 }),
  })
  .prefault({})
  .meta({ description: "What an agent's score is made of. The three sum to 1." });

export const learning = z
  .strictObject({
    recency,
    fullConfidence: values.executions.default(20).meta({
      description: "Executions from which on a success rate is fully trusted.",
      unit: "executions",
      example: 30,
    }),
    weights,
    historyLimit: values.executions.default(100).meta({
      description: "Latest executions of an agent and task type that are looked at.",
      unit: "executions",
      example: 200,
    }),
    fallback: z.enum(["load", "none"], { error: "must be load or none" }).default("load").meta({
      description: "Who gets a task of which there is no history: the agent with the least load, or nobody.",
      example: "none",
    }),
    taskTypes: z
      .record(
        values.taskType,
        z
          .array(values.keyword, { error: "must be a list of words" })
          .min(1, { error: "must hold at least one word" })
          .refine((words) => new Set(words).size === words.length, { error: "must not name a word twice" }),
        { error: "must be a mapping of task types to lists of words" },
      )
      .default(TASK_TYPES)
      .meta({
        description:
          "Words of title and description that tell a task's type; most words win, then the first by name. Replaces the default as a whole.",
        example: { coding: ["code", "implement"], testing: ["test"] },
      }),
  })
  .prefault({})
  .meta({ description: "How agents learn from the history of their executions." });

/** What a stack says about learning. */
export type Learning = z.infer<typeof learning>;
