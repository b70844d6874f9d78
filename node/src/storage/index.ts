export { createKuboStore } from "./kubo.ts";
export { createLocalIpfs } from "./localIpfs.ts";
