/** Names a person types. */
import { distance } from "fastest-levenshtein";
import { UserError } from "../../shared/user-error";

/** Names that are shown of many. */
const SHOWN = 10;

/** The name if it is known. @throws UserError with the nearest ones, if it is not. */
export function one(what: string, name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  const nearest = [...known].sort((a, b) => distance(name, a) - distance(name, b)).slice(0, SHOWN);
  const more = known.length > SHOWN ? ` and ${String(known.length - SHOWN)} more` : "";
  throw new UserError(`There is no ${what} '${name}'. There are: ${nearest.join(", ")}${more}.`);
}
