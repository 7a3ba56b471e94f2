/** The network around a stack and the ways into it: valid, made up without the schema. */
import { DATA_SERVICES } from "../../config/schema/data-services";
import { SERVICES } from "../../config/schema/services";
import fc from "fast-check";
import type { Arb, Section } from "./stack-values";
import { annotations, dns, name, place, port, range, ranges, secretKey, section } from "./stack-values";

const bypass = fc.oneof(
  dns,
  dns.map((text) => `.${text}`),
  range,
);
const proxy = fc
  .tuple(place, section({ port }, { noProxy: fc.array(bypass, { maxLength: 3 }) }))
  .map(([where, rest]): Section => ({ ...where, ...rest }));

// a namespace that no stack here has as its own
const callers = fc.uniqueArray(
  name.map((text) => `client-${text}`.slice(0, 63).replace(/-+$/, "")),
  { minLength: 1, maxLength: 3 },
);
const clients = section({}, Object.fromEntries([...SERVICES, ...DATA_SERVICES].map((key) => [key, callers])));

export const network = section(
  {},
  {
    dns: section({}, { namespace: name, port, ranges }),
    monitoring: section({ namespace: name }),
    clients,
    proxy,
    caBundle: section({ configMap: dns, key: secretKey }),
  },
);

export const quota = section({}, { headroom: fc.nat(1000) });

const tlsName = fc
  .tuple(fc.constantFrom("https", "tls"), fc.constantFrom("", "-"), name)
  .map((parts) => parts.join(""));

/** A way in. `prefix` begins the host, so that no two services share one. */
export function exposure(prefix: string): fc.Arbitrary<Section> {
  const host = dns.map((text) => `${prefix}.${text}`);
  const ways: Record<string, Arb>[] = [
    { controllerNamespace: name },
    { ranges },
    { controllerNamespace: name, ranges },
  ];
  return fc.oneof(
    ...ways.flatMap((from) => [
      section({ ingress: section({ host, ...from, tlsSecret: dns }, { className: dns, annotations }) }),
      section({ gateway: section({ host, ...from, name: dns, namespace: name, listener: tlsName }) }),
    ]),
  );
}
