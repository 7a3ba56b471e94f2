/** Labels and their use in selectors. */

import { PLATFORM } from "./platform";

/** Kubernetes labels. */
export type Labels = Readonly<Record<string, string>>;

/** What an object is, in the words of the recommended labels. */
export interface Identity {
  /** Value of the `app` label, which selectors use; also the name of the objects, e.g. `vapora-backend`. */
  readonly app: string;
  /** Role in the platform, e.g. `api`, `database`. */
  readonly component: string;
}

/** The label selectors use. Selectors cannot change later, so they hold nothing else. */
export function selectorLabels({ app }: Pick<Identity, "app">): Labels {
  return { app };
}

/**
 * Labels for every object: `app` beside the recommended ones.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function labelsOf(identity: Identity): Labels {
  return {
    ...selectorLabels(identity),
    "app.kubernetes.io/name": identity.app,
    "app.kubernetes.io/instance": identity.app,
    "app.kubernetes.io/component": identity.component,
    "app.kubernetes.io/part-of": PLATFORM,
    "app.kubernetes.io/managed-by": "pulumi",
  };
}

/** Labels for workloads and their pods: the version as well. Anywhere else an image change would touch every object. */
export function workloadLabels(identity: Identity, version: string | undefined): Labels {
  return { ...labelsOf(identity), ...(version === undefined ? {} : { "app.kubernetes.io/version": version }) };
}
