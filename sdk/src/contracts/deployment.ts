import type { Address } from "viem";

/** Where one deployment of the protocol lives. Written by the deploy script, read by every client and daemon. */
export type Deployment = {
  readonly chainId: number;
  readonly datasetRegistry: Address;
  readonly grantRegistry: Address;
  readonly nodeRegistry: Address;
  readonly measurementPolicy: Address;
  readonly jobMarket: Address;
  readonly appRegistry: Address;
  readonly ownerKeys: Address;
  /** First block that can hold events of this deployment. */
  readonly fromBlock: bigint;
  /**
   * How enclaves know the chain: by storage proofs (`proof`, also where nothing is said), or, where no endpoint of the chain
   * answers `eth_getProof`, by what several endpoints say alike (`quorum`).
   */
  readonly chainReads?: "proof" | "quorum";
};

/** A deployment that this SDK comes with. */
export type KnownDeployment = Deployment & {
  /** OpenZeppelin's AccessManager: who may widen and narrow what is trusted. */
  readonly accessManager: Address;
  /** ERC-20 of stakes. */
  readonly stakeToken: Address;
};
