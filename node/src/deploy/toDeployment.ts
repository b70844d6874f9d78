import type { Deployment } from "@persona-protocol/sdk/contracts";
import { addressOf, type ProtocolAddresses } from "./protocolContracts.ts";

export function toDeployment(options: {
  readonly addresses: ProtocolAddresses;
  readonly chainId: number;
  readonly fromBlock: bigint;
}): Deployment {
  const { addresses, chainId, fromBlock } = options;
  return {
    chainId,
    datasetRegistry: addressOf(addresses, "DatasetRegistry"),
    grantRegistry: addressOf(addresses, "GrantRegistry"),
    nodeRegistry: addressOf(addresses, "NodeRegistry"),
    measurementPolicy: addressOf(addresses, "MeasurementPolicy"),
    jobMarket: addressOf(addresses, "JobMarket"),
    appRegistry: addressOf(addresses, "AppRegistry"),
    ownerKeys: addressOf(addresses, "OwnerKeys"),
    fromBlock,
  };
}
