/** What a key says about itself. One declaration serves the types, the checks, the editor's schema and the docs. */
import "zod";

declare module "zod" {
  // the name is zod's: what `.meta()` takes
  interface GlobalMeta {
    /** Unit of the value, e.g. `cores`. */
    unit?: string;
    /** What holds where an optional key is not set, as a fact. */
    absent?: string;
    /** A value that could stand there. */
    example?: unknown;
  }
}
