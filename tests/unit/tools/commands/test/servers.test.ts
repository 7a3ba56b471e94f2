import { natsVersion } from "../../../../../tools/commands/test/servers";
import { surrealVersion, surrealCrates } from "../../../../../tools/commands/test/servers/surreal-program";
import { SURREALDB_IMAGE } from "../../../../../config/schema/data-services";
import { projectRoot } from "../../../../../tools/recording/project";
import { objectsOf, RECORDING_TIMEOUT, STACKS } from "../../../../support/recordings";
import { versionOf } from "../../../../support/servers/images";
import { templateOf } from "../../../../support/servers/template";

jest.setTimeout(RECORDING_TIMEOUT);

const root = projectRoot();

/** What to type where the images of a store name another version than the server that is built; nothing where they do not. */
function toType(images: readonly string[], built: string, lines: (version: string) => string): string[] {
  const others = new Set(images.map(versionOf).filter((version) => version !== built));
  return [...others].map(lines);
}

function surrealLines(version: string): string {
  const [server, core] = ["surrealdb-server", "surrealdb-core"].map((name) => `${name}@=${version}`);
  const pins = surrealCrates(root).map((name) => `cargo update -p ${name} --precise ${version}`);
  return [
    `cd tools/commands/test/servers/surrealdb && cargo add --no-default-features ${server ?? ""} ${core ?? ""}`,
    ...pins,
  ].join(" && ");
}

function natsLines(version: string): string {
  return `cd tools/cluster/go && go get github.com/nats-io/nats-server/v2@v${version} && go mod tidy`;
}

/** Images of a store in every stack, of whatever kind of workload. */
async function imagesOf(store: string): Promise<string[]> {
  const objects = (await Promise.all(STACKS.map((stack) => objectsOf(stack)))).flat();
  const templates = objects
    .filter(({ kind }) => ["StatefulSet", "Job"].includes(kind))
    .map((object) => templateOf(object));
  const images = templates.flatMap(({ spec }) => spec.containers.map(({ image }) => image));
  return images.filter((image) => image.includes(`/${store}:`));
}

describe("the servers that tests run are those of the images", () => {
  test("SurrealDB, in every stack and in the config's own example", async () => {
    const images = [...(await imagesOf("surrealdb")), SURREALDB_IMAGE];
    // the server and the Job that imports, of each stack
    expect(images.length).toBeGreaterThanOrEqual(2 * STACKS.length + 1);
    expect(toType(images, surrealVersion(root), surrealLines)).toEqual([]);
  });

  test("NATS, in every stack", async () => {
    const images = await imagesOf("nats");
    expect(images.length).toBeGreaterThanOrEqual(STACKS.length);
    expect(toType(images, natsVersion(root), natsLines)).toEqual([]);
  });

  test("a raised tag fails with what to type", () => {
    expect(toType(["docker.io/library/nats:2.16.0-alpine"], "2.15.2", natsLines)).toEqual([
      "cd tools/cluster/go && go get github.com/nats-io/nats-server/v2@v2.16.0 && go mod tidy",
    ]);
    const [lines = ""] = toType(["docker.io/surrealdb/surrealdb:v3.3.0"], "3.2.4", surrealLines);
    expect(lines).toContain("surrealdb-server@=3.3.0");
    expect(lines).toContain("cargo update -p surrealdb-types --precise 3.3.0");
  });

  test.each([
    ["docker.io/surrealdb/surrealdb:v3.2.4", "3.2.4"],
    ["registry.example.com:5000/library/nats:2.15.2-alpine", "2.15.2"],
    ["docker.io/library/redis:8.6.2-alpine@sha256:0123", "8.6.2"],
    ["registry.example.com:5000/library/redis", ""],
  ])("the version of %s is '%s'", (image, version) => {
    expect(versionOf(image)).toBe(version);
  });
});
