/**
 * The `pulumi` that this project builds where a machine has none, for the try-out, the tests and the bench alone: Pulumi's CLI and
 * its Kubernetes provider from the Go module proxy, and stand-ins for the two plugins that are not served there. All lie
 * in a PULUMI_HOME of their own, so that the engine finds each by version, asks no network, and the user's home stays as
 * it is.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, compile, nodeBinary } from "../../recording/compile";
import { moduleVersion } from "../../cluster/go-mod";
import { quoted } from "../../shared/shell";
import { buildTools, builtTools, missingTools } from "../../cluster/go-tools";
import type { Tool } from "../../cluster/go-tools";
import { findPulumi } from "./find";

/** What has to be built for it. */
export const PULUMI_TOOLS: readonly Tool[] = ["pulumi", "pulumi-resource-kubernetes"];

/** Where the built one is laid out in a checkout's cache. */
const PROGRAM = join("vapora", "pulumi", "bin", "pulumi");

/** A `pulumi`. */
export interface Pulumi {
  readonly path: string;
  /** Whether it is the one this project builds. */
  readonly isBuilt: boolean;
}

/** The `pulumi` on PATH; not the one that was laid out for a checkout, which the try-out's shell has there. */
export function installedPulumi(): string | undefined {
  const path = findPulumi();
  return path?.endsWith(PROGRAM) === true ? undefined : path;
}

/** What has still to be built for a `pulumi`: nothing where one is installed. */
export function missingForPulumi(root: string): Tool[] {
  return installedPulumi() === undefined ? missingTools(root, PULUMI_TOOLS) : [];
}

/** The `pulumi` on PATH; where there is none our own, which is built if it was not. @throws UserError; Interrupted */
export async function providePulumi(
  root: string,
  progress: (what: string) => void,
  signal?: AbortSignal,
): Promise<Pulumi> {
  const path = installedPulumi();
  if (path !== undefined) return { path, isBuilt: false };
  await buildTools(root, PULUMI_TOOLS, progress, signal);
  return layOutPulumi(root, signal);
}

/** Version of the CLI that is built. */
export function builtVersion(root: string): string {
  return moduleVersion(join(root, "tools", "cluster", "go", "go.mod"), "github.com/pulumi/pulumi/pkg/v3");
}

/** Lays out the built `pulumi` for a checkout, whose packages decide the plugins' versions. @throws Interrupted */
export async function layOutPulumi(root: string, signal?: AbortSignal): Promise<Pulumi> {
  const folder = join(cacheFolder(root), "pulumi");
  const home = join(folder, "home");
  const program = join(folder, "bin", "pulumi");
  const tools = builtTools(root);
  const node = async (source: string): Promise<string> =>
    `${quoted(nodeBinary(root))} ${quoted(await compile(root, join("tools", "pulumi", "built", source), signal))}`;
  const plugin = (name: string, packageName: string, command: string): void => {
    const version = versionOf(root, packageName);
    put(
      join(home, "plugins", `${name}-v${version}`, `pulumi-${name}`),
      script(`VAPORA_PLUGIN_VERSION=${version} exec ${command} "$@"`),
    );
  };

  plugin("language-nodejs", "@pulumi/pulumi", await node("language-host.ts"));
  plugin("resource-random", "@pulumi/random", await node("random-provider.ts"));
  plugin("resource-kubernetes", "@pulumi/kubernetes", quoted(tools.path("pulumi-resource-kubernetes")));
  put(
    program,
    script(
      `export PULUMI_HOME=${quoted(home)}`,
      "export PULUMI_SKIP_UPDATE_CHECK=true PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
      // importing the SDKs then takes 0.6 s of a processor instead of 1.0
      `export NODE_COMPILE_CACHE=${quoted(join(folder, "compile"))}`,
      `exec ${quoted(tools.path("pulumi"))} "$@"`,
    ),
  );
  return { path: program, isBuilt: true };
}

function versionOf(root: string, name: string): string {
  const file = join(root, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
}

function script(...lines: readonly string[]): string {
  return ["#!/bin/sh", "# Made by tools/pulumi/built for the try-out and the tests.", ...lines, ""].join("\n");
}

/** Another process may run it at this moment: it sees the older file or the new one, and never half of one. */
function put(path: string, text: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  const unfinished = `${path}.${String(process.pid)}`;
  writeFileSync(unfinished, text, { mode: 0o755 });
  renameSync(unfinished, path);
}
