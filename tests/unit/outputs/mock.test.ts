import { SERVICES } from "../../../config/schema/services";
import { mockOutputs } from "../../../outputs/index";
import { contractFault } from "../../../outputs/reader";
import type { Json } from "../../../tools/recording/recording";
import { recording, RECORDING_TIMEOUT } from "../../support/recordings";

jest.setTimeout(RECORDING_TIMEOUT);

test("one call gives outputs that keep the contract", () => {
  expect(contractFault("mock", mockOutputs() as unknown as Record<string, unknown>)).toBeUndefined();
});

test("the mock has the names, hosts and ports of the real platform", async () => {
  const { outputs } = await recording("prod");
  const mock = mockOutputs() as unknown as Record<string, Record<string, Json>>;
  for (const name of SERVICES) {
    expect(mock[name]?.service).toEqual((outputs[name] as Record<string, Json>).service);
  }
  for (const name of ["namespace", "nats", "redis", "surrealdb"]) expect(mock[name]).toEqual(outputs[name]);
});

test("what is overridden changes, and hosts and URLs follow it", () => {
  const outputs = mockOutputs({ namespace: "blue", backend: { service: { ports: { http: 8081 } } } });
  expect(outputs.backend.service).toEqual({
    name: "vapora-backend",
    namespace: "blue",
    host: "vapora-backend.blue",
    ports: { http: 8081, metrics: 9090 },
    url: "http://vapora-backend.blue:8081",
  });
  expect(outputs.nats.host).toBe("nats-0.blue");
  expect(outputs.frontend.service.ports).toEqual({ http: 3000 });
});

test("an address that is overridden itself is taken as it is", () => {
  const { backend, redis } = mockOutputs({
    backend: { service: { url: "http://other:1" } },
    redis: { ranges: ["192.0.2.0/24"] },
  });
  expect([backend.service.url, backend.service.host]).toEqual(["http://other:1", "vapora-backend.vapora-system"]);
  expect(redis.ranges).toEqual(["192.0.2.0/24"]);
});

test("an autoscaler stands in place of a number, and an optional output can be taken away", () => {
  const autoscaling = { minReplicas: 2, maxReplicas: 5 };
  const { backend, secrets } = mockOutputs({
    backend: { deployment: { autoscaling } },
    secrets: { claudeApiKey: undefined },
  });
  expect(backend.deployment.autoscaling).toEqual(autoscaling);
  expect("replicas" in backend.deployment).toBe(false);
  expect(Object.keys(secrets)).toEqual(["databaseUrl"]);
});

test("what the contract does not allow is refused", () => {
  expect(() => mockOutputs({ nats: { port: undefined } })).toThrow("nats.port is missing; it should be a whole number");
});
