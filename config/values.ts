/**
 * Refined values that stack files may hold. Each refuses what would otherwise fail far from where it was
 * written: at the API server, or in a pod that never starts.
 */
import { z } from "zod";
import { isQuantity } from "./quantity";

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;
const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
// registry host and port (optional), path, then a tag, a digest, or both
const IMAGE =
  /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?$/;
const REGISTRY = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;
const CIDR = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;

/** CPU, memory or storage size, e.g. `500m`, `2`, `4Gi`. A bare number, as `pulumi config set --path` stores it, is taken too. */
export const quantity = z
  .union([z.string(), z.number()], { error: "must be a quantity such as 500m, 2 or 4Gi" })
  .transform(String)
  .refine(isQuantity, { error: "must be a quantity such as 500m, 2 or 4Gi" });

/** A DNS label: a namespace, Service or Secret-key-like name of at most 63 characters. */
export const dnsLabel = z
  .string()
  .regex(DNS_LABEL, { error: "must be lower-case letters, digits and '-', at most 63 characters" });

/** A DNS name: one or more labels joined by dots, e.g. a Secret's name or a storage class. */
export const dnsName = z
  .string()
  .regex(DNS_NAME, { error: "must be a lower-case DNS name such as fast-ssd or db.example.com" });

/** An image with a tag or a digest; an untagged one or `latest` would change under a running stack. */
export const image = z.string().refine(
  (text) => {
    const parts = IMAGE.exec(text)?.groups;
    return parts !== undefined && (parts.digest !== undefined || (parts.tag !== undefined && parts.tag !== "latest"));
  },
  { error: "must be an image with a fixed tag or digest, such as vapora/backend:0.2.0 ('latest' is not fixed)" },
);

/** Where images are pulled from instead of the registry their names carry, e.g. `registry.example.com/mirror`. */
export const registry = z
  .string()
  .regex(REGISTRY, { error: "must be a registry host with an optional path, such as registry.example.com/mirror" });

/** A TCP port. */
export const port = z.int().min(1).max(65535);

/** An IPv4 range, e.g. `10.20.0.0/16`. */
export const cidr = z.string().refine(
  (text) => {
    const [address = "", bits = "x"] = text.split("/");
    return CIDR.test(text) && Number(bits) <= 32 && address.split(".").every((part) => Number(part) <= 255);
  },
  { error: "must be an IPv4 range such as 10.20.0.0/16" },
);

/** A label key, with or without a DNS prefix: `workload`, `topology.kubernetes.io/zone`. */
export const labelKey = z.string().refine(
  (text) => {
    const [name, prefix, ...rest] = text.split("/").reverse();
    return rest.length === 0 && LABEL_NAME.test(name ?? "") && (prefix === undefined || DNS_NAME.test(prefix));
  },
  { error: "must be a label key such as workload or topology.kubernetes.io/zone" },
);

/** A label value: empty, or at most 63 letters, digits, '-', '_' and '.'. A bare number or boolean is taken as its text. */
export const labelValue = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .refine((text) => text === "" || LABEL_NAME.test(text), { error: "must be a label value of at most 63 characters" });

/** The name of an environment variable. */
export const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: "must be the name of an environment variable such as HTTP_TIMEOUT",
});
