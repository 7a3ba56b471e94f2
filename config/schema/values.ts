/**
 * Refined values that stack files may hold. Each refuses what would otherwise fail far from where it was
 * written: at the API server, or in a pod that never starts.
 */
import { z } from "zod";
import { durationSeconds } from "./duration";
import { isQuantity, parseQuantity } from "./quantity";

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;
const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
// https://github.com/distribution/reference: path components are joined by '.', '_', '__' or any number of '-'
const PATH = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const HOST = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(:\\d{1,5})?";
const IMAGE = new RegExp(
  `^(${HOST}/)?${PATH}(/${PATH})*(:(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?$`,
);
const REGISTRY = new RegExp(`^${HOST}(/${PATH})*$`);
const CIDR = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}\/(0|[1-9]\d?)$/;

/** Text of a certain form; `allowed` says which, whatever is wrong with it. */
function textThat(allowed: string, isValid: (text: string) => boolean): z.ZodType<string, string> {
  return z.string({ error: allowed }).refine(isValid, { error: allowed });
}

/** A quantity of a certain kind. A bare number, as `pulumi config set --path` stores it, is taken too. */
function amount(allowed: string, isAllowed: (text: string) => boolean) {
  return z
    .union([z.string(), z.number()], { error: allowed })
    .transform(String)
    .refine((text) => isQuantity(text) && isAllowed(text), { error: allowed });
}

/** Processor time in cores: `500m`, `2`. At least a thousandth, the smallest Kubernetes knows. */
export const cpu = amount(
  "must be cores such as 500m or 2",
  (text) => /^[\d.]+m?$/.test(text) && parseQuantity(text) >= 0.001,
);

/** Memory or storage in bytes: `512Mi`, `4Gi`. At least 1M: less is a wrong unit. */
export const bytes = amount(
  "must be bytes such as 512Mi or 10Gi, at least 1M",
  (text) => !/[num]$/.test(text) && parseQuantity(text) >= 1e6 && parseQuantity(text) < 2 ** 63,
);

/** The UID of an object in a cluster. */
export const objectUid = textThat("must be a UID such as 6f1c9a52-7d0e-4b3a-9c55-2f8e4d7b1a90", (text) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text),
);

/** A DNS label, such as the name of a namespace. */
export const dnsLabel = textThat("must be lower-case letters, digits and '-', at most 63 characters", (text) =>
  DNS_LABEL.test(text),
);

/** A Gateway's listener that ends TLS. The Gateway is another team's: here its name alone tells what it speaks. */
export const tlsListener = textThat(
  "must be the name of a listener of protocol HTTPS, which begins with https or tls",
  (text) => DNS_LABEL.test(text) && /^(https|tls)/.test(text),
);

/** A DNS name: one or more labels joined by dots, e.g. a Secret's name, a storage class or a host. */
export const dnsName = textThat("must be a lower-case DNS name such as fast-ssd or db.example.com", (text) =>
  DNS_NAME.test(text),
);

/** An image with a tag or a digest; an untagged one or `latest` would change under a running stack. */
export const image = textThat(
  "must be an image with a fixed tag or digest, such as vapora/backend:0.2.0 ('latest' is not fixed)",
  (text) => {
    const parts = IMAGE.exec(text)?.groups;
    return parts !== undefined && (parts.digest !== undefined || (parts.tag !== undefined && parts.tag !== "latest"));
  },
);

/** Where images are pulled from instead of the registry their names carry, e.g. `registry.example.com/mirror`. */
export const registry = textThat(
  "must be a registry host with an optional path, such as registry.example.com/mirror",
  (text) => REGISTRY.test(text),
);

