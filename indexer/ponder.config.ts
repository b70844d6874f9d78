import { createConfig } from "ponder";
import {
  appRegistryAbi,
  datasetRegistryAbi,
  grantRegistryAbi,
  jobMarketAbi,
  nodeRegistryAbi,
} from "../sdk/src/contracts/abis.ts";
import { readSettings } from "./src/settings.ts";

const { deployment, rpcUrl, pollingInterval, directory } = readSettings(process.env);
const startBlock = deployment.fromBlock;
const chain = "protocol";

// biome-ignore lint/style/noDefaultExport: where Ponder looks for it
export default createConfig({
  // A PostgreSQL where DATABASE_URL names one; PGlite in files else.
  ...(process.env["DATABASE_URL"] === undefined ? { database: { kind: "pglite" as const, directory } } : {}),
  chains: {
    // A local chain can begin anew under the same id: nothing of it is kept from one run to the next.
    [chain]: { id: deployment.chainId, rpc: rpcUrl, pollingInterval, disableCache: deployment.isLocal },
  },
  contracts: {
    DatasetRegistry: { chain, abi: datasetRegistryAbi, address: deployment.datasetRegistry, startBlock },
    GrantRegistry: { chain, abi: grantRegistryAbi, address: deployment.grantRegistry, startBlock },
    AppRegistry: { chain, abi: appRegistryAbi, address: deployment.appRegistry, startBlock },
    NodeRegistry: { chain, abi: nodeRegistryAbi, address: deployment.nodeRegistry, startBlock },
    JobMarket: { chain, abi: jobMarketAbi, address: deployment.jobMarket, startBlock },
  },
});
