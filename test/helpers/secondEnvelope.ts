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

/** `padded`: by Padmé; a number lies about the true length. */
export function sealSecond(
  content: Buffer,
  dek: Buffer,
  salt: Buffer,
  ids: SecondEnvelopeIds,
  padded: boolean | number = false,
): Buffer {
  const plaintext =
    padded === false ? content : Buffer.concat([content, Buffer.alloc(padme(content.length) - content.length)]);
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
  if (padded !== false) {
    header[7] = 1;
    header.writeBigUInt64BE(lengthMask(dek, header) ^ BigInt(padded === true ? content.length : padded), 72);
  }
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
  if (!header.subarray(4, 7).equals(Buffer.from([1, 1, 20]))) throw new Refused("ENVELOPE_INVALID");
  const padded = header[7] === 1;
  if (!padded && header[7] !== 0) throw new Refused("ENVELOPE_INVALID");
  if (header.subarray(padded ? 80 : 72, 88).some((byte) => byte !== 0)) throw new Refused("ENVELOPE_INVALID");
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
  const content = padded ? header.readBigUInt64BE(72) ^ lengthMask(dek, header) : length;
  if (content > length || (padded && BigInt(padme(Number(content))) !== length)) throw new Refused("ENVELOPE_INVALID");
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
  return Buffer.concat(parts).subarray(0, Number(content));
}

/** Rounded up until no more binary digits follow the first than the exponent itself has. */
function padme(length: number): number {
  let unit = 1;
  const digits = (integer: number): number => Math.floor(Math.log2(integer)) + 1;
  while (length > 1 && digits(length) - digits(unit) > digits(digits(length) - 1)) unit *= 2;
  return length > 1 ? Math.ceil(length / unit) * unit : length;
}

function lengthMask(dek: Buffer, header: Buffer): bigint {
  const info = Buffer.concat([Buffer.from("persona/envelope-length/v1"), header.subarray(0, 72)]);
  return Buffer.from(hkdfSync("sha256", dek, header.subarray(88, 120), info, 8)).readBigUInt64BE();
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
