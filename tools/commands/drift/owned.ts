/** Which part of a live object is the program's: what server-side apply would set, were it deployed again. */
import { isQuantity, parseQuantity } from "../../../config/schema/quantity";
import type { Json, KubernetesObject } from "../../recording/recording";
import type { Schema, Schemas } from "./schemas";

/** A value on its three sides. */
interface Sides {
  /** As it was deployed. */
  readonly wanted: Json | undefined;
  /** As the API server answered then, its defaults included. */
  readonly made: Json | undefined;
  readonly live: Json | undefined;
}

/**
 * The live object without what others have added: fields, labels, items of lists that are merged. Where the API server
 * takes a list or a mapping as a whole, such as a Service's selector or the rules of a NetworkPolicy, whatever was added
 * to it is part of it. Amounts that mean the same are written as they were deployed.
 */
export function ownedPart(
  wanted: KubernetesObject,
  made: Json | undefined,
  live: KubernetesObject,
  schemas: Schemas,
): Json {
  const sides = { wanted: wanted as unknown as Json, made, live: live as unknown as Json };
  return new Owned(schemas).part(sides, schemas.of(wanted), false) ?? null;
}

class Owned {
  public constructor(private readonly schemas: Schemas) {}

  /** `isWhole`: inside something that is taken as a whole. */
  public part({ wanted, made, live }: Sides, unresolved: Schema | undefined, isWhole: boolean): Json | undefined {
    // a live field that was not asked for is part of a whole
    if (live === undefined || wanted === undefined) return live;
    const schema = this.schemas.resolved(unresolved);
    if (isMapping(wanted) && isMapping(live)) return this.mapping(wanted, made, live, schema, isWhole);
    if (Array.isArray(wanted) && Array.isArray(live)) return this.list(wanted, made, live, schema, isWhole);
    return schema.format === "quantity" && isSameAmount(wanted, live) ? wanted : live;
  }

  private mapping(
    wanted: Mapping,
    made: Json | undefined,
    live: Mapping,
    schema: Schema,
    isInside: boolean,
  ): Json | undefined {
    const isWhole = isInside || schema["x-kubernetes-map-type"] === "atomic";
    const known = isMapping(made) ? made : {};
    const added = isWhole ? Object.keys(live).filter((key) => !(key in wanted) && !(key in known)) : [];
    const inside = (key: string): Schema | undefined =>
      schema.properties?.[key] ??
      (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
    return Object.fromEntries(
      [...Object.keys(wanted), ...added].flatMap((key): [string, Json][] => {
        const sides = { wanted: wanted[key], made: known[key], live: live[key] };
        const value = this.part(sides, inside(key), isWhole);
        return value === undefined ? [] : [[key, value]];
      }),
    );
  }

  private list(wanted: Json[], made: Json | undefined, live: Json[], schema: Schema, isInside: boolean): Json {
    const known = Array.isArray(made) ? made : [];
    const type = isInside ? "atomic" : (schema["x-kubernetes-list-type"] ?? "atomic");
    if (type === "set") return wanted.filter((item) => live.includes(item));
    if (type === "map") {
      const keys = schema["x-kubernetes-list-map-keys"] ?? [];
      const twin = (item: Json, others: readonly Json[]): Json | undefined =>
        others.find((other) => keys.every((key) => !has(item, key) || valueOf(item, key) === valueOf(other, key)));
      return wanted.flatMap(
        (item) =>
          this.part({ wanted: item, made: twin(item, known), live: twin(item, live) }, schema.items, false) ?? [],
      );
    }
    return live.map(
      (item, index) => this.part({ wanted: wanted[index], made: known[index], live: item }, schema.items, true) ?? null,
    );
  }
}

type Mapping = Readonly<Record<string, Json>>;

function isMapping(value: Json | undefined): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function has(item: Json, key: string): boolean {
  return isMapping(item) && key in item;
}

function valueOf(item: Json, key: string): Json | undefined {
  return isMapping(item) ? item[key] : undefined;
}

/** An API server writes `1` for `1000m`. */
function isSameAmount(wanted: Json, live: Json): boolean {
  const [one, other] = [wanted, live].map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  if (one === undefined || other === undefined) return false;
  return isQuantity(one) && isQuantity(other) && parseQuantity(one) === parseQuantity(other);
}
