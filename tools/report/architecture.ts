/** What a stack is made of and who calls whom in it, with what a change does to each box. */
import { classOf } from "./compare";
import type { Change, ChangeClass } from "./compare";
import type { Recording } from "../recording/recording";
import { trafficTable } from "../recording/traffic-table";
import { CLASSES } from "./classes";

/** A component of the program, or somebody outside the cluster whom one calls. */
export interface Box {
  /** As in the traffic table, e.g. `llmRouter`. */
  readonly name: string;
  /** `outside`: no pods of the stack, such as an external data service. */
  readonly kind: "service" | "store" | "outside";
  /** What weighs most of all that happens to its objects. */
  readonly change: ChangeClass;
}

/** A call from one box to another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** The callee's port, by name. */
  readonly port: string;
  readonly change: "unchanged" | "gained" | "lost";
}

/** The architecture of a stack. */
export interface Architecture {
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
  /** What happens to objects that belong to no box: the namespace, policies, quota, shared secrets. */
  readonly rest: ChangeClass;
}

const WORKLOADS = /:(Deployment|StatefulSet)$/;

/** The architecture of both sides together; undefined if neither says who calls whom. */
export function architectureOf(base: Recording, head: Recording, changes: readonly Change[]): Architecture | undefined {
  const [old, now] = [trafficTable(base) ?? {}, trafficTable(head) ?? {}];
  const [before, after] = [calls(old), calls(now)];
  const sides = [owners(base), owners(head)];
  const components = new Set(sides.flatMap((side) => [...side]));
  // what calls and is no component, such as the rotation of a password, is part of another box
  const arrows = [...new Map([...after, ...before])].flatMap(([key, call]): Arrow[] => {
    const change = !before.has(key) ? "gained" : after.has(key) ? "unchanged" : "lost";
    return components.has(ownerName(call.from)) ? [{ ...call, change }] : [];
  });
  if (arrows.length === 0) return undefined;
  const side = Object.keys(now).length === 0 ? base : head;
  const withPods = owners({ ...side, resources: side.resources.filter(({ type }) => WORKLOADS.test(type)) });
  const callers = new Set(arrows.map(({ from }) => from));
  const names = [...new Set(arrows.flatMap(({ from, to }) => [from, to]))].sort();
  const boxes = names.map((name): Box => {
    const kind = callers.has(name) ? "service" : withPods.has(ownerName(name)) ? "store" : "outside";
    const own = changes.filter(({ urn }) => ownerOf(urn) === ownerName(name));
    return {
      name,
      kind,
      change: ofMany(
        own,
        sides.every((known) => known.has(ownerName(name))),
      ),
    };
  });
  const known = new Set(names.map(ownerName));
  return {
    boxes,
    arrows,
    rest: ofMany(
      changes.filter(({ urn }) => !known.has(ownerOf(urn))),
      true,
    ),
  };
}

type Call = Pick<Arrow, "from" | "to" | "port">;

function calls(table: Readonly<Record<string, Readonly<Record<string, string>>>>): Map<string, Call> {
  const all = Object.entries(table).flatMap(([from, row]) =>
    Object.entries(row).map(([to, port]): [string, Call] => [JSON.stringify([from, to, port]), { from, to, port }]),
  );
  return new Map(all);
}

function owners({ resources }: Recording): Set<string> {
  return new Set(resources.map(({ urn }) => ownerOf(urn)));
}

/** The outermost component that an object is in, by its type: `surrealdb` of `vapora:index:SurrealDb$...`. */
function ownerOf(urn: string): string {
  const [, , chain = ""] = urn.split("::");
  return ownerName((chain.split("$")[0] ?? "").split(":").at(-1) ?? "");
}

/** A box and its component are called the same but for capital letters. */
function ownerName(name: string): string {
  return name.toLowerCase();
}

/** What weighs most. An object that comes or goes changes a box that stays. */
function ofMany(changes: readonly Change[], stays: boolean): ChangeClass {
  const found = new Set(changes.map(classOf));
  const worst = CLASSES.find((name) => found.has(name)) ?? "unchanged";
  return stays && (worst === "created" || worst === "deleted") ? "in-place" : worst;
}
