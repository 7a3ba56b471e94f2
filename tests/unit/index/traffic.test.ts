import { readFileSync } from "node:fs";
import { trafficDocs } from "../../../tools/commands/docs/traffic-page";
import { trafficTable } from "../../../tools/recording/traffic-table";
import { unlikeTable } from "../../support/calls";
import { recording, RECORDING_TIMEOUT } from "../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

/** Every provider has its key in prod, so that every edge is in use. */
const STACK = "prod";

test("every URL in an environment has its edge in the table, and every edge its use", async () => {
  const made = await recording(STACK);
  expect(unlikeTable(made, trafficTable(made) ?? {})).toEqual([]);
});

test("an edge that is missing or of no use would show", async () => {
  const made = await recording(STACK);
  const table = trafficTable(made) ?? {};
  const edges = Object.entries(table).flatMap(([caller, row]) =>
    Object.keys(row).map((callee) => ({ caller, callee })),
  );
  const known = edges.filter(({ caller }) => caller !== "rotation");
  expect(known.length).toBeGreaterThan(10);
  for (const { caller, callee } of known) {
    const row = Object.fromEntries(Object.entries(table[caller] ?? {}).filter(([name]) => name !== callee));
    expect(unlikeTable(made, { ...table, [caller]: row })).toEqual([`${caller} calls ${callee}, and no edge says so`]);
  }
  const more = { ...table, frontend: { ...table.frontend, redis: "redis" } };
  expect(unlikeTable(made, more)).toEqual(["frontend calls redis by the table, and by no environment"]);
});

// After a change that is meant: npm run docs -- --update.
test("the page and the picture in the README are what the table says", async () => {
  for (const [path, text] of Object.entries(await trafficDocs(process.cwd()))) {
    expect(readFileSync(path, "utf8")).toBe(text);
  }
});
