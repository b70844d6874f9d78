import { type DerValue, derTag, malformed, readBoolean, readChildren, readOid, requireTag } from "./der.ts";

export type Extension = {
  readonly critical: boolean;
  /** The content of the octet string. */
  readonly value: Uint8Array;
};

/** Extensions of a certificate, a CRL or an entry of one, by dotted OID. @throws CERTIFICATE_INVALID, also when one is there twice. */
export function readExtensions(value: DerValue, at: string): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  for (const extension of readChildren(value, derTag.sequence, at)) {
    const [first, second, third, ...rest] = readChildren(extension, derTag.sequence, at);
    const oid = readOid(first, at);
    const flagged = second?.tag === derTag.boolean;
    if (found.has(oid) || rest.length > 0 || (!flagged && third !== undefined)) {
      throw malformed(at, `the extension ${oid} is there twice, or is none`);
    }
    const { content } = requireTag(flagged ? third : second, derTag.octetString, at);
    found.set(oid, { critical: flagged && readBoolean(second, at), value: content });
  }
  return found;
}
