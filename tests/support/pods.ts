/** Pod templates, as much of them as tests ask for. */
import type { KubernetesObject } from "../../tools/recording/recording";

type Labels = Readonly<Record<string, string>>;

interface Container {
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
  }[];
}

interface PodTemplate {
  readonly metadata: { readonly labels: Labels };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly containers: readonly Container[];
    readonly volumes?: readonly {
      readonly configMap?: { readonly name: string };
      readonly secret?: { readonly secretName: string; readonly items?: readonly { readonly key: string }[] };
      readonly persistentVolumeClaim?: { readonly claimName: string };
    }[];
  };
}

/** The pod template of a Deployment, StatefulSet or Job. */
export function podTemplate({ kind, spec }: KubernetesObject): PodTemplate | undefined {
  return ["Deployment", "StatefulSet", "Job"].includes(kind)
    ? (spec as { readonly template: PodTemplate }).template
    : undefined;
}
