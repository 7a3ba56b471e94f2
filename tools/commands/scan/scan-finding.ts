/** What a scanner says of an object. */

export const SCANNERS = ["kube-score", "kubeconform", "trivy"] as const;
export type Scanner = (typeof SCANNERS)[number];

/** Something a scanner does not like. */
export interface ScanFinding {
  readonly scanner: Scanner;
  readonly check: string;
  /** `<kind> <name>` */
  readonly object: string;
  readonly said: string;
}
