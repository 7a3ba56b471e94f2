#!/usr/bin/env node
/**
 * Runs one of the project's commands: `node tools/launch.js <command> [arguments]`.
 * Plain JavaScript for Node 20 and later, since it runs before anything is installed. It installs the packages of
 * package-lock.json where they are missing or different, compiles the command, tools/commands/<command>.ts or
 * tools/commands/<command>/command.ts, and runs it with the Node that the project pins.
 */
"use strict";

const { spawn } = require("node:child_process");
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { constants } = require("node:os");
const { dirname, join } = require("node:path");

const root = dirname(__dirname);
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

main(process.argv[2], process.argv.slice(3)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  },
);

async function main(command, args) {
  const commands = join(root, "tools", "commands");
  const entry = [join(commands, `${command}.ts`), join(commands, `${command}`, "command.ts")].find(existsSync);
  if (command === undefined || entry === undefined)
    throw new Error(`there is no command '${command}'; npm run help lists them`);
  if (Number(process.versions.node.split(".")[0]) < 20) {
    throw new Error(`Node 20 or later is needed to start; this is ${process.version}`);
  }
  if (!isInstalled()) {
    console.error("Installing packages (npm ci); this happens once and after a change of package-lock.json ...");
    const code = await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], ["ignore", 2, 2]);
    if (code === 128 + constants.signals.SIGINT) {
      console.error("error: Interrupted.");
      return code;
    }
    if (code !== 0) throw new Error(`npm ci failed with exit code ${code}; its own message is above`);
  }
  return run(pinnedNode(), ["--enable-source-maps", compile(command, entry), ...args]);
}

/** True if node_modules holds exactly what package-lock.json names. */
function isInstalled() {
  const wanted = packages(join(root, "package-lock.json"));
  const found = packages(join(root, "node_modules", ".package-lock.json"));
  return Object.entries(wanted).every(
    ([path, { version, optional, peer }]) =>
      path === "" || optional || peer || (found[path] !== undefined && found[path].version === version),
  );
}

/** The Node of node_modules; where npm was not allowed to install it, the one that runs this, if it is new enough. */
function pinnedNode() {
  const pinned = join(root, "node_modules", "node", "bin", "node");
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  throw new Error(
    "npm did not install the package 'node'; run npm ci with its install scripts allowed, or use Node 22",
  );
}

function packages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return {};
  }
}

function compile(command, entry) {
  const outfile = join(root, "node_modules", ".cache", "vapora", `${command}.js`);
  const { outputFiles } = require("esbuild").buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    target: "node24",
    sourcemap: "inline",
    write: false,
    outfile,
  });
  const [{ contents }] = outputFiles;
  if (!existsSync(outfile) || !readFileSync(outfile).equals(Buffer.from(contents))) {
    mkdirSync(dirname(outfile), { recursive: true });
    // another command may begin at the same moment, and must not read half a file
    const unfinished = `${outfile}.${process.pid}`;
    writeFileSync(unfinished, contents);
    renameSync(unfinished, outfile);
  }
  return outfile;
}

/** Runs a program to its end and gives its exit code. Signals go on to it; it decides how to end. */
function run(program, args, stdio = "inherit") {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio });
    const forward = (signal) => child.kill(signal);
    for (const signal of SIGNALS) process.on(signal, forward);
    child.on("error", (error) => reject(new Error(`${program} cannot be run: ${error.message}`)));
    child.on("exit", (code, signal) => {
      for (const name of SIGNALS) process.off(name, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
