/** Who calls whom, as a recording holds it. */
import { z } from "zod";
import type { TrafficTable } from "../../kubernetes/traffic";
import type { Recording } from "./recording";

const schema = z.record(z.string(), z.record(z.string(), z.string()));

/** The traffic table of a recording; undefined if it holds none, such as one of an older program. */
export function trafficTable({ resources }: Recording): TrafficTable | undefined {
  const policies = resources.find(({ type }) => type === "vapora:index:NetworkPolicies");
  return schema.safeParse(policies?.outputs.table).data;
}
