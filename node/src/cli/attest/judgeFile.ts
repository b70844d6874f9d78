import {
  type AttestationVerdict,
  arrangeSnpCertificates,
  parseCollateral,
  readCertificate,
  type SnpCertificates,
  verifyEvidence,
} from "@persona-protocol/sdk/attestation";
import { sha256, toHex } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import { readSmallBytes, readSmallFile } from "../files.ts";
import { certificatesIn, plainBytes } from "./evidenceFiles.ts";

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

/** The bytes of a file of evidence, or those that its hex or base64 says. @throws EVIDENCE_UNREADABLE */
export async function readEvidence(file: string): Promise<Uint8Array> {
  return plainBytes(await readSmallBytes(file, 2 * MAX_EVIDENCE_BYTES, "EVIDENCE_UNREADABLE"));
}

function unixSeconds(text: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new PersonaError("USAGE", "--at takes whole seconds since 1970.", { data: { at: text } });
}

/**
 * The chain of an SNP report. Hosts and AMD hand out certificates one by one, or several in one file: then `--ask` and `--ark` may name
 * the same file as another flag, or be left out.
 * @throws CERTIFICATE_INVALID, USAGE
 */
export async function readCertificates({
  vcek,
  ask,
  ark,
}: Pick<AttestFlags, "vcek" | "ask" | "ark">): Promise<SnpCertificates | undefined> {
  if (vcek === undefined && ask === undefined && ark === undefined) return undefined;
  const files = await Promise.all([vcek, ask, ark].map((path) => (path === undefined ? [] : certificateFile(path))));
  const [[chip, ...moreChips] = [], [signer, ...moreSigners] = [], [root, ...moreRoots] = []] = files;
  const isPlain = [...moreChips, ...moreSigners, ...moreRoots].length === 0;
  if (isPlain && chip !== undefined && signer !== undefined && root !== undefined) return { chip, signer, root };
  const chain = arrangeSnpCertificates(files.flat());
  if (chain !== undefined) return chain;
  throw new PersonaError("USAGE", "--vcek, --ask and --ark name the chip's certificate, AMD's and its root.");
}

async function certificateFile(path: string): Promise<readonly Uint8Array[]> {
  return certificatesIn(await readSmallBytes(path, MAX_CERTIFICATE_BYTES, "CERTIFICATE_INVALID"), path);
}

/** SHA-256 of the certificate in a file. @throws CERTIFICATE_INVALID */
export async function fingerprintOf(path: string): Promise<Hex> {
  const [der, ...more] = await certificateFile(path);
  if (der === undefined || more.length > 0) {
    throw new PersonaError("CERTIFICATE_INVALID", `${path} does not hold exactly one certificate.`, { data: { path } });
  }
  readCertificate(der, "root");
  return toHex(sha256(der));
}
