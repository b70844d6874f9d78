import { parseCollateral, readQuoteFields, verifyQuote } from "@persona-protocol/sdk/attestation";
import { expect } from "chai";
import { vectorBytes, vectorText, withVectors } from "../../helpers/attestationVectors.ts";

type Expected = {
  readonly quote: string;
  readonly collateral: string;
  readonly verifyAt: number;
  readonly expect: "accept" | "reject";
  readonly status: string | null;
  readonly reason: string | null;
  readonly advisories: readonly string[];
};

/** What the vectors say in words, as rules. */
const rules: Readonly<Record<string, string>> = {
  "no tcb level": "platform-tcb-level",
  "service TD": "td-service",
  debug: "enclave-debug",
};

describe("real SGX and TDX quotes", () => {
  withVectors("dcap_verdicts.json", "default: every verdict, status and advisory", async () => {
    const expected = JSON.parse(vectorText("dcap_verdicts.json")) as readonly Expected[];
    for (const { quote, collateral, verifyAt, ...wanted } of expected) {
      const verdict = await verifyQuote({
        quote: vectorBytes(quote),
        collateral: parseCollateral(vectorText(collateral)),
        now: verifyAt,
      });
      const { verdict: is, status, advisories } = verdict;
      expect({ is, status, advisories }, quote).to.deep.equal({
        is: wanted.expect,
        status: wanted.status,
        advisories: wanted.advisories,
      });
      if (verdict.verdict === "reject") expect(verdict.rule).to.equal(rules[wanted.reason ?? ""]);
    }
    expect(expected.length).to.be.greaterThan(5);
  });

  withVectors("dcap_fields.json", "default: every field", () => {
    const expected = JSON.parse(vectorText("dcap_fields.json")) as readonly ({ file: string } & object)[];
    for (const { file, ...fields } of expected) expect(readQuoteFields(vectorBytes(file)), file).to.deep.equal(fields);
    expect(expected.length).to.be.greaterThan(5);
  });

  withVectors(
    "phala-dcap-qvl/tdx_quote",
    "behavior: the collateral of a real quote holds between its dates only",
    async () => {
      const parameters = {
        quote: vectorBytes("phala-dcap-qvl/tdx_quote"),
        collateral: parseCollateral(vectorText("phala-dcap-qvl/tdx_quote_collateral.json")),
      };
      const accepted = await verifyQuote({ ...parameters, now: 1_750_415_547 });
      if (accepted.verdict !== "accept") throw new Error(accepted.detail);
      expect(await verifyQuote({ ...parameters, now: accepted.validUntil - 1 })).to.include({ verdict: "accept" });
      expect(await verifyQuote({ ...parameters, now: accepted.validUntil })).to.include({ verdict: "reject" });
      expect(await verifyQuote({ ...parameters, now: 1_750_000_000 })).to.include({ verdict: "reject" });
    },
  );

  withVectors("phala-dcap-qvl/tdx_quote", "behavior: padding of any length is left out", async () => {
    const quote = vectorBytes("phala-dcap-qvl/tdx_quote");
    const [bare, padded] = [quote.subarray(0, quote.length - 70), new Uint8Array(quote.length + 3_000)];
    padded.set(quote);
    const collateral = parseCollateral(vectorText("phala-dcap-qvl/tdx_quote_collateral.json"));
    const identities = await Promise.all(
      [quote, bare, padded].map(async (bytes) => {
        const verdict = await verifyQuote({ quote: bytes, collateral, now: 1_750_415_547 });
        return verdict.verdict === "accept" ? verdict.identity : verdict.rule;
      }),
    );
    expect(new Set(identities).size).to.equal(1);
    expect(identities[0]).to.match(/^0x/);
  });
});
