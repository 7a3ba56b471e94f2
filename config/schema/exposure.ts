/** What a stack says about the way into the cluster. */
import { z } from "zod";
import "./meta";
import * as values from "./values";

const host = values.dnsName.meta({ description: "Host name people type.", example: "vapora.example.com" });

/** Where requests come from; everything else outside is shut out. */
const from = {
  controllerNamespace: values.dnsLabel.optional().meta({
    description: "Namespace of the pods the requests come from: those of an ingress controller or a gateway.",
    absent: "`ranges` says it",
    example: "ingress-nginx",
  }),
  ranges: values.ranges.optional().meta({
    description:
      "Address ranges of senders that are not pods: a load balancer that sends requests and health checks straight to the pods, or the nodes of a controller that uses the host's network.",
    absent: "`controllerNamespace` says it",
    example: ["10.20.0.0/24"],
  }),
};

const ingress = z
  .strictObject({
    host,
    ...from,
    tlsSecret: values.dnsName.meta({
      description: "Secret of type kubernetes.io/tls in the namespace, with the certificate of the host.",
      example: "vapora-tls",
    }),
    className: values.dnsName.optional().meta({
      description: "IngressClass.",
      absent: "the cluster's default one",
      example: "nginx",
    }),
    annotations: values.annotations.optional().meta({
      description: "Annotations the controller reads.",
      absent: "none",
      example: { "cert-manager.io/cluster-issuer": "letsencrypt" },
    }),
  })
  .optional()
  .meta({ description: "By an Ingress, with TLS.", absent: "none" });

const gateway = z
  .strictObject({
    host,
    ...from,
    name: values.dnsName.meta({ description: "The Gateway.", example: "public" }),
    namespace: values.dnsLabel.meta({ description: "Namespace of the Gateway.", example: "gateways" }),
    listener: values.tlsListener.meta({
      description:
        "The Gateway's listener; one of protocol HTTPS, since it ends TLS, its name begins with `https` or `tls`.",
      example: "https",
    }),
  })
  .optional()
  .meta({ description: "By an HTTPRoute of the Gateway API (`gateway.networking.k8s.io/v1`).", absent: "none" });

/** How a service is reached from outside the cluster; exactly one of the two. */
export const exposure = z
  .strictObject({ ingress, gateway })
  .optional()
  .meta({ description: "How the service is reached from outside the cluster.", absent: "not at all" });

/** The way to a service from outside the cluster. */
export type Exposure = NonNullable<z.infer<typeof exposure>>;
/** Where requests come from: the pods of a namespace, addresses, or both. */
export type Senders = Pick<NonNullable<Exposure["ingress"]>, keyof typeof from>;
