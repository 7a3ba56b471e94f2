/**
 * Marks that values have on their way between a program, a monitor and the engine.
 * @see https://www.pulumi.com/docs/iac/concepts/how-pulumi-works and sdk/proto/go/resource
 */

/** Key of a value that is more than JSON; what it holds says of which kind it is. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
/** What {@link SIGNATURE} holds in a secret. */
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";
/** Stands for a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
