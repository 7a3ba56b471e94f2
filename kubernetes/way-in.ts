/** The way to a service from outside the cluster. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Exposure } from "../config/schema/exposure";
import { labelsOf } from "./labels";
import type { Identity } from "./labels";
import { SKIP_AWAIT } from "./platform";

export interface ExposureArgs extends Identity {
  readonly namespace: pulumi.Input<string>;
  readonly exposure: Exposure;
  /** Port of the Service, whose name is the app's. */
  readonly port: number;
}

/** Makes the Ingress or the HTTPRoute of a service. */
export function expose(name: string, args: ExposureArgs, parent: pulumi.Resource): void {
  const { ingress, gateway } = args.exposure;
  if (ingress !== undefined) makeIngress(name, args, ingress, parent);
  if (gateway !== undefined) makeRoute(name, args, gateway, parent);
}

function makeIngress(
  name: string,
  args: ExposureArgs,
  { host, tlsSecret, className, annotations }: NonNullable<Exposure["ingress"]>,
  parent: pulumi.Resource,
): void {
  const backend = { service: { name: args.app, port: { number: args.port } } };
  new k8s.networking.v1.Ingress(
    `${name}-ingress`,
    {
      // some controllers never publish an address: who waited for one would fail after ten minutes
      metadata: {
        name: args.app,
        namespace: args.namespace,
        labels: labelsOf(args),
        annotations: { ...annotations, ...SKIP_AWAIT },
      },
      spec: {
        ingressClassName: className,
        tls: [{ hosts: [host], secretName: tlsSecret }],
        rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
      },
    },
    { parent },
  );
}

/** https://gateway-api.sigs.k8s.io/reference/spec/#httproute */
function makeRoute(
  name: string,
  args: ExposureArgs,
  gateway: NonNullable<Exposure["gateway"]>,
  parent: pulumi.Resource,
): void {
  new k8s.apiextensions.CustomResource(
    `${name}-route`,
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: args.app, namespace: args.namespace, labels: labelsOf(args) },
      spec: {
        hostnames: [gateway.host],
        parentRefs: [{ name: gateway.name, namespace: gateway.namespace, sectionName: gateway.listener }],
        rules: [{ backendRefs: [{ name: args.app, port: args.port }] }],
      },
    },
    { parent },
  );
}
