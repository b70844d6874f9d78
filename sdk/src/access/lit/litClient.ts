/**
 * The part of `@lit-protocol/lit-node-client` 7 that is used, as structure. The package (163 MB) is an optional peer: who wants
 * it makes a connected `LitNodeClient` and hands it in.
 */
export type LitClient = {
  encrypt(request: {
    evmContractConditions: LitContractCondition[];
    dataToEncrypt: Uint8Array;
  }): Promise<{ readonly ciphertext: string; readonly dataToEncryptHash: string }>;
  decrypt(request: {
    evmContractConditions: LitContractCondition[];
    ciphertext: string;
    dataToEncryptHash: string;
    chain: string;
    sessionSigs: LitSessionSigs;
  }): Promise<{ readonly decryptedData: Uint8Array }>;
};

/** Made with the enclave's key by `getSessionSigs`: they prove the address that `:userAddress` stands for. */
export type LitSessionSigs = Record<string, unknown>;

/**
 * One condition on a contract call. Parameters are strings, and of each ABI parameter Lit's client and nodes keep name and
 * type only: a struct cannot be expressed (docs/lit.md).
 */
export type LitContractCondition = {
  conditionType: "evmContract";
  contractAddress: string;
  chain: string;
  functionName: string;
  functionParams: string[];
  functionAbi: {
    name: string;
    type: "function";
    stateMutability: "view";
    inputs: { name: string; type: string }[];
    outputs: { name: string; type: string }[];
  };
  returnValueTest: { key: string; comparator: "="; value: string };
};
