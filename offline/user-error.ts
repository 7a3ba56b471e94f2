/** An error whose message is all a person needs: what is wrong, and what to do. Shown without a stack trace. */
export class UserError extends Error {
  public override readonly name = "UserError";
}
