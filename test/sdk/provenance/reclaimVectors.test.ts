import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { parseStrictJson, reclaimAttestors, verifyReclaim } from "../../../sdk/src/provenance/index.ts";

const folder = join(repositoryRoot, "../shared/vectors/exports/zktls/reclaim/js-sdk");

/** The table of their README, for a strict verifier, by its defaults. */
const samples = [
  ["valid/proof-01.json", null, /^0x2448.*9072$/],
  ["valid-sig-wrong-identifier-field/proof-02.json", "identifier-proof", /^0x2448.*9072$/],
  ["forged/proof-04.json", "signature-attestor", /^0x6700c756.*10cd$/],
  ["forged/proof-05.json", "identifier-claim", /^0xf0d03786.*6578$/],
  ["forged/proof-06.json", "identifier-claim", /^0xe5c59658.*2b54$/],
] as const;

describe("verifyReclaim on real proofs", () => {
  for (const [path, rule, signer] of samples) {
    const title = `behavior: ${path} is ${rule}`;
    const file = join(folder, path);
    if (!existsSync(file)) {
      it.skip(`${title} (skipped: ${file} is not there)`, () => {});
      continue;
    }
    it(title, async () => {
      const parsed = parseStrictJson(readFileSync(file, "utf8"));
      if (!parsed.ok) throw new Error(parsed.problem);
      const policy = { attestors: reclaimAttestors, at: Date.parse("2026-06-01") / 1_000 };
      const verdict = await verifyReclaim(parsed.value, policy);
      expect(verdict).to.deep.include({ kind: "reclaim", verdict: rule === null ? "accept" : "reject", rule });
      const [recovered] = verdict.fields["signers"] as string[];
      expect(recovered).to.match(signer);
      // Of each proof but the one whose url was changed, the hash that attestors wrote into its context.
      const { providerHashes, providerHashInContext } = verdict.fields;
      if (path.endsWith("05.json")) expect(providerHashes).to.not.include(providerHashInContext);
      else expect(providerHashes).to.deep.equal([providerHashInContext]);
    });
  }
});
