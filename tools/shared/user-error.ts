/** An error whose message is all a person needs: what is wrong, and what to do. Shown without a stack trace. */
export class UserError extends Error {
  public override readonly name = "UserError";
}

/** The program failed: `message` holds its errors, as the engine would show them. */
export class RecordError extends UserError {}

/** Thrown where somebody ended the work, by Ctrl-C or another signal. */
export class Interrupted extends UserError {
  public constructor() {
    super("Interrupted.");
  }
}
