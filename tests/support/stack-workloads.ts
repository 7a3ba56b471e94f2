/** What runs, as stack files may describe it: valid, made up without the schema. */
import fc from "fast-check";
import type { Arb, Section, Value } from "./stack-values";
import * as values from "./stack-values";
import { mapping, section } from "./stack-values";

const FOLDERS = ["/tmp", "/run/x_1", "/home/a.b/cache"];

/** Requests never above limits, in every way they can be written; with folders and a volume that fit. */
const sizes = fc
  .record({
    cpu: fc.integer({ min: 1, max: 64 }),
    more: fc.nat(64),
    memory: fc.integer({ min: 1, max: 64 }),
    style: fc.nat(2),
    folders: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }),
    volume: fc.integer({ min: 1, max: 8 }),
    ephemeral: fc.constantFrom("no", "limit", "both"),
  })
  .map(({ cpu, more, memory, style, folders, volume, ephemeral }) => {
    const cores = (n: number): Value => [String(n / 4), n / 4, `${String(n * 250)}m`][style] ?? n;
    const bytes = (n: number): Value => [`${String(n)}Gi`, `${String(n * 1024)}Mi`, n * 2 ** 30][style] ?? n;
    // 1 for the folder /tmp, which is there in any case
    const sum = folders.reduce((total, folder) => total + folder, folders.length === 0 ? 1 : 0) + volume;
    const requests: Section = { cpu: cores(cpu), memory: bytes(memory) };
    const limits: Section = { cpu: cores(cpu + more), memory: bytes(memory + more) };
    if (ephemeral !== "no") limits.ephemeralStorage = bytes(sum + more);
    if (ephemeral === "both") requests.ephemeralStorage = bytes(sum);
    const scratch = Object.fromEntries(folders.map((folder, index) => [FOLDERS[index] ?? "", bytes(folder)]));
    return { resources: { requests, limits }, scratch: scratch, volume: bytes(volume) };
  });

/** Any part of it may be left out; what is said is never above what holds for the rest. */
function shutdown(drain: number): fc.Arbitrary<Section> {
  return fc
    .record({
      delay: fc.option(fc.integer({ min: 1, max: 600 })),
      drain: fc.option(fc.integer({ min: 1, max: 7200 })),
      rest: fc.option(fc.integer({ min: 1, max: 7200 })),
      style: fc.nat(2),
    })
    .map(({ style, rest, ...said }) => ({
      ...(said.delay === null ? {} : { delay: values.duration(said.delay, style) }),
      ...(said.drain === null ? {} : { drain: values.duration(said.drain, style) }),
      ...(rest === null
        ? {}
        : { gracePeriod: values.duration((said.delay ?? 5) + (said.drain ?? drain) + rest, style) }),
    }));
}

const behavior = section({}, { stabilization: values.durations(3600), pods: fc.integer({ min: 1, max: 1000 }) });
const percent = fc.integer({ min: 1, max: 100 });
const autoscaling = fc
  .record({
    min: fc.integer({ min: 1, max: 20 }),
    more: fc.integer({ min: 1, max: 20 }),
    measures: fc.oneof(
      section({ cpuUtilization: percent }, { memoryUtilization: percent }),
      section({ memoryUtilization: percent }),
    ),
    rest: section({}, { scaleUp: behavior, scaleDown: behavior }),
  })
  .map(({ min, more, measures, rest }): Section => ({
    minReplicas: min,
    maxReplicas: min + more,
    ...measures,
    ...rest,
  }));

/** Who decides the number of pods. */
const pods = fc.oneof(
  { weight: 2, arbitrary: fc.nat(5).map((replicas): Section => ({ replicas })) },
  { weight: 1, arbitrary: section({ autoscaling }) },
);

const effect = { effect: fc.constantFrom("NoSchedule", "PreferNoSchedule", "NoExecute") };
const toleration = fc.oneof(
  section({ key: values.labelKey }, { operator: fc.constant("Equal"), value: values.labelValue, ...effect }),
  section({ operator: fc.constant("Exists") }, { key: values.labelKey, ...effect }),
);
const uid = fc.integer({ min: 1, max: 2_147_483_647 });

/** Optional keys of everything that runs. */
const placement = {
  nodeSelector: mapping(values.labelKey, values.labelValue),
  tolerations: fc.array(toleration, { maxLength: 2 }),
  priorityClassName: values.dns,
  runtimeClassName: values.dns,
  podAnnotations: values.annotations,
  serviceAccountAnnotations: values.annotations,
  runAs: section({}, { user: uid, group: uid }),
};

const envName = fc.oneof(
  fc.constant("RUST_LOG"),
  fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,10}$/).map((text) => `X${text}`),
);
const env = mapping(envName, fc.oneof(fc.string(), fc.nat(), fc.boolean()));

/** What a service has beside the keys that all of them share. */
interface Own {
  readonly required?: Record<string, Arb>;
  readonly optional?: Record<string, Arb>;
  /** Seconds its pods drain where nothing is said. @default 30 */
  readonly drain?: number;
}

/** A service, and the size of a folder that its pods have room for. */
function sized({ required = {}, optional = {}, drain = 30 }: Own): fc.Arbitrary<{ service: Section; room: Value }> {
  const fields = section(
    { image: values.image, ...required },
    { ...placement, env, shutdown: shutdown(drain), ...optional },
  );
  return fc.tuple(fields, pods, sizes).map(([rest, number, { resources, scratch, volume }]) => ({
    service: { ...rest, ...number, resources, ...(Object.keys(scratch).length > 0 ? { scratch } : {}) },
    room: volume,
  }));
}

/** A service without a volume. */
export function service(own: Own = {}): fc.Arbitrary<Section> {
  return sized(own).map(({ service: made }) => made);
}

const claim = section({ size: values.size }, { storageClass: values.dns });

/** A service with a volume; `modes` are those it may have. */
export function withClaim(modes: readonly string[], own: Own = {}): fc.Arbitrary<Section> {
  const optional = {
    log: values.word,
    readinessPath: fc.constantFrom("/", "/ready", "/v1/a.b~c_d-e/"),
    ...own.optional,
  };
  return fc
    .tuple(sized({ ...own, optional }), claim, fc.constantFrom(...modes), fc.boolean(), fc.boolean())
    .map(([{ service: made, room }, storage, mode, isMany, isSaid]): Section => {
      if (mode === "ephemeral") return { ...made, storage: { mode, size: room } };
      const several = made.autoscaling !== undefined || Number(made.replicas) > 1;
      const accessMode = isMany || (several && mode === "shared") ? "ReadWriteMany" : "ReadWriteOnce";
      return {
        ...made,
        storage: {
          ...storage,
          ...(mode === "shared" && isSaid ? {} : { mode }),
          ...(accessMode === "ReadWriteOnce" && isSaid ? {} : { accessMode }),
        },
      };
    });
}

/** A data service that the stack brings along. */
export function bundled(optional: Record<string, Arb> = {}): fc.Arbitrary<Section> {
  return fc
    .tuple(section({ image: values.image, storage: claim }, { ...placement, ...optional }), sizes)
    .map(([rest, { resources }]) => ({ ...rest, resources }));
}

/** A claim that is kept from a data service that was bundled before. */
export const keptClaim = claim;
