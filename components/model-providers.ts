/** The way to the model providers. */
import * as pulumi from "@pulumi/pulumi";
import type { Proxy } from "../config/schema/network";
import type { Env } from "../kubernetes/secret-ref";
import type { Outside } from "../kubernetes/traffic";

/**
 * Ranges that are not routed on the internet: private, shared, link-local (where clouds keep their metadata service),
 * loopback, reserved for protocols, tests and documentation, multicast.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const NOT_PUBLIC = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
];

/** Where calls to the providers go: to the proxy, or to public addresses, whose ranges the providers do not promise; nowhere without any. */
export function modelProviders(
  providers: object | "none",
  proxy: Proxy | undefined,
): { readonly party: Outside } | undefined {
  if (providers === "none") return undefined;
  const party =
    proxy === undefined
      ? { ranges: ["0.0.0.0/0"], except: NOT_PUBLIC, ports: { https: 443 } }
      : { ranges: proxy.ranges, ports: { https: proxy.port } };
  return { party };
}

/** Environment that sends a service's calls to the outside through the proxy. None without one. */
export function proxyEnv(proxy: Proxy | undefined, namespace: pulumi.Input<string>): Env {
  if (proxy === undefined) return {};
  const url = `http://${proxy.host}:${String(proxy.port)}`;
  const direct = ["localhost", "127.0.0.1", ".svc", ...proxy.noProxy].join(",");
  return { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: pulumi.interpolate`.${namespace},${direct}` };
}
