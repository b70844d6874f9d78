import { expect } from "chai";
import { parseStrictJson, reclaimVerifier } from "../../../sdk/src/provenance/index.ts";
import { createFuzz } from "../../helpers/fuzz.ts";
import { context, forContracts, makeProof, type Proof, policy } from "./makeProof.ts";

const { seed, runs, fuzz } = createFuzz();
const decoder = new TextDecoder("utf-8", { fatal: true });

type Written = Pick<Proof, "claimData" | "signatures"> & { readonly identifier?: string };

/** What a proof says, whichever form it has; a claim's identifier, owner and signatures without the case of their hex digits. */
function meaningOf(value: unknown): unknown {
  const written = value as Written & ReturnType<typeof forContracts>;
  const { claimData, claimInfo, signedClaim } = written;
  const claim: Record<string, unknown> = claimData ?? { ...claimInfo, ...signedClaim.claim };
  const { identifier, owner, timestampS, epoch, provider, parameters } = claim;
  return {
    identifiers: claimData === undefined ? [identifier] : [identifier, written.identifier],
    owner: String(owner).toLowerCase(),
    times: [Number(timestampS), Number(epoch)],
    provider,
    parameters,
    context: JSON.parse(String(claim["context"])) as unknown,
    signatures: (written.signatures ?? signedClaim.signatures).map((signature) => String(signature).toLowerCase()),
  };
}

describe(`mutations of proofs (PERSONA_SEED=${seed})`, function () {
  this.timeout(Math.max(60_000, runs * 30));

  for (const form of ["sdk", "contract"] as const)
    it(`behavior: of ${runs} proofs in the form "${form}" none is accepted that means another thing`, async () => {
      // With a context that can be written in many ways.
      const spaced = JSON.stringify(JSON.parse(context), null, 1);
      const proof =
        form === "sdk" ? await makeProof({ context: spaced }, { hashed: context }) : forContracts(await makeProof());
      const text = JSON.stringify(proof, null, 1);
      const meaning = meaningOf(proof);
      expect((await reclaimVerifier.verify(proof, policy)).verdict).to.equal("accept");
      const seen = { accepted: 0, judged: 0 };
      await fuzz(new TextEncoder().encode(text), async (bytes) => {
        const decoded = decodeOr(bytes);
        const parsed = decoded === undefined ? undefined : parseStrictJson(decoded, ["timestampS", "epoch"]);
        if (parsed?.ok !== true) return;
        const { verdict } = await reclaimVerifier.verify(parsed.value, policy);
        seen.judged += 1;
        if (verdict !== "accept") return;
        seen.accepted += 1;
        expect(meaningOf(parsed.value)).to.deep.equal(meaning);
      });
      expect(seen.judged, "some are JSON still").to.be.greaterThan(runs / 100);
    });
});

function decodeOr(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
