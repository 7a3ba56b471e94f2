/** Talking to the API server of a control plane of our own, where the parts of its answers matter. */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { parse } from "yaml";
import type { KubernetesObject } from "../recording/recording";
import { Interrupted, UserError } from "../shared/user-error";

/** What an API server says where it does not do what it was asked for. */
export interface Status {
  readonly code: number;
  /** One word, e.g. `Invalid`, `Forbidden`. */
  readonly reason: string;
  readonly message: string;
  /** Every field that is wrong, where it names fields. */
  readonly causes: readonly { readonly field?: string; readonly message?: string }[];
}

/** An answer to a write. */
export interface Answer {
  /** @default - it did what it was asked for */
  readonly refused?: Status;
  readonly warnings: readonly string[];
}

/** How to write. */
export interface WriteOptions {
  /** Goes through all of admission and validation and stores nothing. @default false */
  readonly dryRun?: boolean;
}

interface Response {
  readonly code: number;
  readonly body: unknown;
  readonly warnings: readonly string[];
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const FIELD_MANAGER = "vapora-prove";

/** An API server, reached by the token of a kubeconfig of ours. Unknown and repeated fields are refused. */
export class ApiServer {
  private readonly server: string;
  private readonly token: string;
  private readonly agent: Agent;
  private readonly resources = new Map<string, Promise<readonly Resource[]>>();

  /** @param kubeconfig one that a local control plane has written */
  public constructor(
    kubeconfig: string,
    private readonly signal?: AbortSignal,
  ) {
    const { clusters, users } = parse(readFileSync(kubeconfig, "utf8")) as {
      readonly clusters: readonly { cluster: { server: string; "certificate-authority-data": string } }[];
      readonly users: readonly { user: { token: string } }[];
    };
    const [first] = clusters;
    this.server = first?.cluster.server ?? "";
    this.token = users[0]?.user.token ?? "";
    const ca = Buffer.from(first?.cluster["certificate-authority-data"] ?? "", "base64");
    this.agent = new Agent({ ca, keepAlive: true, maxSockets: 8 });
  }

  /** Server-side apply, taking fields over from others as the program's provider does. */
  public async apply(object: KubernetesObject, { dryRun = false }: WriteOptions = {}): Promise<Answer> {
    const path = await this.path(object);
    if (path === undefined) return unknownKind(object);
    const query = `?fieldManager=${FIELD_MANAGER}&fieldValidation=Strict&force=true${dryRun ? "&dryRun=All" : ""}`;
    return answer(await this.send("PATCH", `${path}/${object.metadata.name}${query}`, object));
  }

  /** Makes a new object. */
  public async create(object: KubernetesObject, { dryRun = false }: WriteOptions = {}): Promise<Answer> {
    const path = await this.path(object);
    if (path === undefined) return unknownKind(object);
    const query = `?fieldManager=${FIELD_MANAGER}&fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`;
    return answer(await this.send("POST", `${path}${query}`, object));
  }

  /** Path of the collection an object belongs to; undefined if the API server has no such kind. */
  private async path({ apiVersion, kind, metadata }: KubernetesObject): Promise<string | undefined> {
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const known = this.resources.get(group) ?? this.list(group);
    this.resources.set(group, known);
    const resource = (await known).find((one) => one.kind === kind && !one.name.includes("/"));
    if (resource === undefined) return undefined;
    const namespace = resource.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    return `${group}${namespace}/${resource.name}`;
  }

  private async list(group: string): Promise<readonly Resource[]> {
    const { code, body } = await this.send("GET", group);
    return code === 200 ? (body as { readonly resources: readonly Resource[] }).resources : [];
  }

  private send(method: string, path: string, body?: unknown): Promise<Response> {
    return new Promise((resolve, reject) => {
      const type = method === "PATCH" ? "application/apply-patch+yaml" : "application/json";
      const headers = { authorization: `Bearer ${this.token}`, "content-type": type };
      const options = { method, headers, agent: this.agent, timeout: 60_000, signal: this.signal };
      const sent = request(`${this.server}${path}`, options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("error", reject).on("end", () => {
          const warnings = [response.headers.warning ?? []].flat().flatMap(warningTexts);
          resolve({ code: response.statusCode ?? 0, body: parsed(text), warnings });
        });
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer within 60 s")));
      sent.on("error", (error) => {
        const isOver = this.signal?.aborted === true;
        reject(isOver ? new Interrupted() : new UserError(`The API server ${this.server}: ${error.message}`));
      });
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** The API server answers in JSON, but for a group it does not know. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { message: text.trim() };
  }
}

function answer({ code, body, warnings }: Response): Answer {
  if (code < 300) return { warnings };
  const {
    reason = "",
    message = "",
    details,
  } = body as {
    readonly reason?: string;
    readonly message?: string;
    readonly details?: { readonly causes?: Status["causes"] };
  };
  return { refused: { code, reason, message, causes: details?.causes ?? [] }, warnings };
}

function unknownKind({ apiVersion, kind }: KubernetesObject): Answer {
  const message = `the cluster has no kind ${kind} of ${apiVersion}`;
  return { refused: { code: 404, reason: "UnknownKind", message, causes: [] }, warnings: [] };
}

/** Texts of a header such as `299 - "first", 299 - "second"`. */
function warningTexts(header: string): string[] {
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replaceAll('\\"', '"'));
}
