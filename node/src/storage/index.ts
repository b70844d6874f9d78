export { createKuboStore, type KuboClient } from "./kubo.ts";
export { createLocalIpfs } from "./localIpfs.ts";
