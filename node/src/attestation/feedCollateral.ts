import { type DcapCollateral, readPem } from "@persona-protocol/sdk/attestation";
import { type ChainClient, callContract, pckRegistryAbi, tcbPolicyAbi } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  type Address,
  BaseError,
  bytesToHex,
  ContractFunctionRevertedError,
  type Hex,
  parseEventLogs,
  stringToHex,
} from "viem";

export type CollateralContracts = { readonly pckRegistry: Address; readonly tcbPolicy: Address };

/** What the chain must be told of one platform before it believes the platform's quotes. */
export type PlatformCollateral = {
  /** DER: PCK certificate, its CA, root; as a quote carries them. */
  readonly chain: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly collateral: DcapCollateral;
};

type CollateralCall =
  | {
      readonly contract: "pckRegistry";
      readonly functionName: "registerAuthority" | "registerPck";
      readonly args: [Hex];
    }
  | { readonly contract: "pckRegistry"; readonly functionName: "submitRevocations"; readonly args: [Hex, bigint] }
  | { readonly contract: "tcbPolicy"; readonly functionName: "submitTcb"; readonly args: [Hex, Hex, Hex, Hex] };

/** A list of revoked certificates has some dozens; so many fit a transaction five times over. */
const entriesAtOnce = 100n;

/** Everything for a chain that knows nothing yet, in this order: the root's revocations, who certifies, what they revoked, the platform, and what is up to date. Anyone may send them. @throws PersonaError COLLATERAL_INVALID */
export function collateralCalls({ chain: [pck, ca], collateral }: PlatformCollateral): readonly CollateralCall[] {
  const [signer] = readPem(collateral.tcbInfoIssuerChain);
  if (signer === undefined) throw new PersonaError("COLLATERAL_INVALID", "It has no chain of the TCB signer.");
  const registry = "pckRegistry";
  const revocations = (list: Uint8Array): CollateralCall => ({
    contract: registry,
    functionName: "submitRevocations",
    args: [bytesToHex(list), entriesAtOnce],
  });
  return [
    revocations(collateral.rootCaCrl),
    { contract: registry, functionName: "registerAuthority", args: [bytesToHex(ca)] },
    { contract: registry, functionName: "registerAuthority", args: [bytesToHex(signer)] },
    revocations(collateral.pckCrl),
    { contract: registry, functionName: "registerPck", args: [bytesToHex(pck)] },
    tcbCall(collateral),
  ];
}

/** What makes a newer TCB level count. */
export function tcbCall(collateral: DcapCollateral): Extract<CollateralCall, { readonly functionName: "submitTcb" }> {
  return {
    contract: "tcbPolicy",
    functionName: "submitTcb",
    args: [
      stringToHex(collateral.tcbInfo),
      bytesToHex(collateral.tcbInfoSignature),
      stringToHex(collateral.qeIdentity),
      bytesToHex(collateral.qeIdentitySignature),
    ],
  };
}

/** What became of a call; one that the chain would refuse because it has the certificate already, or something newer of its kind, is not sent. */
export type FedCall = { readonly functionName: CollateralCall["functionName"]; readonly outcome: "sent" | "known" };

/** What the contracts say where they know it already. */
const knownAlready = new Set(["AuthorityNotNewer", "PckAlreadyRegistered", "RevocationsOld", "TcbLevelNotNewer"]);
const abi = [...pckRegistryAbi, ...tcbPolicyAbi];

/**
 * Sends what {@link collateralCalls} says, one after the other, long lists by parts. Again is no harm.
 * @throws PersonaError TRANSACTION_REVERTED with the contract's reason, CHAIN_UNREACHABLE, COLLATERAL_INVALID
 */
export async function feedCollateral(
  client: ChainClient,
  contracts: CollateralContracts,
  platform: PlatformCollateral,
): Promise<readonly FedCall[]> {
  const fed: FedCall[] = [];
  for (const { contract, ...rest } of collateralCalls(platform)) {
    const call = { address: contracts[contract], abi, ...rest } as Parameters<typeof callContract>[1];
    const { functionName } = rest;
    if (await isKnown(client, call)) {
      fed.push({ functionName, outcome: "known" });
      continue;
    }
    let logs: readonly { readonly eventName: string }[];
    do logs = parseEventLogs({ abi, logs: (await callContract(client, call)).logs });
    while (logs.some(({ eventName }) => eventName === "RevocationsPartlyListed"));
    fed.push({ functionName, outcome: "sent" });
  }
  return fed;
}

/** Asked of the chain before anything is paid for. Any other objection is the transaction's to explain. */
async function isKnown(client: ChainClient, call: Parameters<typeof callContract>[1]): Promise<boolean> {
  try {
    await client.simulateContract({ ...call, account: client.account } as Parameters<
      typeof client.simulateContract
    >[0]);
    return false;
  } catch (error) {
    const reverted = error instanceof BaseError && error.walk((one) => one instanceof ContractFunctionRevertedError);
    return reverted instanceof ContractFunctionRevertedError && knownAlready.has(reverted.data?.errorName ?? "");
  }
}
