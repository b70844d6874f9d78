import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createBlobStore, decryptEnvelopeBytes, parseEnvelopeHeader } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Hex } from "viem";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium } from "../../helpers/memoryMedium.ts";
import { openSecond, Refused, sealSecond } from "../../helpers/secondEnvelope.ts";

type Accepted = {
  readonly name: string;
  readonly plaintextLength: number;
  readonly padding?: "padme";
  readonly salt: Hex;
  readonly header: Hex;
  readonly tags: readonly Hex[];
  readonly size: number;
  readonly sha256: Hex;
  readonly cid: string;
  readonly object?: Hex;
};
type RefusedVector = {
  readonly name: string;
  readonly of: string;
  readonly slices: readonly (readonly [number, number])[] | null;
  readonly set: Readonly<Record<string, number>>;
  readonly dek?: Hex;
  readonly error: "ENVELOPE_INVALID" | "KEY_COMMITMENT_MISMATCH";
};
type Vectors = {
  readonly dek: Hex;
  readonly datasetId: Hex;
  readonly segment: number;
  readonly keyEpoch: number;
  readonly version: number;
  readonly accepted: readonly Accepted[];
  readonly refused: readonly RefusedVector[];
};

const bytes = (hex: Hex): Buffer => Buffer.from(hex.slice(2), "hex");
const vectors: Vectors = JSON.parse(
  await readFile(new URL("../../vectors/envelope.json", import.meta.url), "utf8"),
) as Vectors;
const { segment, keyEpoch, version, datasetId } = vectors;
const ids = { datasetId: bytes(datasetId), segment, keyEpoch, version };
const dek = bytes(vectors.dek);

describe("test/vectors/envelope.json", () => {
  const objects = new Map<string, Buffer>();
  const plaintexts = new Map<string, Buffer>();
  before(() => {
    for (const { name, plaintextLength, salt, padding } of vectors.accepted) {
      const plaintext = Buffer.from(Uint8Array.from({ length: plaintextLength }, (_, at) => at % 251));
      plaintexts.set(name, plaintext);
      objects.set(name, sealSecond(plaintext, dek, bytes(salt), ids, padding !== undefined));
    }
  });
  const objectOf = (name: string): Buffer => objects.get(name) ?? expect.fail(`no vector is called ${name}`);

  for (const vector of vectors.accepted) {
    it(`behavior: ${vector.name}: an implementation of the document alone makes it, and the SDK opens it`, async () => {
      const object = objectOf(vector.name);
      expect(`0x${createHash("sha256").update(object).digest("hex")}`).to.equal(vector.sha256);
      expect(object).to.have.lengthOf(vector.size);
      expect(object.subarray(0, 152).equals(bytes(vector.header))).to.equal(true);
      if (vector.object !== undefined) expect(object.equals(bytes(vector.object))).to.equal(true);
      for (const [index, tag] of vector.tags.entries()) {
        const start = 152 + index * (2 ** 20 + 16);
        expect(
          object
            .subarray(start, start + 2 ** 20 + 16)
            .subarray(-16)
            .equals(bytes(tag)),
        ).to.equal(true);
      }
      expect(parseEnvelopeHeader(object.subarray(0, 152)).chunkCount).to.equal(vector.tags.length);
      const opened = await decryptEnvelopeBytes(object, { datasetId, segment, keyEpoch, version, dek });
      expect(Buffer.from(opened).equals(plaintexts.get(vector.name) ?? Buffer.alloc(0))).to.equal(true);
      expect(openSecond(object, dek, ids).equals(opened)).to.equal(true);
      expect((await createBlobStore(createMemoryMedium()).put(object)).cid).to.equal(vector.cid);
    });
  }

  for (const vector of vectors.refused) {
    it(`error: ${vector.error}: ${vector.name}`, async () => {
      const whole = objectOf(vector.of);
      const object = Buffer.concat(
        (vector.slices ?? [[0, whole.length]]).map(([from, to]) => whole.subarray(from, to)),
      );
      for (const [at, byte] of Object.entries(vector.set)) {
        expect(object[Number(at)], "a vector that changes nothing").not.to.equal(byte);
        object[Number(at)] = byte;
      }
      const key = vector.dek === undefined ? dek : bytes(vector.dek);
      await expectError(vector.error, () => decryptEnvelopeBytes(object, { datasetId, segment, keyEpoch, dek: key }));
      let code: string | undefined;
      try {
        openSecond(object, key, ids);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        code = error.code;
      }
      expect(code).to.equal(vector.error);
    });
  }
});
