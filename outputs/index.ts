export { contract } from "./contract";
export type { DataServiceOutput, ServiceOutput, VaporaOutputs } from "./contract";
