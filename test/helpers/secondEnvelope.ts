import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

/**
 * The envelope a second time, from docs/envelope.md and node:crypto alone: it shares no line with the SDK, so that a test can
 * tell whether the document says all there is to say.
 */
const CHUNK = 1_048_576;

export type SecondEnvelopeIds = {
  readonly datasetId: Buffer;
  readonly segment: number;
  readonly keyEpoch: number;
  readonly version: number;
};

export class Refused extends Error {
  readonly code: "ENVELOPE_INVALID" | "KEY_COMMITMENT_MISMATCH";
  constructor(code: Refused["code"]) {
    super(code);
    this.code = code;
  }
}

export function sealSecond(plaintext: Buffer, dek: Buffer, salt: Buffer, ids: SecondEnvelopeIds): Buffer {
  const header = Buffer.alloc(152);
  header.write("PSN1", "latin1");
  header.set([1, 1, 20, 0], 4);
  header.set(ids.datasetId, 8);
  header.writeUInt32BE(ids.segment, 40);
  header.writeUInt32BE(ids.keyEpoch, 44);
  header.writeBigUInt64BE(BigInt(ids.version), 48);
  header.writeBigUInt64BE(BigInt(plaintext.length), 56);
  const count = Math.max(1, Math.ceil(plaintext.length / CHUNK));
  header.writeBigUInt64BE(BigInt(count), 64);
  header.set(salt, 88);
  const { key, commitment } = derive(dek, header);
  header.set(commitment, 120);
  const parts = [header];
  for (let index = 0; index < count; index++) {
    const cipher = createCipheriv("aes-256-gcm", key, nonce(index, index === count - 1));
    cipher.setAAD(header);
    parts.push(cipher.update(plaintext.subarray(index * CHUNK, (index + 1) * CHUNK)), cipher.final());
    parts.push(cipher.getAuthTag());
  }
  return Buffer.concat(parts);
}

export function openSecond(object: Buffer, dek: Buffer, ids: SecondEnvelopeIds): Buffer {
  const header = object.subarray(0, 152);
  if (header.length < 152 || header.toString("latin1", 0, 4) !== "PSN1") throw new Refused("ENVELOPE_INVALID");
  if (!header.subarray(4, 8).equals(Buffer.from([1, 1, 20, 0]))) throw new Refused("ENVELOPE_INVALID");
  if (header.subarray(72, 88).some((byte) => byte !== 0)) throw new Refused("ENVELOPE_INVALID");
  const length = header.readBigUInt64BE(56);
  const count = header.readBigUInt64BE(64);
  const wanted = length === 0n ? 1n : (length + BigInt(CHUNK) - 1n) / BigInt(CHUNK);
  if (count !== wanted || count > 2n ** 32n) throw new Refused("ENVELOPE_INVALID");
  const named =
    header.subarray(8, 40).equals(ids.datasetId) &&
    header.readUInt32BE(40) === ids.segment &&
    header.readUInt32BE(44) === ids.keyEpoch;
  if (!named) throw new Refused("ENVELOPE_INVALID");
  const { key, commitment } = derive(dek, header);
  if (!commitment.equals(header.subarray(120))) throw new Refused("KEY_COMMITMENT_MISMATCH");
  if (BigInt(object.length) !== 152n + length + 16n * count) throw new Refused("ENVELOPE_INVALID");

  const parts: Buffer[] = [];
  for (let index = 0; index < Number(count); index++) {
    const sealed = object.subarray(152 + index * (CHUNK + 16), 152 + (index + 1) * (CHUNK + 16));
    const decipher = createDecipheriv("aes-256-gcm", key, nonce(index, index === Number(count) - 1));
    decipher.setAAD(header);
    decipher.setAuthTag(sealed.subarray(-16));
    try {
      parts.push(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]));
    } catch {
      throw new Refused("ENVELOPE_INVALID");
    }
  }
  return Buffer.concat(parts);
}

function derive(dek: Buffer, header: Buffer): { key: Buffer; commitment: Buffer } {
  const info = Buffer.concat([Buffer.from("persona/envelope/v1"), header.subarray(0, 88)]);
  const okm = Buffer.from(hkdfSync("sha256", dek, header.subarray(88, 120), info, 64));
  return { key: okm.subarray(0, 32), commitment: okm.subarray(32) };
}

function nonce(index: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(index, 7);
  bytes[11] = isLast ? 1 : 0;
  return bytes;
}
