import { malformed } from "./der.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";
const MAX_CERTIFICATES = 16;

/**
 * The DER of each certificate in a PEM text (RFC 7468), in its order. Lines end in LF or CRLF, between certificates there may be
 * empty lines, and behind the last one NUL, as Intel's quotes have it. Anything else is refused: no headers, no comments.
 *
 * @throws CERTIFICATE_INVALID
 */
export function readPem(text: string, at = "certificate chain"): Uint8Array[] {
  const lines = text.slice(0, endOf(text)).split(/\r?\n/);
  const certificates: Uint8Array[] = [];
  let body: string[] | undefined;
  for (const line of lines) {
    if (line === BEGIN && body === undefined) body = [];
    else if (line === END && body !== undefined) {
      certificates.push(readBase64(body.join(""), at));
      body = undefined;
      if (certificates.length > MAX_CERTIFICATES) throw malformed(at, "it has too many certificates");
    } else if (body !== undefined) body.push(line);
    else if (line !== "") throw malformed(at, "there is text outside of the certificates");
  }
  if (body !== undefined) throw malformed(at, "a certificate does not end");
  return certificates;
}

/** Where the NULs behind it begin. */
function endOf(text: string): number {
  let end = text.length;
  while (text[end - 1] === "\0") end--;
  return end;
}

/** Bytes that hold PEM. @throws CERTIFICATE_INVALID */
export function readPemBytes(bytes: Uint8Array, at = "certificate chain"): Uint8Array[] {
  return readPem(new TextDecoder("latin1").decode(bytes), at);
}

/** Base64 (RFC 4648, 4) with its padding and without anything between. */
function readBase64(text: string, at: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw malformed(at, "it is no base64");
  const binary = atob(text);
  // The last character may carry bits that belong to no byte.
  if (btoa(binary.slice(-(binary.length % 3 || 3))) !== text.slice(-4)) throw malformed(at, "it is no base64");
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
