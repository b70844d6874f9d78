import type { Hex } from "viem";
import { PersonaError } from "../../errors/index.ts";
import { defaultDcapPolicy } from "../policy.ts";
import { RuleBroken } from "../rules.ts";
import { hexOf } from "../x509/index.ts";
import type { DcapCollateral } from "./collateral.ts";
import { type CollateralKey, fetchCollateral, type PcsService } from "./fetchCollateral.ts";
import { intelNames } from "./intelNames.ts";
import { type PckChain, readPckChain, verifyPckChain } from "./pckChain.ts";
import { readQuote } from "./quote.ts";
import { verifyLists } from "./revocation.ts";
import { verifySignedCollateral } from "./signedCollateral.ts";

export type CollateralClientParameters = PcsService & {
  /** Default: Intel SGX Root CA. */
  readonly rootFingerprint?: Hex;
  /** How long collateral is used before it is asked for anew. Default 6 hours; never beyond what it says itself. */
  readonly maxAgeSeconds?: number;
  /** Unix seconds. Default: the clock. */
  readonly now?: () => number;
};

export type CollateralClient = {
  /**
   * The collateral that a quote is judged by, out of the cache or fetched. It is kept and given out only when its signatures
   * lead to the pinned root and it is current; {@link verifyQuote} asks all of that once more.
   *
   * @throws EVIDENCE_UNREADABLE when the quote's certificates do not lead to the pinned root: nothing is fetched for it.
   * @throws COLLATERAL_UNAVAILABLE when it cannot be fetched, and what was fetched before has run out.
   * @throws COLLATERAL_UNTRUSTED when the service answers with what its signers have not signed, or no longer stand by.
   * @throws CANCELLED
   */
  collateralFor(quote: Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<DcapCollateral>;
};

type Kept = { readonly collateral: DcapCollateral; readonly fetchedAt: number; readonly validUntil: number };

const SIX_HOURS = 6 * 3_600;
/** Families of platforms that are met at a time; there are a few dozen. */
const MAX_KEPT = 256;

/** A client of Intel's provisioning certification service, or of a cache in its place, that remembers what it has believed. */
export function createCollateralClient(parameters: CollateralClientParameters): CollateralClient {
  const { rootFingerprint = defaultDcapPolicy.rootFingerprint, maxAgeSeconds = SIX_HOURS } = parameters;
  const clock = parameters.now ?? (() => Math.floor(Date.now() / 1000));
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<Kept>>();

  async function fetchBelieved(key: CollateralKey, chain: PckChain, signal: AbortSignal | undefined): Promise<Kept> {
    const collateral = await fetchCollateral(parameters, key, signal);
    const now = clock();
    try {
      const lists = await verifyLists(chain, collateral, now);
      const context = { chain, rootCrl: lists.root, tee: key.tee, now, minTcbEvaluationDataNumber: 0 };
      const signed = await verifySignedCollateral(collateral, context);
      const validUntil = Math.min(signed.validUntil, lists.root.nextUpdate, lists.pck.nextUpdate);
      return { collateral, fetchedAt: now, validUntil };
    } catch (cause) {
      if (!(cause instanceof RuleBroken)) throw cause;
      const data = { rule: cause.rule, detail: cause.message };
      throw new PersonaError("COLLATERAL_UNTRUSTED", "The service's collateral is not believed.", { cause, data });
    }
  }

  return {
    async collateralFor(quote, { signal } = {}) {
      const { key, chain } = await keyOf(quote, rootFingerprint, clock());
      const id = `${key.tee}/${key.ca}/${hexOf(key.fmspc)}/${hexOf(chain.platform.pceId)}`;
      const known = kept.get(id);
      const now = clock();
      if (known !== undefined && now < known.validUntil && now < known.fetchedAt + maxAgeSeconds)
        return known.collateral;
      // Whoever gives a signal gives up alone: such a request is not shared.
      const running = signal === undefined ? underWay.get(id) : undefined;
      const request = running ?? fetchBelieved(key, chain, signal);
      if (signal === undefined && running === undefined) {
        underWay.set(id, request);
        const done = (): void => {
          underWay.delete(id);
        };
        request.then(done, done);
      }
      try {
        const fresh = await request;
        const [oldest] = kept.keys();
        if (kept.size >= MAX_KEPT && !kept.has(id) && oldest !== undefined) kept.delete(oldest);
        kept.set(id, fresh);
        return fresh.collateral;
      } catch (error) {
        // A service that is down, or lies, takes nothing from what was believed and still stands.
        if (known !== undefined && clock() < known.validUntil && signal?.aborted !== true) return known.collateral;
        throw error;
      }
    },
  };
}

/** What a quote's collateral is asked by, once its certificates are believed. */
async function keyOf(
  bytes: Uint8Array,
  rootFingerprint: Hex,
  now: number,
): Promise<{ readonly key: CollateralKey; readonly chain: PckChain }> {
  try {
    const quote = readQuote(bytes);
    const chain = await verifyPckChain(readPckChain(quote.certificationData), { rootFingerprint, now });
    const ca = chain.ca.subject.commonName === intelNames.platformCa ? "platform" : "processor";
    const tee = quote.body.type === "sgx" ? "sgx" : "tdx";
    return { key: { tee, ca, fmspc: chain.platform.fmspc }, chain };
  } catch (cause) {
    if (!(cause instanceof RuleBroken)) throw cause;
    const data = { rule: cause.rule, detail: cause.message };
    throw new PersonaError("EVIDENCE_UNREADABLE", "The quote's certificates are not believed.", { cause, data });
  }
}
