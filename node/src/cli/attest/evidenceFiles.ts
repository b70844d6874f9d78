import { readPem } from "@persona-protocol/sdk/attestation";
import { PersonaError } from "@persona-protocol/sdk/errors";

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;

/**
 * What a file says: its bytes, or where it is text those of its hex digits (with 0x or without, white space between) or of its base64.
 * No evidence and no certificate consists of such characters alone, so nothing is taken for what it is not.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes).replace(/\s+/g, "");
  const digits = text.replace(/^0x/i, "");
  if (digits !== "" && digits.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(digits)) {
    return Uint8Array.from(Buffer.from(digits, "hex"));
  }
  if (text !== "" && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    return Uint8Array.from(Buffer.from(text, "base64"));
  }
  return bytes;
}

/**
 * The DER of the certificates in a file: one as DER, hex or base64; one or more as PEM, with whatever tools print between them.
 * @throws CERTIFICATE_INVALID
 */
export function certificatesIn(bytes: Uint8Array, path: string): readonly Uint8Array[] {
  const text = new TextDecoder("latin1").decode(bytes);
  if (!text.includes("-----BEGIN")) return [plainBytes(bytes)];
  const blocks = [...text.matchAll(PEM_BLOCK)];
  const others = blocks.find(([, label]) => label !== "CERTIFICATE");
  if (blocks.length === 0 || others !== undefined) {
    throw new PersonaError("CERTIFICATE_INVALID", `${path} does not hold certificates alone.`, { data: { path } });
  }
  const pem = blocks.map(([, label, body = ""]) => {
    return `-----BEGIN ${label}-----\n${body.replace(/\s+/g, "")}\n-----END ${label}-----\n`;
  });
  return readPem(pem.join(""), path);
}
