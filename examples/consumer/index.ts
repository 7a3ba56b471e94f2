/** Another team's stack: it asks VAPORA's backend every night whether it can take work. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { vaporaOutputs } from "@vapora/infrastructure-outputs";
import { SmokeTest } from "./smoke-test";

const config = new pulumi.Config();
const platform = vaporaOutputs(config.require("platform"));

const cluster = new k8s.Provider("cluster", {
  kubeconfig: config.get("kubeconfig"),
  context: config.get("context"),
  clusterIdentifier: platform.clusterIdentifier,
});

// the platform's stack names it in network.clients.backend
const namespace = config.get("namespace") ?? "smoke-test";
new SmokeTest("smoke-test", { namespace, service: platform.backend.service }, { provider: cluster });

/** What is tested. */
export const url = platform.backend.service.url;
