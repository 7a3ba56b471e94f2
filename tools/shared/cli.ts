/** What every command of the project shares: its form on the command line, and how it ends. */
import { Command, InvalidArgumentError } from "commander";
import { Interrupted, UserError } from "./user-error";

/** A command called `npm run <name>`. */
export function command(name: string, description: string): Command {
  return new Command(`npm run ${name} --`).description(description).showHelpAfterError("(--help shows what it takes)");
}

/** Reads the value of `--format`, which is one of some. @throws InvalidArgumentError for any other. */
export function formatOf<const Format extends string>(...formats: readonly Format[]): (text: string) => Format {
  return (text) => {
    const found = formats.find((format) => format === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be ${formats.slice(0, -1).join(", ")} or ${formats.at(-1) ?? ""}.`);
  };
}

/**
 * Runs a command. An error ends it with exit code 1: one message for a person's mistake, a stack for ours. Whoever
 * interrupts it gets 130, as from a shell.
 */
export async function main(program: Command): Promise<void> {
  // a reader that stops reading, such as `head`, ends the output and not the work
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = error instanceof Interrupted ? 130 : 1;
    if (error instanceof UserError) console.error(`error: ${error.message}`);
    else console.error(error instanceof Error ? error.stack : String(error));
  }
  // whatever may still be open, the command is over
  process.exit();
}
