/**
 * The part of ethers 6 that is used, as structure: the SDK does not depend on ethers, and a signer of any copy or version with
 * this shape is welcome.
 */
export type EthersSigner = {
  readonly provider: EthersProvider | null;
  getAddress(): Promise<string>;
  sendTransaction(transaction: EthersTransaction): Promise<{ readonly hash: string }>;
  signTypedData(
    domain: EthersTypedDataDomain,
    types: Record<string, { name: string; type: string }[]>,
    value: Record<string, unknown>,
  ): Promise<string>;
  signMessage(message: Uint8Array): Promise<string>;
};

export type EthersProvider = {
  getNetwork(): Promise<{ readonly chainId: bigint }>;
  /** Of JsonRpcProvider, BrowserProvider, WebSocketProvider; providers without it cannot pass requests on. */
  send?(method: string, params: unknown[]): Promise<unknown>;
};

export type EthersTransaction = {
  from?: string;
  to?: string;
  data?: string;
  value?: bigint;
  gasLimit?: bigint;
  gasPrice?: bigint;
  maxFeePerGas?: bigint;
  maxPriorityFeePerGas?: bigint;
  nonce?: number;
  chainId?: bigint;
  type?: number;
};

export type EthersTypedDataDomain = {
  name?: string;
  version?: string;
  chainId?: bigint;
  verifyingContract?: string;
  salt?: string;
};
