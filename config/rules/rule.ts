/** What a rule between values is. */
import type { PlainSettings } from "../schema/settings";

/** A broken rule: where, and what to do. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** A value that would do, for the line to type; without one the key is to be taken out. */
  readonly remedy?: string;
}

/** The settings as far as they are right: a section that is wrong by itself is missing. */
export type Right = Partial<PlainSettings>;

/** Every place where the settings break the rule. */
export type Rule = (settings: Right) => Problem[];
