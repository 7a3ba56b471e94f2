/** The classes of change, in a reader's words. */
import type { ChangeClass } from "./compare";

/** What becomes of an object. */
export const WORDS: Readonly<Record<ChangeClass, string>> = {
  "data-at-risk": "at risk of losing data",
  deleted: "deleted",
  replaced: "replaced",
  rolls: "rolling",
  created: "created",
  "in-place": "updated in place",
  metadata: "with other labels, annotations or protection",
  unchanged: "unchanged",
};

/** From what matters most to what matters least. */
export const CLASSES = Object.keys(WORDS) as ChangeClass[];
