/** Shows steps and how far they are, and lets Ctrl-C end them in order. */
import { Listr } from "listr2";

/** One step of a command, for a list that shows progress. */
export interface Step {
  readonly title: string;
  readonly run: (progress: (what: string) => void) => Promise<void>;
}

/** Seconds between two lines about the same step where the output is no terminal. */
const QUIET_SECONDS = 10;

/** Runs steps one after the other. The first that fails ends them with its error, which is for the caller to show. */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  const isTerminal = process.stdout.isTTY;
  let failure: unknown;
  const tasks = steps.map(({ title, run }) => ({
    title,
    task: async (_: unknown, task: { output: string }) => {
      const progress = throttled(isTerminal ? 0 : QUIET_SECONDS, (text) => (task.output = text));
      await run(progress).catch((error: unknown) => {
        failure = error;
        // the list shows which step it was; what went wrong is told once, at the end
        throw new Error(title);
      });
    },
  }));
  const list = new Listr(tasks, {
    renderer: isTerminal ? "default" : "verbose",
    rendererOptions: { showTimer: true, logTitleChange: false },
    // signals are this project's own matter: see onInterrupt
    registerSignalListeners: false,
    exitOnError: true,
  } as object);
  await list.run().catch((error: unknown) => {
    throw failure ?? error;
  });
}

/** Aborts at the first SIGINT, SIGTERM or SIGHUP; further ones change nothing, since the end is already under way. */
export function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(name, () => {
      controller.abort();
    });
  }
  return controller.signal;
}

/** Progress on standard error, so that it does not mix with a result; the empty text clears the line. */
export function teller(): (text: string) => void {
  let last = "";
  return (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, 100)}`);
    else if (text !== "" && text !== last) process.stderr.write(`${text}\n`);
    last = text;
  };
}

function throttled(seconds: number, progress: (text: string) => void): (text: string) => void {
  let next = 0;
  return (text) => {
    if (Date.now() < next) return;
    next = Date.now() + seconds * 1000;
    progress(text);
  };
}
