/** One read of one endpoint. @throws PersonaError CHAIN_UNREACHABLE; `rpcFailure` says why */
export type RpcRequest = (call: { readonly method: string; readonly params: unknown }) => Promise<unknown>;

/** One endpoint, for reads that must come from the same place to fit together. */
export type ChainPick = {
  readonly name: string;
  readonly request: RpcRequest;
  /** It did not answer, or what it said cannot be: others are asked for a while. */
  failed(error: unknown): void;
};

/** Where the chain is read. */
export type ChainSource = {
  /**
   * The best endpoint now; it is asked even when all are ill.
   * @param not another than this one: undefined when there is no other that is well
   * @throws PersonaError CHAIN_DISAGREES while the endpoints tell of different chains and none has a majority
   */
  pick(): ChainPick;
  pick(not: ChainPick): ChainPick | undefined;
};
