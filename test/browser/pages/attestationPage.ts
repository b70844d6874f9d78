import { parseCollateral, verifyNitro, verifyQuote } from "@persona-protocol/sdk/attestation";
import type { Hex } from "viem";

/** What runs in the page. Only plain data goes in and out. */

type Outcome = { readonly verdict: string; readonly kind: string; readonly why: string | null };

/** A quote judged by WebCrypto: "accept" with its status, or "reject" with the rule. */
export async function judgeQuote(
  quote: Uint8Array,
  collateral: string,
  now: number,
  rootFingerprint: Hex,
): Promise<Outcome> {
  const verdict = await verifyQuote({
    quote,
    collateral: parseCollateral(collateral),
    now,
    policy: { rootFingerprint },
  });
  return {
    verdict: verdict.verdict,
    kind: verdict.kind,
    why: verdict.verdict === "reject" ? verdict.rule : verdict.status,
  };
}

export async function judgeNitro(document: Uint8Array, rootFingerprint: Hex): Promise<Outcome> {
  const verdict = await verifyNitro(document, { policy: { rootFingerprint } });
  return {
    verdict: verdict.verdict,
    kind: verdict.kind,
    why: verdict.verdict === "reject" ? verdict.rule : verdict.status,
  };
}
