import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { keyEffects } from "../../offline/key-effects";

jest.setTimeout(600_000);

// After a change that is meant: npm run goldens -- --update, and read the diff.
test("every documented key changes what golden/keys.yaml says, and none changes nothing", async () => {
  const effects = await keyEffects(process.cwd());
  const idle = Object.keys(effects).filter((key) => effects[key]?.length === 0);
  expect(idle).toEqual([]);
  expect(effects).toEqual(parse(readFileSync(join(__dirname, "..", "golden", "keys.yaml"), "utf8")));
});
