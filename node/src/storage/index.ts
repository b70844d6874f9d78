export { type GatewayServer, startGatewayServer } from "./gatewayServer.ts";
export { createKuboStore } from "./kubo.ts";
export { createLocalIpfs, localMedium } from "./localIpfs.ts";
export { localSweep } from "./localSweep.ts";
export { type OpenStore, openStores } from "./openStores.ts";
