/**
 * A small stand-in for Pulumi's language host of Node, for the try-out and the tests of machines without Pulumi: it is
 * never used where Pulumi's own is. It starts the SDK of the program's node_modules, as Pulumi's own does.
 * @see https://github.com/pulumi/pulumi/blob/master/proto/pulumi/language.proto
 */
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  AboutResponse,
  GetProgramDependenciesResponse,
  GetRequiredPackagesResponse,
  GetRequiredPluginsResponse,
  LanguageHandshakeResponse,
  RunPluginResponse,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import type {
  LanguageHandshakeRequest,
  ProgramInfo,
  RunPluginRequest,
  RunRequest,
} from "@pulumi/pulumi/proto/language_pb";
import { PackageDependency, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { endWithEngine } from "./end-with-engine";

/** The SDK's program ends with it once it has told the engine its errors. */
const ERRORS_ARE_TOLD = 32;

/** The packages of a program's package.json, as the engine asks for them: those that come with a provider. */
interface Package {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly pulumi?: { readonly resource?: boolean; readonly name?: string };
}

const children = new Set<ChildProcess>();
endWithEngine();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

let engine = process.argv.find((argument) => /^[\w.]+:\d+$/.test(argument)) ?? "";

const server = new Server();
server.addService(LanguageRuntimeService, {
  handshake: unary<LanguageHandshakeRequest, LanguageHandshakeResponse>((request) => {
    engine = request.getEngineAddress();
    return new LanguageHandshakeResponse();
  }),
  getPluginInfo: unary(() => {
    const info = new PluginInfo();
    info.setVersion(process.env.VAPORA_PLUGIN_VERSION ?? "");
    return info;
  }),
  getRequiredPlugins: unary(() => new GetRequiredPluginsResponse()),
  getRequiredPackages: unary<{ getInfo: () => ProgramInfo | undefined }, GetRequiredPackagesResponse>((request) => {
    const response = new GetRequiredPackagesResponse();
    response.setPackagesList(providersOf(request.getInfo()?.getProgramDirectory() ?? ""));
    return response;
  }),
  getProgramDependencies: unary(() => new GetProgramDependenciesResponse()),
  about: unary(() => {
    const response = new AboutResponse();
    response.setExecutable(process.execPath);
    response.setVersion(process.version);
    return response;
  }),
  cancel: unary(() => new Empty()),
  run: unary(runProgram),
  runPlugin,
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  // the engine reads it
  console.log(port);
});

/** Runs a Pulumi program. */
async function runProgram(request: RunRequest): Promise<RunResponse> {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? request.getPwd();
  const { typescript = true } = (info?.getOptions()?.toJavaScript() ?? {}) as { readonly typescript?: boolean };
  const config = Object.fromEntries(request.getConfigMap().toObject());
  const args = [
    `--monitor=${request.getMonitorAddress()}`,
    `--engine=${engine}`,
    `--organization=${request.getOrganization()}`,
    `--project=${request.getProject()}`,
    `--root-directory=${info?.getRootDirectory() ?? ""}`,
    `--stack=${request.getStack()}`,
    `--pwd=${request.getPwd()}`,
    `--parallel=${String(request.getParallel())}`,
    ...(request.getDryrun() ? ["--dry-run"] : []),
    resolve(folder, info?.getEntryPoint() ?? "."),
    ...request.getArgsList(),
  ];
  const env = {
    ...process.env,
    PULUMI_NODEJS_TYPESCRIPT: String(typescript),
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
  const code = await new Promise<number>((done, failed) => {
    const program = start([sdk(folder, "cmd/run"), ...args], {
      cwd: request.getPwd(),
      env,
      stdio: ["ignore", "inherit", "inherit"],
    });
    program.on("error", failed);
    program.on("close", (ended) => {
      done(ended ?? 1);
    });
  });
  const response = new RunResponse();
  if (code === ERRORS_ARE_TOLD) response.setBail(true);
  else if (code !== 0) response.setError(`Program exited with non-zero exit code: ${String(code)}`);
  return response;
}

/** Runs a policy pack, or another plugin that is written in TypeScript. */
function runPlugin(call: ServerWritableStream<RunPluginRequest, RunPluginResponse>): void {
  const { request } = call;
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  const args =
    request.getKind() === "analyzer"
      ? [sdk(folder, "cmd/run-policy-pack"), ...request.getArgsList(), folder]
      : [sdk(folder, "cmd/run-plugin"), folder, ...request.getArgsList()];
  const environment = request.getEnvList().map((line): [string, string] => {
    const [name = "", ...value] = line.split("=");
    return [name, value.join("=")];
  });
  const plugin = start(args, {
    cwd: request.getPwd(),
    env: { ...Object.fromEntries(environment), PULUMI_NODEJS_TYPESCRIPT: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const send = (fill: (response: RunPluginResponse) => void): void => {
    const response = new RunPluginResponse();
    fill(response);
    call.write(response);
  };
  plugin.stdout?.on("data", (data: Buffer) => {
    send((response) => {
      response.setStdout(data);
    });
  });
  plugin.stderr?.on("data", (data: Buffer) => {
    send((response) => {
      response.setStderr(data);
    });
  });
  call.on("cancelled", () => plugin.kill());
  plugin.on("close", (code) => {
    send((response) => {
      response.setExitcode(code ?? 1);
    });
    call.end();
  });
}

/** Starts Node. What it runs ends with this process. */
function start(args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(process.execPath, args, options);
  children.add(child);
  child.on("close", () => children.delete(child));
  return child;
}

/** A file of the SDK that a program has. */
function sdk(folder: string, file: string): string {
  return createRequire(join(folder, "index.js")).resolve(`@pulumi/pulumi/${file}`);
}

/** Packages of a program that come with a provider. */
function providersOf(folder: string): PackageDependency[] {
  const own = join(folder, "package.json");
  if (!existsSync(own)) return [];
  const { dependencies = {} } = JSON.parse(readFileSync(own, "utf8")) as Package;
  const find = createRequire(own);
  return Object.keys(dependencies).flatMap((name) => {
    try {
      const { version, pulumi } = JSON.parse(readFileSync(find.resolve(`${name}/package.json`), "utf8")) as Package;
      if (pulumi?.resource !== true) return [];
      const found = new PackageDependency();
      found.setName(pulumi.name ?? name.replace(/^@pulumi\//, ""));
      found.setKind("resource");
      found.setVersion(version);
      return [found];
    } catch {
      // a package that tells nothing of itself is no provider's
      return [];
    }
  });
}

/** A call with one answer. */
function unary<Request, Response>(answer: (request: Request) => Response | Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    Promise.resolve(call.request)
      .then(answer)
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback(error instanceof Error ? error : new Error(String(error)));
        },
      );
  };
}
