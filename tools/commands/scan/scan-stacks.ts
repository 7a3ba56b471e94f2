/** What is scanned: the manifests of every stack, and of production with every option on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { stackNames } from "../../recording/project";
import { record } from "../../recording/record";
import { renderManifests } from "../../recording/manifests";
import { scan } from "./scan";
import type { Scanned } from "./scan";
import type { Tools } from "../../cluster/go-tools";

/** Name under which production with every option on is reported, and the file that switches them on. */
export const EVERY_OPTION = "every-option";
const EVERY_OPTION_FILE = ["tests", "fixtures", "every-option.yaml"];

/** Config that replaces production's, by full key. */
export function everyOption(root: string): Readonly<Record<string, unknown>> {
  const { config } = parse(readFileSync(join(root, ...EVERY_OPTION_FILE), "utf8")) as {
    config: Record<string, unknown>;
  };
  return config;
}

/** Findings by stack. */
export async function scanStacks(root: string, tools: Tools, signal?: AbortSignal): Promise<Scanned> {
  const stacks = [
    ...stackNames(root).map((stack) => ({ name: stack, stack, config: {} })),
    { name: EVERY_OPTION, stack: "prod", config: everyOption(root) },
  ];
  const scanned = await Promise.all(
    stacks.map(async ({ name, stack, config }) => {
      const recording = await record(stack, { root, config, ...(signal === undefined ? {} : { signal }) });
      return [name, await scan(tools, [...renderManifests(recording).values()], signal)] as const;
    }),
  );
  return new Map(scanned);
}
