/** All rules. Every one is mandatory: a stack that breaks one is not deployed. */
import { dataProtected } from "./data-protected";
import { pinnedImages, registryAllowList } from "./allowed-images";
import { noLiteralSecrets } from "./no-literal-secrets";
import { noPublicServiceWithoutTls } from "./no-public-service-without-tls";
import { noSharedReadWriteOnce } from "./no-shared-read-write-once";
import { referencesResolve } from "./references-resolve";
import { restrictedSecurity } from "./restricted-security";
import type { Rule } from "./policy-rule";

export const RULES: readonly Rule[] = [
  noLiteralSecrets,
  restrictedSecurity,
  pinnedImages,
  registryAllowList,
  noPublicServiceWithoutTls,
  noSharedReadWriteOnce,
  referencesResolve,
  dataProtected,
];
