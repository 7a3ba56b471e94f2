import { getObjects } from "../../tools/cluster/kubectl";
import { CLUSTER_TIMEOUT, describeOnCluster } from "../support/cluster";
import { Checkout, success } from "../support/commands";

jest.setTimeout(CLUSTER_TIMEOUT);

interface Live {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly jobTemplate?: object; readonly ingress?: readonly object[] };
}

// With an engine: tests/engine/consumer.test.ts.
describeOnCluster("npm run try -- --with-consumer", () => {
  test("deploys the consumer after the platform, which lets it in, and leaves nothing after npm run try:down", async () => {
    const checkout = new Checkout();
    try {
      const shown = success(await checkout.run("try", "--with-consumer"));
      expect(shown).toContain("The consumer, which asks http://vapora-backend.vapora-dev:8080 every night:");

      const live = (...args: readonly string[]): Promise<Live[]> => getObjects<Live>(checkout.cluster(), args);
      const [job, ...others] = await live("cronjobs", "--all-namespaces");
      expect(others).toEqual([]);
      expect(JSON.stringify(job?.spec.jobTemplate)).toContain("http://vapora-backend.vapora-dev:8080/api/v1/ready");
      const policies = await live("networkpolicies", "--namespace", "vapora-dev");
      const backend = policies.find(({ metadata }) => metadata.name === "vapora-backend");
      expect(JSON.stringify(backend?.spec.ingress)).toContain('{"kubernetes.io/metadata.name":"smoke-test-dev"}');

      success(await checkout.run("try-down"));
      expect(await checkout.remains()).toEqual([]);
    } finally {
      await checkout.remove();
    }
  });
});
