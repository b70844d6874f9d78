import { logTypedData, type SignedLogQuery } from "@persona-protocol/sdk/access";
import { typedDigest } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Address, Hex } from "viem";
import { recoverSigner } from "../secp256k1.ts";
import { blocksOf, type GuardianChain, type Look } from "./guardianChain.ts";

/** A query is good for so long before and after the chain's newest block: overheard later it shows nothing. */
const windowSeconds = 300;

/**
 * May whoever has signed this query read the log of that dataset? Its owner may, by its key or, where it is a contract, by the
 * contract's word (ERC-1271). To read is a permission: both must hold at the confirmed block and at the newest.
 *
 * @throws PersonaError REQUEST_INVALID for another guardian or time, OWNER_MISMATCH, GUARDIANS_UNAVAILABLE while it is not confirmed
 */
export async function checkLogQuery(
  { chain, guardian }: { readonly chain: GuardianChain; readonly guardian: number },
  { signature, ...query }: SignedLogQuery,
): Promise<Look> {
  const look = await chain.look();
  const { newest } = look;
  const { datasetId, issuedAt } = query;
  if (query.guardian !== guardian || Math.abs(issuedAt - Number(newest.timestamp)) > windowSeconds)
    throw new PersonaError("REQUEST_INVALID", "The query is for another guardian or another time.", {
      data: { guardian, issuedAt, now: newest.timestamp },
    });
  const digest = typedDigest(logTypedData.query(chain.view.deployment, query));
  const signer = signerOf(digest, signature);
  /** Undefined where the owner at that block has not signed. */
  const ownerAt = async (number: bigint): Promise<Address | undefined> => {
    const { status, owner } = await chain.view.dataset(datasetId, number);
    if (status === "none") return undefined;
    const isSigned = signer === owner || (await chain.view.signedBy(owner, digest, signature, number));
    return isSigned ? owner : undefined;
  };
  // The newest first: a stranger costs the endpoints one question.
  const owner = await ownerAt(newest.number);
  if (owner === undefined)
    throw new PersonaError("OWNER_MISMATCH", "The log of a dataset is shown to its owner only.", {
      data: { datasetId },
    });
  for (const { number } of blocksOf(look).slice(1)) {
    if ((await ownerAt(number)) === owner) continue;
    throw new PersonaError("GUARDIANS_UNAVAILABLE", "The dataset is not confirmed to be this owner's yet.", {
      data: { datasetId, confirmed: number },
    });
  }
  return look;
}

/** Undefined when no key has signed it. */
function signerOf(digest: Hex, signature: Hex): Address | undefined {
  try {
    return recoverSigner(digest, signature);
  } catch {
    return undefined;
  }
}
