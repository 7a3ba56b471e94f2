/** A resource monitor that records what a program registers and answers as a preview on an empty cluster would. */
import { createHmac } from "node:crypto";
import * as emptyProto from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as proto from "@pulumi/pulumi/proto/resource_pb";
import { UNREAD } from "./recording";
import type { Json, Path, RecordedResource, StackOutputs } from "./recording";
import { SECRET, SIGNATURE, UNKNOWN } from "./wire-format";

const STACK_TYPE = "pulumi:pulumi:Stack";
const STACK_REFERENCE = "pulumi:pulumi:StackReference";
/** Secret outputs of random resources that are not inputs; a RandomUuid has no secret output. */
const RANDOM_RESULTS: Readonly<Record<string, string>> = {
  "random:index/randomPassword:RandomPassword": "result",
  "random:index/randomString:RandomString": "result",
  "random:index/randomBytes:RandomBytes": "base64",
};

type Values = Record<string, Json>;
type Callback<T> = (error: Error | null, response: T | undefined) => void;

/** A recorded resource before the run is over: registered outputs come last. */
type Draft = { -readonly [K in keyof RecordedResource]: RecordedResource[K] };

/**
 * The recording monitor. `seed` decides the made-up results of random resources; `references` are the stacks a program
 * may refer to, by full name.
 */
export class RecordingMonitor {
  public readonly resources: Draft[] = [];
  public readonly errors: string[] = [];
  private readonly byUrn = new Map<string, Draft>();

  public constructor(
    private readonly project: string,
    private readonly stack: string,
    private readonly seed: string,
    private readonly references: Readonly<Record<string, StackOutputs>> = {},
  ) {}

  public getDeploymentInfo(_request: emptyProto.Empty, callback: Callback<proto.DeploymentInfo>): void {
    const features = proto.ResourceMonitorFeature;
    const response = new proto.DeploymentInfo();
    response.setSupportedfeaturesList([
      features.RESOURCE_MONITOR_FEATURE_SECRETS,
      features.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
      features.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
      features.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
      features.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
      features.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    ]);
    callback(null, response);
  }

  public supportsFeature(
    _request: proto.SupportsFeatureRequest,
    callback: Callback<proto.SupportsFeatureResponse>,
  ): void {
    callback(null, new proto.SupportsFeatureResponse());
  }

  public registerResource(
    request: proto.RegisterResourceRequest,
    callback: Callback<proto.RegisterResourceResponse>,
  ): void {
    const urn = this.urn(request.getParent(), request.getType(), request.getName());
    if (this.byUrn.has(urn)) {
      this.fail(`two resources are registered as ${urn}; give one of them another name`, callback);
      return;
    }
    const raw = structValues(request.getObject());
    const inputs = reveal(raw);
    const resource: Draft = {
      urn,
      type: request.getType(),
      name: request.getName(),
      custom: request.getCustom(),
      ...(request.getParent() === "" ? {} : { parent: request.getParent() }),
      inputs: inputs.values,
      secretInputs: inputs.secrets,
      dependencies: request.getDependenciesList(),
      propertyDependencies: propertyDependencies(request),
      ...(request.getProvider() === "" ? {} : { provider: request.getProvider().replace(/::[^:]*$/, "") }),
      options: options(request),
      outputs: {},
      secretOutputs: [],
    };
    this.byUrn.set(urn, resource);
    this.resources.push(resource);

    const response = new proto.RegisterResourceResponse();
    response.setUrn(urn);
    if (resource.custom) response.setId(request.getName());
    response.setObject(Struct.fromJavaScript({ ...raw, ...this.results(resource) }));
    callback(null, response);
  }

  public registerResourceOutputs(
    request: proto.RegisterResourceOutputsRequest,
    callback: Callback<emptyProto.Empty>,
  ): void {
    const resource = this.byUrn.get(request.getUrn());
    if (resource === undefined) {
      this.fail(`outputs are registered for ${request.getUrn()}, which is not there`, callback);
      return;
    }
    const { values, secrets } = reveal(structValues(request.getOutputs()));
    resource.outputs = values;
    resource.secretOutputs = secrets;
    callback(null, new emptyProto.Empty());
  }

  /** There is no cluster to read from; what can be read all the same is in {@link readable}. */
  public readResource(request: proto.ReadResourceRequest, callback: Callback<proto.ReadResourceResponse>): void {
    const found = this.readable(request.getType(), request.getId());
    if (typeof found === "string") {
      this.fail(`${request.getType()} '${request.getName()}' ${found}`, callback);
      return;
    }
    const response = new proto.ReadResourceResponse();
    response.setUrn(this.urn(request.getParent(), request.getType(), request.getName()));
    response.setProperties(Struct.fromJavaScript(found));
    callback(null, response);
  }

  public invoke(request: proto.ResourceInvokeRequest, callback: Callback<never>): void {
    this.fail(`the function ${request.getTok()} is called, which a recording cannot answer`, callback);
  }

  public registerResourceHook(_request: proto.RegisterResourceHookRequest, callback: Callback<emptyProto.Empty>): void {
    // which hooks a resource has stands in its options; nothing is updated here, so none is called
    callback(null, new emptyProto.Empty());
  }

