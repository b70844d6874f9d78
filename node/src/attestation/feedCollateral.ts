import { type DcapCollateral, readPem } from "@persona-protocol/sdk/attestation";
import { type ChainClient, callContract, pckRegistryAbi, tcbPolicyAbi } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, bytesToHex, type Hex, stringToHex } from "viem";

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

/** Sends what {@link collateralCalls} says, one after the other. */
export async function feedCollateral(
  client: ChainClient,
  contracts: CollateralContracts,
  platform: PlatformCollateral,
): Promise<void> {
  for (const call of collateralCalls(platform)) {
    const { contract, ...rest } = call;
    const abi = [...pckRegistryAbi, ...tcbPolicyAbi];
    await callContract(client, { address: contracts[contract], abi, ...rest } as Parameters<typeof callContract>[1]);
  }
}
