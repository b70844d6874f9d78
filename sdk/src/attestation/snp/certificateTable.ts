/**
 * The certificates that a host hands to its SNP guests: `cert_table` of the Guest-Hypervisor Communication Block specification
 * (56421), MSG_REPORT_REQ; configfs-tsm's `auxblob`. Entries of GUID, offset and length, ended by zeros, then the certificates.
 */
import { equalBytes } from "../../crypto/index.ts";
import { hexOf, malformed, readPemBytes } from "../x509/index.ts";
import type { SnpCertificates } from "./verifySnp.ts";

const ENTRY_BYTES = 24;
const MAX_ENTRIES = 16;
const MAX_BYTES = 64 * 1024;
const names: Readonly<Record<string, "chip" | "signer" | "root">> = {
  "63da758de6644564adc5f4b93be8accd": "chip", // VCEK
  a8074bc2a25a483eaae639c045a0b8a1: "chip", // VLEK
  "4ab7b379bbac4fe4a02f05aef327c782": "signer", // ASK or ASVK
  c0b406a4a803495297433fb6014cd0ae: "root", // ARK
};

/**
 * @returns what the table has of the three; other entries, such as a revocation list, are passed over
 * @throws CERTIFICATE_INVALID when an entry points outside, or one certificate is there twice
 */
export function readCertificateTable(table: Uint8Array): Partial<Omit<SnpCertificates, "crl">> {
  const at = "certificate table";
  if (table.length > MAX_BYTES) throw malformed(at, "it is too long");
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const found: { chip?: Uint8Array; signer?: Uint8Array; root?: Uint8Array } = {};
  for (let entry = 0; ; entry++) {
    const from = entry * ENTRY_BYTES;
    if (entry > MAX_ENTRIES || from + ENTRY_BYTES > table.length) throw malformed(at, "it does not end");
    const head = table.subarray(from, from + ENTRY_BYTES);
    if (equalBytes(head, new Uint8Array(ENTRY_BYTES))) return found;
    const name = names[hexOf(head.subarray(0, 16))];
    const offset = view.getUint32(from + 16, true);
    const length = view.getUint32(from + 20, true);
    if (offset + length > table.length) throw malformed(at, "an entry points behind it");
    if (name === undefined) continue;
    if (found[name] !== undefined) throw malformed(at, "a certificate is there twice");
    found[name] = derOf(table.slice(offset, offset + length));
  }
}

/** Hosts put in what they were given: DER, or PEM. */
function derOf(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x2d) return bytes;
  const [der, ...more] = readPemBytes(bytes, "certificate table");
  if (der === undefined || more.length > 0) throw malformed("certificate table", "an entry is not one certificate");
  return der;
}
