import {
  openResult,
  RESULT_SEAL_BYTES,
  type SealedResult,
  sealedResultBytes,
  sealResult,
} from "@persona-protocol/sdk/compute";
import {
  concatBytes,
  fromHex,
  generateKemKeyPair,
  HPKE_TAG_BYTES,
  KEM_ENC_BYTES,
  seal,
  sha256Hex,
} from "@persona-protocol/sdk/crypto";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const seed = testSeed();
const random = createRandom(seed);

async function anyResult(plaintext = random.bytes(100)) {
  const { publicKey, privateKey } = await generateKemKeyPair();
  const jobSpecHash = randomHex32(random);
  const sealed = await sealResult({ resultKey: publicKey, jobSpecHash, plaintext });
  return { plaintext, publicKey, sealed, open: { resultPrivateKey: privateKey, jobSpecHash, ...sealed } };
}

/** The sealed result with another ciphertext, its digest made to fit: what a lying node would put on chain. */
const withCiphertext = (ciphertext: Uint8Array): Pick<SealedResult, "ciphertext" | "ciphertextDigest"> => ({
  ciphertext,
  ciphertextDigest: sha256Hex(ciphertext),
});

describe("sealResult and openResult", () => {
  it("default: the result key opens it", async () => {
    for (const length of [0, 1, 1_000]) {
      const { open, plaintext } = await anyResult(random.bytes(length));
      expect(await openResult(open)).to.deep.equal(plaintext);
      expect(open.ciphertext).to.have.lengthOf(sealedResultBytes(length));
      expect(open.ciphertextDigest).to.equal(sha256Hex(open.ciphertext));
    }
  });

  it("behavior: its length is one of few, within the caps, and never one that the result does not fit in", async () => {
    const ends = KEM_ENC_BYTES + HPKE_TAG_BYTES;
    expect(RESULT_SEAL_BYTES).to.equal(ends + 4);
    const lengths = Array.from({ length: 61 }, (_, bytes) => sealedResultBytes(bytes));
    expect(new Set(lengths)).to.deep.equal(new Set([ends + 64]));
    const all = Array.from({ length: 2_956 }, (_, bytes) => sealedResultBytes(bytes, 4_096));
    expect(new Set(all).size).to.be.lessThan(90);
    for (const [bytes, sealed] of all.entries()) {
      expect(sealed, String(bytes)).to.be.within(bytes + RESULT_SEAL_BYTES, 4_096);
      expect(sealed - ends, String(bytes)).to.be.at.most(Math.max(64, (bytes + 4) * 1.12));
    }
    // A cap that leaves no room for padding leaves room for the result.
    expect(sealedResultBytes(10, RESULT_SEAL_BYTES + 10)).to.equal(RESULT_SEAL_BYTES + 10);
    const { publicKey: resultKey, privateKey: resultPrivateKey } = await generateKemKeyPair();
    const jobSpecHash = randomHex32(random);
    for (const maxBytes of [RESULT_SEAL_BYTES + 10, RESULT_SEAL_BYTES + 30, 4_096]) {
      const plaintext = random.bytes(10);
      const sealed = await sealResult({ resultKey, jobSpecHash, plaintext, maxBytes });
      expect(sealed.ciphertext.length).to.equal(Math.min(maxBytes, ends + 64));
      expect(await openResult({ resultPrivateKey, jobSpecHash, ...sealed })).to.deep.equal(plaintext);
    }
  });

  it("error: RECEIPT_INVALID: what is sealed in another form", async () => {
    const { publicKey, privateKey: resultPrivateKey } = await generateKemKeyPair();
    const jobSpecHash = randomHex32(random);
    const info = concatBytes(new TextEncoder().encode("persona/result/v2"), fromHex(jobSpecHash));
    const forms = [
      new Uint8Array(),
      new Uint8Array(3),
      Uint8Array.of(0, 0, 0, 2, 1),
      Uint8Array.of(0, 0, 0, 1, 1, 0, 7),
    ];
    for (const plaintext of forms) {
      const { enc, ct } = await seal({ publicKey, info, plaintext });
      const plaintextCommitment = sha256Hex(plaintext);
      const ciphertext = concatBytes(enc, ct);
      const open = { resultPrivateKey, jobSpecHash, plaintextCommitment, ...withCiphertext(ciphertext) };
      expect((await expectError("RECEIPT_INVALID", () => openResult(open))).shortMessage).to.include("form");
    }
  });

  it("behavior: a yes cannot be told from a no, nor recognised again", async () => {
    const yes = Uint8Array.of(0xf5);
    const { publicKey, sealed, open } = await anyResult(yes);
    expect(sealed.plaintextCommitment).not.to.equal(sha256Hex(yes));
    const again = await sealResult({ resultKey: publicKey, jobSpecHash: open.jobSpecHash, plaintext: yes });
    expect(again.plaintextCommitment).not.to.equal(sealed.plaintextCommitment);
    expect(again.ciphertext).not.to.deep.equal(sealed.ciphertext);
  });

  it("error: SEALED_BOX_INVALID: another key, another job", async () => {
    const { open } = await anyResult();
    const { privateKey } = await generateKemKeyPair();
    await expectError("SEALED_BOX_INVALID", () => openResult({ ...open, resultPrivateKey: privateKey }));
    await expectError("SEALED_BOX_INVALID", () => openResult({ ...open, jobSpecHash: randomHex32(random) }));
  });

  it("error: RECEIPT_INVALID: not the ciphertext or not the plaintext of the receipt", async () => {
    const { open } = await anyResult();
    const other = await anyResult();
    await expectError("RECEIPT_INVALID", () => openResult({ ...open, ciphertext: other.open.ciphertext }));
    await expectError("RECEIPT_INVALID", () => openResult({ ...open, ciphertext: new Uint8Array() }));
    await expectError("RECEIPT_INVALID", () =>
      openResult({ ...open, plaintextCommitment: other.open.plaintextCommitment }),
    );
    await expectError("RECEIPT_INVALID", () =>
      openResult({ ...open, plaintextCommitment: sha256Hex(other.plaintext) }),
    );
  });

  it("error: a ciphertext swapped together with its digest", async () => {
    const { open, publicKey } = await anyResult();
    const forged = await sealResult({
      resultKey: publicKey,
      jobSpecHash: open.jobSpecHash,
      plaintext: random.bytes(100),
    });
    // It opens, as anybody can seal to a public key; the commitment is of another plaintext.
    await expectError("RECEIPT_INVALID", () => openResult({ ...open, ...withCiphertext(forged.ciphertext) }));
    const [enc, ct] = [forged.ciphertext.subarray(0, KEM_ENC_BYTES), open.ciphertext.subarray(KEM_ENC_BYTES)];
    await expectError("SEALED_BOX_INVALID", () => openResult({ ...open, ...withCiphertext(concatBytes(enc, ct)) }));
    for (const length of [0, 1, KEM_ENC_BYTES - 1, KEM_ENC_BYTES, KEM_ENC_BYTES + HPKE_TAG_BYTES - 1]) {
      await expectError("SEALED_BOX_INVALID", () =>
        openResult({ ...open, ...withCiphertext(open.ciphertext.slice(0, length)) }),
      );
    }
  });

  it(`behavior: changed ciphertexts never open, 300 times (seed ${seed})`, async () => {
    const { open } = await anyResult();
    for (let round = 0; round < 300; round++) {
      const changed = mutate(open.ciphertext, random);
      if (Buffer.from(changed).equals(open.ciphertext)) continue;
      const error = await openResult({ ...open, ...withCiphertext(changed) }).catch((cause: unknown) => cause);
      expect(isPersonaError(error, "SEALED_BOX_INVALID"), String(error)).to.equal(true);
    }
  }).timeout(20_000);
});
