export type { NodeConfig } from "./config/nodeConfig.ts";
export { loadNodeConfig } from "./config/resolveNodeConfig.ts";
export { type RunningNode, startNode } from "./startNode.ts";
