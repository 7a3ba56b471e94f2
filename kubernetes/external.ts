import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { External } from "../config/schema/data-services";
import type { StoreStorage } from "../config/schema/storage";
import { createSourceRef } from "./credential-source";
import { addressParts, connectionUrl } from "./data-service";
import type { Address } from "./data-service";
import { labelsOf } from "./labels";
import type { Platform } from "./platform";
import type { EnvValue } from "./secret-ref";
import type { Connection, Outside } from "./traffic";
import { createStoreClaim } from "./store";

/** An external data service, as a stack's config gives it. */
export interface ExternalArgs extends Platform {
  readonly external: External;
  /** Keeps the claim of a bundled one that was there before. @default - no claim */
  readonly storage?: StoreStorage | undefined;
  /** Password of the user. @default - no credentials */
  readonly password?: pulumi.Output<string> | undefined;
}

/** What a component knows about its data service. */
export interface Protocol {
  readonly component: string;
  /** Name and number of the port clients use. */
  readonly portName: string;
  readonly port: number;
  /** URL schemes without and with TLS. */
  readonly schemes: readonly [plain: string, tls: string];
}

/** Address of an external data service. A claim whose storage is still named stays where it is. */
export function createExternalAddress(
  name: string,
  args: ExternalArgs,
  protocol: Protocol,
  parent: pulumi.Resource,
): Address {
  const { external, storage } = args;
  if (storage !== undefined) createStoreClaim(name, { ...args, storage, component: protocol.component }, parent);
  return { host: pulumi.output(external.host), port: external.port ?? protocol.port, ranges: external.ranges };
}

/** An external data service as the network sees it. */
export function externalParty({ ranges, port }: Address, { portName }: Protocol): Outside {
  return { ranges, ports: { [portName]: port } };
}

/**
 * How an external data service is reached: plainly without credentials, else by the keys of a Secret
 * `<name>-connection`, or by the URL that is kept elsewhere, whose parts are not known here.
 */
export function externalConnection(
  name: string,
  args: ExternalArgs,
  protocol: Protocol,
  address: Address,
  parent: pulumi.Resource,
): Required<Connection> {
  const scheme = protocol.schemes[args.external.tls ? 1 : 0];
  const { username, url: source } = args.external;
  if (source !== undefined)
    return { url: { secret: createSourceRef(`${name}-url`, source, args.namespace, parent) }, parts: {} };
  const parts = addressParts(address, args.external.tls);
  if (username === undefined || args.password === undefined) return { url: connectionUrl(scheme, address), parts };
  const url = connectionUrl(scheme, address, { username, password: args.password });
  const secret = new k8s.core.v1.Secret(
    `${name}-connection`,
    {
      metadata: {
        name: `${name}-connection`,
        namespace: args.namespace,
        labels: labelsOf({ app: name, component: protocol.component }),
      },
      stringData: { url, host: address.host, port: String(address.port), user: username, password: args.password },
    },
    { parent },
  );
  const revision = args.revisions.of(url);
  const key = (of: string): EnvValue => ({ secret: { name: secret.metadata.name, key: of, revision } });
  return { url: key("url"), parts: { ...parts, USER: key("user"), PASSWORD: key("password") } };
}
