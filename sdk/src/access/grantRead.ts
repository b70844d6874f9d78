import { type Address, type Hex, zeroHash } from "viem";
import {
  ArgsRule,
  type ChainClient,
  callContract,
  type Deployment,
  GrantKind,
  grantRegistryAbi,
  OutputClass,
  type Scope,
  scopeHashOf,
  type Terms,
} from "../contracts/index.ts";
import { keyIdOf } from "../crypto/index.ts";
import { buildGrant, type GrantParameters } from "./createGrant.ts";
import type { GrantPackage } from "./grantPackage.ts";

export type ReadGrantParameters = Pick<
  GrantParameters,
  | "dataset"
  | "segments"
  | "uses"
  | "expiresAt"
  | "price"
  | "token"
  | "purpose"
  | "noticeHash"
  | "nodePolicy"
  | "laterVersions"
> & {
  readonly grantee: Address;
  /** KEM public key that the data keys are sealed to; nobody else can open what guardians release. */
  readonly recipientKey: Uint8Array;
};

/** The contract's `READ_DELAY`, and room for the block that the transaction lands in. Seconds. */
const delaySeconds = 86_400 + 600;

/**
 * Lets the grantee have data itself, not a result: by a transaction of the owner, good only after a day in which it can be
 * revoked. What was read once cannot be called back.
 * @throws PersonaError SEGMENT_NOT_GRANTED, CONFIG_INVALID, and what the contract refuses
 */
export async function grantRead(
  context: { readonly client: ChainClient; readonly deployment: Deployment },
  parameters: ReadGrantParameters,
): Promise<GrantPackage & { readonly gasUsed: bigint }> {
  const { client, deployment } = context;
  const { recipientKey, ...rest } = parameters;
  const outputClass = OutputClass.raw;
  const none = { programId: zeroHash, outputSchemaHash: zeroHash, outputClass, takesArgs: false };
  const built = await buildGrant(context, { ...rest, program: none, maxOutputBytes: 1n });
  const { timestamp } = await client.getBlock();
  const recipientKeyHash: Hex = keyIdOf(recipientKey);
  const scope: Scope = {
    ...built.scope,
    argsRule: ArgsRule.none,
    recipientKeyHash,
  };
  const terms: Terms = {
    ...built.terms,
    kind: GrantKind.read,
    notBefore: Number(timestamp) + delaySeconds,
    scopeHash: scopeHashOf(scope),
  };
  const { gasUsed } = await callContract(client, {
    address: deployment.grantRegistry,
    abi: grantRegistryAbi,
    functionName: "grant",
    args: [terms],
  });
  return { ...built, terms, scope, gasUsed };
}
