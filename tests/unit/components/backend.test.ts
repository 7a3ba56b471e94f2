import { parse } from "smol-toml";
import { backendConfig } from "../../../components/backend";

test("vapora.toml is TOML that names the ports the Service points to", () => {
  expect(parse(backendConfig())).toEqual({
    server: { host: "0.0.0.0", port: 8080 },
    metrics: { host: "0.0.0.0", port: 9090 },
  });
});

test("the stack's own tables stand beside them, whatever characters they hold", () => {
  const limits = { name: 'a "quoted" \\ name\n', ratio: 0.5, hosts: ["a", "b"] };
  expect(parse(backendConfig({ limits }))).toMatchObject({ limits, server: { port: 8080 } });
});
