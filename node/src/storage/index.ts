export { type GatewayServer, startGatewayServer } from "./gatewayServer.ts";
export { createKuboStore } from "./kubo.ts";
export { createLocalIpfs } from "./localIpfs.ts";
export { createS3Store } from "./s3.ts";
