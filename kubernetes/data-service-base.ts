import * as pulumi from "@pulumi/pulumi";
import type { Bundled, External } from "../config/schema/data-services";
import type { Address, DataServiceSettings } from "./data-service";
import { addressParts, connectionUrl } from "./data-service";
import type { Protocol } from "./external";
import { createExternalAddress, externalConnection, externalParty } from "./external";
import type { Platform } from "./platform";
import type { Footprint } from "./footprint";
import type { Env, EnvValue } from "./secret-ref";
import type { Store } from "./store";
import type { Callee, Party } from "./traffic";

export type DataServiceArgs<B extends Bundled = Bundled> = Platform &
  DataServiceSettings<External, B> & {
    /** Password of an external server's user. @default - no credentials */
    readonly password?: pulumi.Output<string> | undefined;
  };

/** A data service that needs no credentials of its own, bundled or external: NATS and Redis extend it. */
export abstract class DataService<B extends Bundled = Bundled> extends pulumi.ComponentResource implements Callee {
  public readonly address: Address;
  public readonly party: Party;
  public readonly startFirst = this;
  /** What it takes of the namespace's quota; empty if it is external. */
  public readonly footprints: readonly Footprint[];
  /** `<scheme>://<host>:<port>`; a Secret key where it carries credentials. */
  public readonly url: EnvValue;
  public readonly parts: Env;

  protected constructor(
    type: string,
    name: string,
    args: DataServiceArgs<B>,
    protocol: Protocol,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(type, name, {}, opts);
    if ("external" in args) {
      this.address = createExternalAddress(name, args, protocol, this);
      this.party = externalParty(this.address, protocol);
      this.footprints = [];
      const { url, parts } = externalConnection(name, args, protocol, this.address, this);
      this.url = url;
      this.parts = parts;
    } else {
      const store = this.bundled(name, args);
      this.address = store.address;
      this.party = store.party;
      this.footprints = [store.footprint];
      this.url = connectionUrl(protocol.schemes[0], this.address);
      this.parts = addressParts(this.address);
    }
    this.registerOutputs({ address: this.address });
  }

  /** Makes the store, as a child. */
  protected abstract bundled(name: string, args: Platform & B): Store;
}
