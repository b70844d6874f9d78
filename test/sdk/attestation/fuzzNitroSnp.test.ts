import { readPemBytes, type SnpCertificates, verifyNitro, verifySnp } from "@persona-protocol/sdk/attestation";
import { createSimulatedNitro, createSimulatedSnp } from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { vectorBytes, withVectors } from "../../helpers/attestationVectors.ts";
import { createFuzz } from "../../helpers/fuzz.ts";
import { createRandom } from "../../helpers/random.ts";

const { fuzz, runs, seed } = createFuzz(Number(process.env["PERSONA_FUZZ_RUNS"] ?? 1_000));
const deep = process.env["PERSONA_FUZZ_RUNS"] !== undefined;
const random = createRandom(seed);
const at = 1_760_000_000;
const milan = createSimulatedSnp(random.bytes(32), "milan");
const nitro = createSimulatedNitro(random.bytes(32));
const simulatedDocument = nitro.document({ userData: random.bytes(64), timestamp: at * 1_000 });
const amd = (): SnpCertificates => {
  const pem = (name: string) => readPemBytes(vectorBytes(`virtee-sev/${name}`))[0] ?? new Uint8Array();
  return { chip: vectorBytes("virtee-sev/vcek_milan.der"), signer: pem("milan-ask.pem"), root: pem("milan-ark.pem") };
};

/** Bits to flip of `bytes`: all of them in the deep run, else one of each byte, or of every `step`th. */
function* bitsOf(bytes: Uint8Array, step: number): Generator<number> {
  if (deep) for (let bit = 0; bit < bytes.length * 8; bit++) yield bit;
  else for (let at = random.integer(step); at < bytes.length; at += step) yield at * 8 + random.integer(8);
}
const flip = (bytes: Uint8Array, bit: number) => bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));

describe(`evidence of Nitro and SNP that somebody changed, PERSONA_SEED=${seed}`, function () {
  this.timeout(4 * 3_600_000);

  /** A document is accepted only where it says the same: the tag in front is no part of it. */
  const nitroFuzz = async (original: Uint8Array, verify: (bytes: Uint8Array) => ReturnType<typeof verifyNitro>) => {
    const wanted = await verify(original);
    expect(wanted.verdict).to.equal("accept");
    await fuzz(original, async (bytes) => {
      const verdict = await verify(bytes);
      if (verdict.verdict === "reject") return;
      expect({ ...verdict, fields: null }).to.deep.equal({ ...wanted, fields: null });
      expect(bytes.length).to.equal(original.length + 1);
    });
  };

  it(`a simulated Nitro document: ${runs} mutations`, () =>
    nitroFuzz(simulatedDocument, (bytes) =>
      verifyNitro(bytes, { policy: { rootFingerprint: nitro.rootFingerprint } }),
    ));

  withVectors("nitro/marlin_sample_attestation.bin", `Amazon's Nitro document: ${runs} mutations`, () =>
    nitroFuzz(vectorBytes("nitro/marlin_sample_attestation.bin"), (bytes) => verifyNitro(bytes)),
  );

  for (const file of ["dstack_nitro_extracted.cose", "marlin_sample_attestation.bin"]) {
    withVectors(`nitro/${file}`, `flipped bits of ${file}: refused`, async () => {
      const bytes = vectorBytes(`nitro/${file}`);
      for (const bit of bitsOf(bytes, 16)) {
        expect((await verifyNitro(flip(bytes, bit))).verdict, `bit ${bit}`).to.equal("reject");
      }
    });
  }

  /** Nothing of a report is free: what is not signed must be zero. */
  const snpFuzz = async (original: Uint8Array, certificates: SnpCertificates, rootFingerprint?: `0x${string}`) => {
    const policy = rootFingerprint === undefined ? {} : { rootFingerprint };
    expect((await verifySnp(original, { certificates, at, policy })).verdict).to.equal("accept");
    await fuzz(original, async (bytes) => {
      expect((await verifySnp(bytes, { certificates, at, policy })).verdict).to.equal("reject");
    });
  };

  it(`a simulated SNP report: ${runs} mutations`, () =>
    snpFuzz(milan.report({ reportData: random.bytes(64) }), milan.certificates(), milan.rootFingerprint));

  withVectors("virtee-sev/report_milan.hex", `AMD's SNP report: ${runs} mutations`, () =>
    snpFuzz(vectorBytes("virtee-sev/report_milan.hex"), amd()),
  );

  withVectors("virtee-sev/report_milan.hex", `AMD's certificates: ${runs} mutations of each`, async () => {
    const report = vectorBytes("virtee-sev/report_milan.hex");
    const certificates = amd();
    for (const name of ["chip", "signer", "root"] as const) {
      await fuzz(certificates[name], async (bytes) => {
        const verdict = await verifySnp(report, { certificates: { ...certificates, [name]: bytes }, at });
        expect(verdict.verdict, name).to.equal("reject");
      });
    }
  });

  withVectors("virtee-sev/report_milan.hex", "flipped bits of AMD's report: refused", async () => {
    const report = vectorBytes("virtee-sev/report_milan.hex");
    const certificates = amd();
    for (const bit of bitsOf(report, 1)) {
      expect((await verifySnp(flip(report, bit), { certificates, at })).verdict, `bit ${bit}`).to.equal("reject");
    }
  });
});
