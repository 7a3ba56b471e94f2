/** The example of a consumer, beside the platform it reads. */
import { lettingConsumerIn, recordConsumer } from "../../../../../tools/commands/try/consumer";
import { pod, reachability } from "../../../../../tools/report/reachability";
import { kubernetesObjects } from "../../../../../tools/recording/recording";
import type { Recording } from "../../../../../tools/recording/recording";
import { violations } from "../../../../../policy/policy-rule";
import { RULES } from "../../../../../policy/all-rules";
import { policySettings } from "../../../../../policy/pack-settings";
import { objectNamed, recording, RECORDING_TIMEOUT } from "../../../../support/recordings";
import { fixtureStack } from "../../../../support/stacks";

jest.setTimeout(RECORDING_TIMEOUT);

const ROOT = process.cwd();
const { config } = fixtureStack("dev");

describe("the consumer", () => {
  let platform: Recording;
  let consumer: Recording;

  beforeAll(async () => {
    platform = await recording("dev", lettingConsumerIn(config, "dev"));
    consumer = await recordConsumer(ROOT, platform);
  });

  const consumerPod = pod("smoke-test-dev", { app: "smoke-test" });

  function objects(): ReturnType<typeof kubernetesObjects>[number]["object"][] {
    return kubernetesObjects(consumer).map(({ object }) => object);
  }

  test("asks the backend of the platform it was recorded with, and says so in its own output", () => {
    expect(consumer.outputs).toEqual({ url: "http://vapora-backend.vapora-dev:8080" });
    expect(JSON.stringify(objectNamed(objects(), "CronJob", "smoke-test"))).toContain(
      '"http://vapora-backend.vapora-dev:8080/api/v1/ready"',
    );
  });

  test("keeps to every rule of the platform's own policy", () => {
    const settings = policySettings({
      registries: ["docker.io/curlimages/"],
      declared: { hosts: ["vapora-backend.vapora-dev"] },
    });
    expect(violations(RULES, consumer.resources, settings).map(({ message }) => message)).toEqual([]);
  });

  test("is let in by the platform, to the backend's port and to no other", () => {
    expect(reachability(platform, { consumer: consumerPod }).consumer).toEqual({ "vapora-backend": ["http 8080/TCP"] });
  });

  test("is not let in by a platform whose stack does not name it", async () => {
    const closed = await recording("dev");
    expect(reachability(closed, { consumer: consumerPod }).consumer ?? {}).toEqual({});
  });

  test("is let in beside those who are already", () => {
    const network = { monitoring: { namespace: "monitoring" }, clients: { backend: ["tools"], agents: ["tools"] } };
    expect(lettingConsumerIn({ "vapora:network": network }, "prod")).toEqual({
      "vapora:network": { ...network, clients: { backend: ["tools", "smoke-test-prod"], agents: ["tools"] } },
    });
  });
});
