/** What a stack says about the cluster's network and about what its namespace may use. */
import { z } from "zod";
import "./meta";
import { DATA_SERVICES } from "./data-services";
import type { DataServiceName } from "./data-services";
import { SERVICES } from "./services";
import type { ServiceName } from "./services";
import * as values from "./values";

const dns = z
  .strictObject({
    namespace: values.dnsLabel.default("kube-system").meta({
      description: "Namespace of the cluster's DNS servers.",
      example: "openshift-dns",
    }),
    port: values.port.default(53).meta({ description: "Port of the DNS pods, beside 53.", example: 5353 }),
    ranges: values.ranges.optional().meta({
      description: "Addresses of DNS servers outside the pod network, such as a cache on the node.",
      absent: "none",
      example: ["169.254.20.10/32"],
    }),
  })
  .default({ namespace: "kube-system", port: 53 })
  .meta({ description: "Where pods look names up." });

const monitoring = z
  .strictObject({
    namespace: values.dnsLabel.meta({ description: "Namespace of the pods that scrape.", example: "monitoring" }),
  })
  .optional()
  .meta({ description: "Who may scrape the metrics ports (9090).", absent: "nobody" });

const callers = z
  .array(values.dnsLabel, { error: "must be a list of namespaces" })
  .min(1, { error: "must name at least one namespace" })
  .refine((names) => new Set(names).size === names.length, { error: "must not name a namespace twice" })
  .optional()
  .meta({ description: "Namespaces of the pods that may call it.", absent: "nobody else", example: ["smoke-test"] });

const clients = z
  .strictObject(
    Object.fromEntries([...SERVICES, ...DATA_SERVICES].map((name) => [name, callers])) as Record<
      ServiceName | DataServiceName,
      typeof callers
    >,
  )
  .optional()
  .meta({
    description: "Who else in the cluster may call a service or a bundled data service, on its first port.",
    absent: "nobody",
  });

const proxy = z
  .strictObject({
    host: values.dnsName.meta({ description: "Host name or address.", example: "proxy.example.com" }),
    port: values.port.meta({ description: "TCP port.", example: 3128 }),
    ranges: values.ranges.meta({
      description: "Address ranges the host resolves to; network policies can name addresses only.",
      example: ["10.30.0.0/24"],
    }),
    noProxy: z
      .array(values.proxyBypass, { error: "must be a list of host names, suffixes or ranges" })
      .default([])
      .meta({
        description:
          "What is reached without the proxy, beside everything inside the cluster: the host of an external data service, for one.",
        example: [".example.com", "10.20.0.0/16"],
      }),
  })
  .optional()
  .meta({
    description:
      "HTTP proxy on the way to the model providers. With it, agents and llm-router reach nothing else outside.",
    absent: "they reach port 443 of public addresses",
  });

const caBundle = z
  .strictObject({
    configMap: values.dnsName.meta({ description: "Existing ConfigMap in the namespace.", example: "company-ca" }),
    key: values.secretKey.meta({ description: "Key inside it: certificates as PEM.", example: "ca.crt" }),
  })
  .optional()
  .meta({
    description: "Certificate authorities the services trust, instead of those in their images (SSL_CERT_FILE).",
    absent: "those in the images",
  });

/** An HTTP proxy. */
export type Proxy = NonNullable<z.infer<typeof proxy>>;
/** A key of an existing ConfigMap with certificates as PEM. */
export type CaBundle = NonNullable<z.infer<typeof caBundle>>;

/** The network around the platform. */
export const network = z
  .strictObject({ dns, monitoring, clients, proxy, caBundle })
  .default({ dns: { namespace: "kube-system", port: 53 } })
  .meta({ description: "The network around the platform." });

/** The network around the platform. */
export type Network = z.infer<typeof network>;

/** Limits for the namespace. */
export const quota = z
  .strictObject({
    headroom: values.headroom.default(0).meta({
      description: "Room beside what the stack uses at the peak of a rollout of everything.",
      unit: "percent",
      example: 20,
    }),
  })
  .optional()
  .meta({ description: "A ResourceQuota and a LimitRange sized from the stack.", absent: "none" });