/** A whole number from `min` to `max`. */
function wholeNumber(min: number, max: number, what = "a whole number") {
  const error = `must be ${what} from ${String(min)} to ${String(max)}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A number of pods. */
export const count = wholeNumber(0, 1000);

/** A number of pods that is not none. */
export const podCount = wholeNumber(1, 1000);

/** A share in percent. */
export const percent = wholeNumber(1, 100);

/** Room beside what is needed, in percent. */
export const headroom = wholeNumber(0, 1000);

/** A user or group inside a container; 0 is root, which no pod runs as. */
export const uid = wholeNumber(1, 2_147_483_647);

/** How often a generated password has been changed. */
export const rotations = wholeNumber(0, 1_000_000).default(0);

/** A number of executions. */
export const executions = wholeNumber(1, 1_000_000);

/** A number in a range. One as text is taken too: `pulumi config set --path` stores `0.5` as a text. */
function decimal(error: string, isAllowed: (value: number) => boolean) {
  return z
    .union([z.string(), z.number()], { error })
    .transform((value) => (typeof value === "number" || /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN))
    .refine(isAllowed, { error });
}

/** A length of time in days, at least a minute. */
export const days = decimal("must be days from 0.001 to 3650, such as 7", (value) => value >= 0.001 && value <= 3650);

/** How many times something counts. */
export const recencyWeight = decimal("must be a number from 1 to 1000", (value) => value >= 1 && value <= 1000);

/** A part of a whole. */
export const share = decimal("must be a number from 0 to 1", (value) => value >= 0 && value <= 1);

/** The name of a type of tasks. */
export const taskType = textThat("must be lower-case letters, digits, '-' and '_', at most 63", (text) =>
  /^[a-z0-9][a-z0-9_-]{0,62}$/.test(text),
);

/** A word as it is looked for in a task's title and description. */
export const keyword = textThat("must be one word of lower-case letters and digits", (text) =>
  /^[a-z0-9]{1,63}$/.test(text),
);

/** A TCP port. */
export const port = wholeNumber(1, 65535, "a port");

/** An IPv4 range, e.g. `10.20.0.0/16`. The API server takes none that begins in its midst, as 10.20.0.1/16 does. */
export const cidr = textThat("must be an IPv4 range from its first address on, such as 10.20.0.0/16", isRange);

function isRange(text: string): boolean {
  const [address = "", bits = ""] = text.split("/");
  const parts = address.split(".").map(Number);
  if (!CIDR.test(text) || Number(bits) > 32 || parts.some((part) => part > 255)) return false;
  const first = parts.reduce((sum, part) => sum * 256 + part, 0);
  return first % 2 ** (32 - Number(bits)) === 0;
}

/** One or more IPv4 ranges. */
export const ranges = z
  .array(cidr, { error: "must be a list of IPv4 ranges such as 10.20.0.0/16" })
  .min(1, { error: "must name at least one IPv4 range such as 10.20.0.0/16" });

/** What is reached without a proxy: a host, a suffix such as `.example.com`, or an IPv4 range. */
export const proxyBypass = textThat(
  "must be a host name, a suffix such as .example.com, or an IPv4 range",
  (text) => DNS_NAME.test(text.replace(/^\./, "")) || isRange(text),
);

/** A label key, with or without a DNS prefix: `workload`, `topology.kubernetes.io/zone`. */
export const labelKey = textThat("must be a label key such as workload or topology.kubernetes.io/zone", (text) => {
  const [name, prefix, ...rest] = text.split("/").reverse();
  return rest.length === 0 && LABEL_NAME.test(name ?? "") && (prefix === undefined || DNS_NAME.test(prefix));
});

/** A label value: empty, or at most 63 letters, digits, '-', '_' and '.'. A bare number or boolean is taken as its text. */
export const labelValue = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be a label value of at most 63 characters" })
  .transform(String)
  .refine((text) => text === "" || LABEL_NAME.test(text), { error: "must be a label value of at most 63 characters" });

/** A key inside a Secret. */
export const secretKey = textThat("must be at most 253 letters, digits, '-', '_' and '.'", (text) =>
  /^(?!\.\.?$)[-._A-Za-z0-9]{1,253}$/.test(text),
);

/** A length of time of at least a second and at most `hours`. */
function durationUpTo(hours: number, examples: string) {
  return textThat(`must be a duration from 1s to ${String(hours)}h, such as ${examples}`, (text) => {
    const seconds = durationSeconds(text);
    return seconds !== undefined && seconds >= 1 && seconds <= hours * 3600;
  });
}

/** A length of time of at least a second and at most a day: `30s`, `5m`, `1h30m`. */
export const duration = durationUpTo(24, "30s, 5m or 1h30m");

/** How long an autoscaler may wait: the API server takes an hour at most. */
export const stabilization = durationUpTo(1, "30s or 5m");

/** How often a store forces what it has acknowledged to disk. */
export const syncInterval = textThat("must be always, or a duration from 1s to 5m, such as 10s", (text) => {
  const seconds = durationSeconds(text);
  return text === "always" || (seconds !== undefined && seconds >= 1 && seconds <= 300);
});

/** A path from the root, without a trailing slash: `/tmp`, `/var/cache/vapora`. */
export const absolutePath = textThat("must be an absolute path such as /tmp or /var/cache/vapora", (text) =>
  /^(\/(?!\.\.?(\/|$))[A-Za-z0-9._-]+)+$/.test(text),
);

/** The path of a URL: `/health`. */
export const httpPath = textThat("must be a path such as /health", (text) => /^\/[A-Za-z0-9._~/-]*$/.test(text));

/** The name of an environment variable. */
export const envName = textThat("must be the name of an environment variable such as HTTP_TIMEOUT", (text) =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(text),
);

/** The value of an environment variable; a bare number or boolean is taken as its text. */
export const envValue = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be text, a number or a boolean" })
  .transform(String);

/** Annotations an object carries beside its own. */
export const annotations = z.record(labelKey, envValue, { error: "must be a mapping of annotation keys to texts" });

/** Text that says something. */
export const text = z.string({ error: "must be text" }).min(1, { error: "must not be empty" });

type TomlValue = string | number | boolean | TomlValue[] | { [key: string]: TomlValue };

/** A value TOML can hold: text, a number, a boolean, or a list or table of these. */
export const toml: z.ZodType<TomlValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.array(toml), z.record(z.string(), toml)], {
    error: "must be text, a number, a boolean, or a list or mapping of these",
  }),
);

/** The name of a TOML table a stack may write: not one of those the program writes itself. */
export const tomlTable = textThat(
  "must not be server or metrics, which the program writes",
  (text) => !["server", "metrics"].includes(text),
);
