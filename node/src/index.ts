export { loadNodeConfig, type NodeConfig } from "./config.ts";
export { type RunningNode, startNode } from "./startNode.ts";
