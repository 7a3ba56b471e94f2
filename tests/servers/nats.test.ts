import { objectNamed, STACKS } from "../support/recordings";
import { describeStore } from "../support/servers/stores";

jest.setTimeout(180_000);

describe.each(STACKS)("of stack %s", (stack) => {
  describeStore("nats", stack, (store) => {
    test("runs JetStream on its volume with the rendered limits", async () => {
      const { pod, objects } = store();
      const { data } = objectNamed(objects, "ConfigMap", "nats-config");
      const conf = (data as Record<string, string>)["nats.conf"] ?? "";
      const value = (name: string): string => new RegExp(`^ *${name}: (.*)$`, "m").exec(conf)?.[1] ?? "";
      const answer = await fetch(`http://${pod.address}:${value("http_port")}/jsz`);
      const { config } = (await answer.json()) as { readonly config: Readonly<Record<string, unknown>> };
      expect(config).toMatchObject({
        max_storage: Number(value("max_file_store")),
        max_memory: Number(value("max_memory_store")),
        store_dir: `${value("store_dir")}/jetstream`,
      });
      expect(pod.container.spec.container.volumeMounts?.map(({ mountPath }) => mountPath)).toContain(
        value("store_dir"),
      );
    });

    test("has nothing to say against its rendered configuration", async () => {
      const { pod } = store();
      const { args } = pod.container.spec;
      const { code, output } = await pod.container.exec(["nats-server", ...args, "-t"]);
      expect(output).toContain("is valid");
      expect(code).toBe(0);
      // a probe may come in the millisecond before it is ready
      const said = pod.log().replace(/^.*\[WRN\] Healthcheck failed: .*failed to be ready for connections.*$/gm, "");
      expect(said).not.toMatch(/\[(WRN|ERR|FTL)\]/);
    });
  });
});
