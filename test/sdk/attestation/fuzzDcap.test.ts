import { liteQuoteOf, readCertificate, readCrl } from "@persona-protocol/sdk/attestation";
import { expect } from "chai";
import {
  attestationRuns,
  everyBit,
  type FuzzedQuote,
  realQuote,
  simulatedQuotes,
} from "../../helpers/attestationFuzz.ts";
import { issuedAt, simulator } from "../../helpers/attestationScene.ts";
import { withVectors } from "../../helpers/attestationVectors.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { createRandom } from "../../helpers/random.ts";

const { seed, runs, fuzz } = createFuzz(attestationRuns);

/** Where the certificate chain of a quote begins: everything before it is signed, or is a length that must fit. */
const chainAt = (quote: Uint8Array): number => new TextDecoder("latin1").decode(quote).indexOf("-----BEGIN");

async function identityOf({ judge, quote }: FuzzedQuote): Promise<string> {
  const verdict = await judge({ quote });
  if (verdict.verdict === "reject") throw new Error(`${verdict.rule}: ${verdict.detail}`);
  return verdict.identity;
}

/** Flips a bit of each byte, or each bit; `visit` says what the verdict must be. */
async function flip(
  fuzzed: FuzzedQuote,
  range: { readonly from: number; readonly to: number; readonly step: number },
  visit: (verdict: Awaited<ReturnType<FuzzedQuote["judge"]>>, at: string) => void,
): Promise<number> {
  const random = createRandom(seed);
  let flips = 0;
  for (let at = range.from; at < range.to; at += everyBit ? 1 : range.step) {
    const bits = everyBit ? [0, 1, 2, 3, 4, 5, 6, 7] : [random.integer(8)];
    for (const bit of bits) {
      const quote = Uint8Array.from(fuzzed.quote);
      quote[at] = (quote[at] ?? 0) ^ (1 << bit);
      // Of the header's kind so little may be left that it is no quote any more.
      const verdict = await refusedOr(() => fuzzed.judge({ quote }));
      if (verdict !== undefined) visit(verdict, `bit ${bit} of byte ${at}`);
      flips++;
    }
  }
  return flips;
}

async function flipSigned(fuzzed: FuzzedQuote, step: number): Promise<void> {
  await identityOf(fuzzed);
  const to = chainAt(fuzzed.quote);
  expect(to).to.be.greaterThan(liteQuoteOf(fuzzed.quote).length);
  const flips = await flip(fuzzed, { from: 0, to, step }, ({ verdict }, at) => {
    expect(verdict, at).to.equal("reject");
  });
  expect(flips).to.be.greaterThan(to / step - 1);
}

async function flipRest(fuzzed: FuzzedQuote, step: number): Promise<void> {
  const identity = await identityOf(fuzzed);
  await flip(fuzzed, { from: chainAt(fuzzed.quote), to: fuzzed.quote.length, step }, (verdict, at) => {
    if (verdict.verdict === "accept") expect(verdict.identity, at).to.equal(identity);
  });
}

describe(`mutated quotes (PERSONA_SEED=${seed})`, function () {
  this.timeout(Math.max(120_000, runs * 60));

  for (const [name, fuzzed] of Object.entries(simulatedQuotes())) {
    it(`error: ${name}: ${everyBit ? "every bit" : "a bit of each second byte"} of the signed parts`, () =>
      flipSigned(fuzzed, 2));
    it(`behavior: ${name}: bits elsewhere change no identity`, () => flipRest(fuzzed, 16));

    it(`error: ${name}: ${runs} mutations`, async () => {
      const identity = await identityOf(fuzzed);
      await fuzz(fuzzed.quote, async (quote) => {
        const verdict = await refusedOr(() => fuzzed.judge({ quote }));
        // The chain's line ends may be CR LF, and zeros may follow: the same statement, under the same identity.
        if (verdict?.verdict === "accept") expect(verdict.identity).to.equal(identity);
      });
    });
  }

  it(`error: ${runs} mutations of collateral`, async () => {
    const fuzzed = Object.values(simulatedQuotes())[1];
    if (fuzzed === undefined) throw new Error("there is no quote");
    const { collateral } = fuzzed;
    const names = Object.keys(collateral) as (keyof typeof collateral)[];
    for (const name of names) {
      const original = collateral[name];
      const isText = typeof original === "string";
      const bytes = isText ? new TextEncoder().encode(original) : original;
      const share = createFuzz(Math.ceil(runs / names.length));
      await share.fuzz(bytes, async (changed) => {
        const value = isText ? new TextDecoder("latin1").decode(changed) : changed;
        const verdict = await fuzzed.judge({ collateral: { ...collateral, [name]: value } });
        // A chain says the same with other line ends.
        if (!name.endsWith("IssuerChain")) expect(verdict.verdict, name).to.equal("reject");
      });
    }
  });

  it(`behavior: ${runs} mutations of a certificate and a revocation list are read or refused`, async () => {
    const sim = simulator();
    await fuzz(sim.pck.der, async (der) => {
      await refusedOr(() => readCertificate(der));
    });
    await fuzz(sim.collateral({ tee: "sgx", issuedAt, pckCrl: { revoked: [sim.pck.serial] } }).pckCrl, async (der) => {
      await refusedOr(() => readCrl(der));
    });
  });

  const real = (): FuzzedQuote =>
    realQuote("phala-dcap-qvl/tdx_quote", "phala-dcap-qvl/tdx_quote_collateral.json", 1_750_415_547);
  withVectors(
    "phala-dcap-qvl/tdx_quote",
    `error: a real quote: ${everyBit ? "every bit" : "a bit of each fourth byte"} of the signed parts`,
    () => flipSigned(real(), 4),
  );
  withVectors("phala-dcap-qvl/tdx_quote", "behavior: a real quote: bits elsewhere change no identity", () =>
    flipRest(real(), 16),
  );
});
