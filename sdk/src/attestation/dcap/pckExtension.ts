import {
  type Certificate,
  type DerValue,
  derTag,
  malformed,
  readChildren,
  readDer,
  readOid,
  readSmall,
  requireTag,
} from "../x509/index.ts";
import { PCK_EXTENSION_OID } from "./intelNames.ts";

/** What Intel says of a platform in its PCK certificate (extension 1.2.840.113741.1.13.1). */
export type PckExtension = {
  /** 16 bytes. */
  readonly ppid: Uint8Array;
  /** 16 numbers from 0 to 255. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  /** 16 bytes. */
  readonly cpuSvn: Uint8Array;
  /** 2 bytes. */
  readonly pceId: Uint8Array;
  /** 6 bytes. */
  readonly fmspc: Uint8Array;
};

const AT = "PCK certificate's SGX extension";
const COMPONENTS = 16;

/** Of certificates that are read once and met again. */
const known = new WeakMap<Certificate, PckExtension>();

/** @throws CERTIFICATE_INVALID */
export function readPckExtension(certificate: Certificate): PckExtension {
  const found = known.get(certificate) ?? readFrom(certificate);
  known.set(certificate, found);
  return found;
}

function readFrom(certificate: Certificate): PckExtension {
  const extension = certificate.extensions.get(PCK_EXTENSION_OID);
  if (extension === undefined) throw malformed(AT, "it is missing");
  const fields = readFields(readDer(extension.value, AT), PCK_EXTENSION_OID);
  const tcb = readFields(needed(fields, 2), `${PCK_EXTENSION_OID}.2`);
  return {
    ppid: octets(fields, 1, 16),
    components: Array.from({ length: COMPONENTS }, (_, index) => readSmall(needed(tcb, index + 1), AT, 255)),
    pceSvn: readSmall(needed(tcb, COMPONENTS + 1), AT, 65_535),
    cpuSvn: octets(tcb, COMPONENTS + 2, 16),
    pceId: octets(fields, 3, 2),
    fmspc: octets(fields, 4, 6),
  };
}

/** A sequence of pairs of OID and value, by the last arc below `parent`. */
function readFields(value: DerValue, parent: string): ReadonlyMap<number, DerValue> {
  const found = new Map<number, DerValue>();
  for (const pair of readChildren(value, derTag.sequence, AT)) {
    const [oid, content, ...rest] = readChildren(pair, derTag.sequence, AT);
    const name = readOid(oid, AT);
    const last = name.startsWith(`${parent}.`) ? Number(name.slice(parent.length + 1)) : Number.NaN;
    if (!Number.isInteger(last) || content === undefined || rest.length > 0)
      throw malformed(AT, `${name} has no place there`);
    if (found.has(last)) throw malformed(AT, `${name} is there twice`);
    found.set(last, content);
  }
  return found;
}

function needed(fields: ReadonlyMap<number, DerValue>, number: number): DerValue {
  const value = fields.get(number);
  if (value === undefined) throw malformed(AT, `its field ${number} is missing`);
  return value;
}

function octets(fields: ReadonlyMap<number, DerValue>, number: number, length: number): Uint8Array {
  const { content } = requireTag(needed(fields, number), derTag.octetString, AT);
  if (content.length !== length) throw malformed(AT, `its field ${number} does not have ${length} bytes`);
  return content;
}
