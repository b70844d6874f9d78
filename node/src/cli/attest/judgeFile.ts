import {
  type AttestationVerdict,
  parseCollateral,
  readCertificate,
  readPemBytes,
  type SnpCertificates,
  verifyEvidence,
} from "@persona-protocol/sdk/attestation";
import { sha256, toHex } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import { readSmallBytes, readSmallFile } from "../files.ts";

export type AttestFlags = {
  readonly collateral?: string;
  readonly root?: string;
  readonly vcek?: string;
  readonly ask?: string;
  readonly ark?: string;
  readonly at?: string;
  readonly json: boolean;
};

/** As hex twice as many; quotes have 5 KB, and the padding of an outblob a few more. */
const MAX_EVIDENCE_BYTES = 1_048_576;
export const MAX_COLLATERAL_BYTES = 8_388_608;
const MAX_CERTIFICATE_BYTES = 65_536;

/**
 * The verdict on a file of evidence.
 *
 * @throws EVIDENCE_UNREADABLE, COLLATERAL_INVALID, CERTIFICATE_INVALID, USAGE
 */
export async function judgeFile(file: string, flags: AttestFlags): Promise<AttestationVerdict> {
  const at = flags.at === undefined ? undefined : unixSeconds(flags.at);
  const certificates = await readCertificates(flags);
  const rootFingerprint = flags.root === undefined ? undefined : await fingerprintOf(flags.root);
  const collateral =
    flags.collateral === undefined
      ? undefined
      : parseCollateral(await readSmallFile(flags.collateral, MAX_COLLATERAL_BYTES, "COLLATERAL_INVALID"));
  const evidence = await readEvidence(file);
  return verifyEvidence({ evidence, collateral, certificates, at, rootFingerprint });
}

/** The bytes of a file of evidence, or those that its digits say. @throws EVIDENCE_UNREADABLE */
export async function readEvidence(file: string): Promise<Uint8Array> {
  return bytesOrHex(await readSmallBytes(file, 2 * MAX_EVIDENCE_BYTES, "EVIDENCE_UNREADABLE"));
}

function unixSeconds(text: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new PersonaError("USAGE", "--at takes whole seconds since 1970.", { data: { at: text } });
}

/** @throws CERTIFICATE_INVALID, USAGE */
export async function readCertificates({
  vcek,
  ask,
  ark,
}: Pick<AttestFlags, "vcek" | "ask" | "ark">): Promise<SnpCertificates | undefined> {
  if (vcek === undefined && ask === undefined && ark === undefined) return undefined;
  if (vcek === undefined || ask === undefined || ark === undefined) {
    throw new PersonaError("USAGE", "--vcek, --ask and --ark are given together.");
  }
  const [chip, signer, root] = await Promise.all([derOf(vcek), derOf(ask), derOf(ark)]);
  return { chip, signer, root };
}

/** SHA-256 of the certificate in a file. @throws CERTIFICATE_INVALID */
export async function fingerprintOf(path: string): Promise<Hex> {
  const der = await derOf(path);
  readCertificate(der, "root");
  return toHex(sha256(der));
}

/** The one certificate in a file. */
async function derOf(path: string): Promise<Uint8Array> {
  const bytes = await readSmallBytes(path, MAX_CERTIFICATE_BYTES, "CERTIFICATE_INVALID");
  const isPem = new TextDecoder("latin1").decode(bytes.subarray(0, 64)).trimStart().startsWith("-----BEGIN");
  if (!isPem) return bytes;
  const [der, ...more] = readPemBytes(bytes, path);
  if (der !== undefined && more.length === 0) return der;
  throw new PersonaError("CERTIFICATE_INVALID", `${path} does not hold exactly one certificate.`, { data: { path } });
}

/** Hex digits, with 0x or without and with line breaks between, are taken for what they say. No evidence consists of them. */
function bytesOrHex(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes).replace(/\s+/g, "").replace(/^0x/, "");
  if (text === "" || text.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(text)) return bytes;
  return Uint8Array.from(Buffer.from(text, "hex"));
}
