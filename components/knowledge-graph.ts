import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Footprint } from "../kubernetes/footprint";
import { labelsOf } from "../kubernetes/labels";
import type { Platform } from "../kubernetes/platform";
import type { SurrealDb } from "./surrealdb/surrealdb";
import { IMPORT_OPTION, shortDigest, SurrealImport } from "./surrealdb/import-job";

const SCRIPT = "knowledge-graph.surql";

export interface KnowledgeGraphArgs extends Platform {
  readonly database: SurrealDb;
  /** Tables, functions and settings as SurrealQL, which may run any number of times. Nothing in it is secret. */
  readonly script: string;
}

/**
 * Imports the knowledge graph into the running database: a ConfigMap with the script, and a Job that runs it as a user
 * of its own, or as the platform's in an external database. Both have names of their own for each content, so a change
 * of it runs one new Job, and going back one more.
 * An external database without a client gets the ConfigMap alone, to be imported by hand.
 */
export class KnowledgeGraph extends pulumi.ComponentResource {
  /** The Job, where there is one. */
  public readonly job: SurrealImport | undefined;
  /** What the Job takes of the namespace's quota. */
  public readonly footprints: readonly Footprint[];

  public constructor(name: string, args: KnowledgeGraphArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:KnowledgeGraph", name, {}, opts);
    const { client } = args.database;
    const script = `${IMPORT_OPTION}${client?.check ?? ""}${args.script}`;
    const config = new k8s.core.v1.ConfigMap(
      `${name}-script`,
      {
        metadata: {
          name: `${name}-${shortDigest(script)}`,
          namespace: args.namespace,
          labels: labelsOf({ app: name, component: "database" }),
        },
        data: { [SCRIPT]: script },
        immutable: true,
      },
      { parent: this },
    );
    if (client !== undefined) {
      this.job = new SurrealImport(
        "vapora:index:KnowledgeGraphImport",
        name,
        {
          ...args,
          ...client,
          container: "import",
          content: script,
          script: { volume: { name: "script", configMap: { name: config.metadata.name } }, file: SCRIPT },
        },
        { parent: this },
      );
    }
    this.footprints = this.job === undefined ? [] : [this.job.footprint];
    this.registerOutputs({});
  }
}
