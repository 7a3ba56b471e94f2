/** What a VAPORA stack offers to other stacks: how they read it, and a mock for their tests. */
export { CONTRACT_VERSION } from "./declaration";
export type { DataServiceOutput, SecretReference, ServiceOutput, VaporaOutputs, VaporaStack } from "./declaration";
export { mockOutputs, mockVapora } from "./mock";
export type { Some } from "./mock";
export { vaporaOutputs } from "./reader";
