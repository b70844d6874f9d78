export { type GatewayServer, startGatewayServer } from "./gatewayServer.ts";
export { createKuboStore } from "./kubo.ts";
export { createLocalIpfs } from "./localIpfs.ts";
export { openStores } from "./openStores.ts";
