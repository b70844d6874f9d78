import { equalBytes } from "../../crypto/index.ts";
import { type DerValue, derTag, malformed, readChildren, readOid } from "./der.ts";

/** A distinguished name (RFC 5280, 4.1.2.4). */
export type DistinguishedName = {
  /** The whole name: names are the same when these bytes are. */
  readonly der: Uint8Array;
  /** Undefined where there is none, and where there are several. */
  readonly commonName: string | undefined;
};

const COMMON_NAME = "2.5.4.3";
/** UTF8String, PrintableString, TeletexString and IA5String. */
const TEXT_TAGS = new Set([0x0c, 0x13, 0x14, 0x16]);

/** @throws CERTIFICATE_INVALID */
export function readName(value: DerValue | undefined, at: string): DistinguishedName {
  if (value === undefined) throw malformed(at, "it is missing");
  const commonNames: string[] = [];
  for (const set of readChildren(value, derTag.sequence, at)) {
    for (const attribute of readChildren(set, derTag.set, at)) {
      const [oid, text] = readChildren(attribute, derTag.sequence, at);
      if (text === undefined) throw malformed(at, "an attribute has no value");
      if (readOid(oid, at) === COMMON_NAME && TEXT_TAGS.has(text.tag)) commonNames.push(decodeText(text.content));
    }
  }
  return { der: value.bytes, commonName: commonNames.length === 1 ? commonNames[0] : undefined };
}

export function sameName(left: DistinguishedName, right: DistinguishedName): boolean {
  return equalBytes(left.der, right.der);
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
