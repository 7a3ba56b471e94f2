import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { kubernetesObjects } from "../../../../tools/recording/recording";
import type { RecordedResource } from "../../../../tools/recording/recording";
import { manifest, masked, renderManifests, writeManifests } from "../../../../tools/recording/manifests";
import { credentialValues, recording, RECORDING_TIMEOUT } from "../../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

test("there is one file per object, the same on every run", async () => {
  const files = renderManifests(await recording("dev"));
  expect([...files.keys()]).toEqual([...files.keys()].sort());
  expect(files.has("deployment-vapora-backend.yaml")).toBe(true);
  expect(files).toEqual(renderManifests(await recording("dev")));
});

test("no secret value is in any file", async () => {
  const made = await recording("prod");
  const secrets = credentialValues(kubernetesObjects(made).map(({ object }) => object));
  const text = [...renderManifests(made).values()].join("\n");
  expect(secrets.length).toBeGreaterThan(4);
  for (const secret of secrets) expect(text).not.toContain(secret);
});

test("a value marked secret outside a Secret is masked as well, and nothing beside it", () => {
  const resource = {
    inputs: { kind: "ConfigMap", data: { a: "1", b: "2" }, list: [{ c: "3" }, { c: "4" }] },
    secretInputs: [
      ["data", "a"],
      ["list", "1"],
    ],
  } as unknown as RecordedResource;
  expect(masked(resource)).toEqual({
    kind: "ConfigMap",
    data: { a: "<secret>", b: "2" },
    list: [{ c: "3" }, { c: "<secret>" }],
  });
});

test("whatever a value is, a reader of YAML 1.1 or 1.2 gets it back", () => {
  // the texts that one of the two versions takes for something else
  const tricky = fc.constantFrom(
    "yes",
    "no",
    "on",
    "off",
    "y",
    "null",
    "~",
    "1e3",
    "0o17",
    "017",
    "1:30",
    "<<",
    "2001-01-01",
    "",
  );
  const value = fc.oneof(tricky, fc.string(), fc.integer(), fc.boolean());
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(value, fc.array(value))), (object) => {
      const text = manifest(object);
      expect(parse(text, { version: "1.1" })).toEqual(object);
      expect(parse(text, { version: "1.2" })).toEqual(object);
    }),
  );
});

test("writing takes the manifests of an earlier run away and nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vapora-render-"));
  try {
    writeFileSync(join(folder, "notes.txt"), "");
    writeFileSync(join(folder, "Pulumi.yaml"), "name: vapora\n");
    const [first = ["", ""], second = ["", ""]] = renderManifests(await recording("dev"));
    writeManifests(folder, new Map([first]));
    writeManifests(folder, new Map([second]));
    expect(readdirSync(folder).sort()).toEqual(["Pulumi.yaml", second[0], "notes.txt"].sort());
    expect(readFileSync(join(folder, second[0]), "utf8")).toBe(second[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