  public close(): void {
    // the SDK closes its monitor at the end of a run; there is no connection here
  }

  /** The outputs of other stacks; and what tells clusters apart, of whose value nothing is made. Else why it cannot be. */
  private readable(type: string, id: string): Values | string {
    if (type === STACK_REFERENCE) {
      const referred = this.references[id];
      const known = Object.keys(this.references).join(", ") || "none";
      if (referred === undefined) return `is not among the stacks this recording knows: ${known}`;
      return { name: id, ...referredOutputs(referred) };
    }
    if (type === "kubernetes:core/v1:Namespace" && id === "kube-system") return { metadata: UNKNOWN };
    return "is read from a cluster, which a recording does not have";
  }

  private fail<T>(message: string, callback: Callback<T>): void {
    this.errors.push(message);
    callback(new Error(message), undefined);
  }

  private urn(parent: string, type: string, name: string): string {
    const parentType = parent.split("::")[2];
    const chain = parentType === undefined || parentType === STACK_TYPE ? type : `${parentType}$${type}`;
    return `urn:pulumi:${this.stack}::${this.project}::${chain}::${name}`;
  }

  /** Outputs that are not inputs: a random resource's result, secret as in a real run. */
  private results({ type, urn, inputs }: Draft): Values {
    const hmac = createHmac("sha512", this.seed).update(urn);
    if (type === "random:index/randomUuid:RandomUuid") return { result: uuid(hmac.digest("hex")) };
    const output = RANDOM_RESULTS[type];
    if (output === undefined) return {};
    const digest = hmac.digest("base64").replace(/[^A-Za-z0-9]/g, "");
    const length = typeof inputs.length === "number" ? inputs.length : 32;
    const result = digest.repeat(Math.ceil(length / digest.length)).slice(0, length);
    return { [output]: { [SIGNATURE]: SECRET, value: result } };
  }
}

/** Hexadecimal digits in the form of a UUID. */
function uuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

/** A stack's outputs as an engine hands them over: secret ones marked, and their names beside them. */
function referredOutputs({ outputs, secretOutputs }: StackOutputs): Values {
  const secret = [...new Set(secretOutputs.flatMap(([name]) => name ?? []))];
  const marked = Object.entries(outputs).map(([name, value]): [string, Json] => [
    name,
    secret.includes(name) ? { [SIGNATURE]: SECRET, value } : value,
  ]);
  return { outputs: Object.fromEntries(marked), secretOutputNames: secret };
}

function structValues(struct: Struct | undefined): Values {
  return struct?.toJavaScript() ?? {};
}

/** Takes the secret marks out of a value and says where they were. */
function reveal(values: Values): { values: Values; secrets: Path[] } {
  const secrets: Path[] = [];
  const walk = (value: Json, path: Path): Json => {
    if (value === UNKNOWN) return UNREAD;
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, String(index)]));
    if (typeof value !== "object" || value === null) return value;
    if (value[SIGNATURE] === SECRET) {
      secrets.push(path);
      return walk(value.value ?? null, path);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { values: walk(values, []) as Values, secrets };
}

function propertyDependencies(request: proto.RegisterResourceRequest): Record<string, string[]> {
  const dependencies: Record<string, string[]> = {};
  request.getPropertydependenciesMap().forEach((value, property) => {
    if (value.getUrnsList().length > 0) dependencies[property] = value.getUrnsList();
  });
  return dependencies;
}

/** Names of the resource options in the monitor's protocol. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  protect: "protect",
  customtimeouts: "customTimeouts",
  deletebeforereplace: "deleteBeforeReplace",
  ignorechangesList: "ignoreChanges",
  replaceonchangesList: "replaceOnChanges",
  retainondelete: "retainOnDelete",
  deletedwith: "deletedWith",
  replaceWithList: "replaceWith",
  replacementTrigger: "replacementTrigger",
  additionalsecretoutputsList: "additionalSecretOutputs",
  aliasesList: "aliases",
  aliasurnsList: "aliasUrns",
  importid: "import",
  version: "version",
  plugindownloadurl: "pluginDownloadUrl",
  hidediffsList: "hideDiffs",
  hooks: "hooks",
  transformsList: "transforms",
};

function options(request: proto.RegisterResourceRequest): Values {
  const fields = Object.entries(request.toObject(false) as Values);
  const named = fields.flatMap(([field, value]): [string, Json][] => {
    const name = OPTION_NAMES[field];
    return name === undefined ? [] : [[name, withoutUnset(value)]];
  });
  return Object.fromEntries(named.filter(([, value]) => isSet(value)));
}

/** The protocol fills what is unset with empty values, and escapes the name `delete`. */
function withoutUnset(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutUnset);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([key, item]): [string, Json] => [
    key.replace(/^pb_/, ""),
    withoutUnset(item),
  ]);
  return Object.fromEntries(fields.filter(([, item]) => isSet(item)));
}

function isSet(value: Json | undefined): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== "" && value !== false;
}
