export type { EthersProvider, EthersSigner, EthersTransaction, EthersTypedDataDomain } from "./ethersSigner.ts";
export { fromEthers } from "./fromEthers.ts";
