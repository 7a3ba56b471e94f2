/** The stack's outputs: what other stacks may rely on. */
import type * as pulumi from "@pulumi/pulumi";

/** Where a service is deployed and how it is reached from inside the cluster. */
export interface ServiceOutput {
  readonly deployment: { readonly name: pulumi.Output<string>; readonly namespace: pulumi.Output<string> };
  readonly service: {
    readonly name: pulumi.Output<string>;
    readonly namespace: pulumi.Output<string>;
    /** `<service>.<namespace>` */
    readonly host: pulumi.Output<string>;
    /** Port numbers by name. */
    readonly ports: Readonly<Record<string, number>>;
    /** `http://<host>:<first port>` */
    readonly url: pulumi.Output<string>;
  };
}

/** Where a data service is reached. */
export interface DataServiceOutput {
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** IPv4 ranges of an external one; none for a bundled one. */
  readonly ranges: readonly string[];
}

/** All outputs of a VAPORA stack. */
export interface VaporaOutputs {
  readonly namespace: pulumi.Output<string>;
  readonly backend: ServiceOutput;
  readonly frontend: ServiceOutput;
  readonly agents: ServiceOutput;
  readonly llmRouter: ServiceOutput;
  readonly mcpGateway: ServiceOutput;
  readonly nats: DataServiceOutput;
  readonly redis: DataServiceOutput;
  readonly surrealdb: DataServiceOutput;
}

/** What a component offers to the outputs; the rest of it is its own. */
interface Parts {
  readonly namespace: { readonly name: pulumi.Output<string> };
  readonly services: Readonly<Record<"backend" | "frontend" | "agents" | "llmRouter" | "mcpGateway", ServiceOutput>>;
  readonly dataServices: Readonly<Record<"nats" | "redis" | "surrealdb", { readonly address: DataServiceOutput }>>;
}

/** The outputs of a stack made of these parts. */
export function contract({ namespace, services, dataServices }: Parts): VaporaOutputs {
  return {
    namespace: namespace.name,
    backend: serviceOutput(services.backend),
    frontend: serviceOutput(services.frontend),
    agents: serviceOutput(services.agents),
    llmRouter: serviceOutput(services.llmRouter),
    mcpGateway: serviceOutput(services.mcpGateway),
    nats: dataServices.nats.address,
    redis: dataServices.redis.address,
    surrealdb: dataServices.surrealdb.address,
  };
}

function serviceOutput({ deployment, service }: ServiceOutput): ServiceOutput {
  return { deployment, service };
}
