import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelsOf } from "./labels";
import type { SecretRef } from "./secret-ref";

const NAME = "vapora-secrets";

export interface PlatformSecretsArgs {
  readonly namespace: pulumi.Input<string>;
  /** Connection URL of the database, with its credentials. */
  readonly databaseUrl: pulumi.Output<string>;
  /** API keys of the model providers; one that is not given is left out. */
  readonly apiKeys: Readonly<Partial<Record<string, pulumi.Output<string>>>>;
}

/** The Secret `vapora-secrets`: the keys `database-url` and `<provider>-api-key`. Others get references only. */
export class PlatformSecrets extends pulumi.ComponentResource {
  public readonly databaseUrl: SecretRef;
  /** Reference to each API key that is there, by the environment variable that holds it, e.g. `CLAUDE_API_KEY`. */
  public readonly apiKeys: Readonly<Record<string, { readonly secret: SecretRef }>>;

  public constructor(name: string, args: PlatformSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vapora:index:PlatformSecrets", name, {}, opts);
    const providers = Object.keys(args.apiKeys);
    const keys = Object.fromEntries(providers.map((provider) => [`${provider}-api-key`, args.apiKeys[provider] ?? ""]));
    const secret = new k8s.core.v1.Secret(
      name,
      {
        metadata: { name: NAME, namespace: args.namespace, labels: labelsOf({ app: NAME, component: "secrets" }) },
        stringData: { "database-url": pulumi.secret(args.databaseUrl), ...keys },
      },
      { parent: this },
    );

    const ref = (key: string): SecretRef => ({ name: secret.metadata.name, key });
    this.databaseUrl = ref("database-url");
    this.apiKeys = Object.fromEntries(
      providers.map((provider) => [`${provider.toUpperCase()}_API_KEY`, { secret: ref(`${provider}-api-key`) }]),
    );
    this.registerOutputs({ databaseUrl: this.databaseUrl });
  }
}
