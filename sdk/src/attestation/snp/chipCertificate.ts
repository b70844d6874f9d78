/**
 * AMD's extensions of a chip's certificate: "Versioned Chip Endorsement Key (VCEK) Certificate and KDS Interface Specification"
 * (57230), 1.3.6.1.4.1.3704.1.*.
 */
import { readUnder, requireRule } from "../rules.ts";
import { type Certificate, derTag, malformed, readDer, readSmall, requireTag } from "../x509/index.ts";
import { productOfName, type SnpProduct, tcbLayouts } from "./snpProduct.ts";

/** VCEK: a key of one chip at one TCB. VLEK: a key that AMD gave a cloud for all of its chips at one TCB. */
export type ChipKeyKind = "vcek" | "vlek";

export type ChipCertificate = {
  readonly kind: ChipKeyKind;
  readonly product: SnpProduct;
  /** 8 bytes, in the order of the product. */
  readonly tcb: Uint8Array;
  /** VCEK: 64 bytes, of which Turin uses 8. */
  readonly chipId: Uint8Array | undefined;
  /** VLEK: whom AMD gave the key to. */
  readonly cspId: string | undefined;
};

const ARC = "1.3.6.1.4.1.3704.1";
const PRODUCT_NAME = `${ARC}.2`;
const HARDWARE_ID = `${ARC}.4`;
const CSP_ID = `${ARC}.5`;
const FMC = `${ARC}.3.9`;
const IA5_STRING = 0x16;
const CHIP_ID_BYTES = 64;
const TURIN_CHIP_ID_BYTES = 8;
/** Reserved parts are missing in some certificates: they are zero then. */
const splOids: Readonly<Record<string, { readonly oid: string; readonly required: boolean }>> = {
  bootLoader: { oid: `${ARC}.3.1`, required: true },
  tee: { oid: `${ARC}.3.2`, required: true },
  snp: { oid: `${ARC}.3.3`, required: true },
  spl4: { oid: `${ARC}.3.4`, required: false },
  spl5: { oid: `${ARC}.3.5`, required: false },
  spl6: { oid: `${ARC}.3.6`, required: false },
  spl7: { oid: `${ARC}.3.7`, required: false },
  microcode: { oid: `${ARC}.3.8`, required: true },
  fmc: { oid: FMC, required: true },
};

/** Of certificates that are read once and met again. */
const knownChips = new WeakMap<Certificate, ChipCertificate>();

/** @throws RuleBroken snp-extensions, snp-product */
export function readChipCertificate(certificate: Certificate, kind: ChipKeyKind): ChipCertificate {
  const known = knownChips.get(certificate);
  if (known?.kind === kind) return known;
  const chip = readExtensionsOf(certificate, kind);
  knownChips.set(certificate, chip);
  return chip;
}

function readExtensionsOf(certificate: Certificate, kind: ChipKeyKind): ChipCertificate {
  return readUnder("snp-extensions", () => {
    const text = (oid: string) => ia5(requiredValue(certificate, oid), `extension ${oid}`);
    const name = text(PRODUCT_NAME);
    const product = productOfName(name);
    requireRule("snp-product", product !== undefined, `${JSON.stringify(name.slice(0, 32))} is no known product.`);
    const layout: readonly string[] = tcbLayouts[product];
    // A part of another product's TCB would be compared with nothing.
    const stranger = product !== "turin" && certificate.extensions.has(FMC);
    requireRule("snp-extensions", !stranger, `A ${product} has no FMC.`);
    const strange = kind === "vcek" ? CSP_ID : HARDWARE_ID;
    requireRule("snp-extensions", !certificate.extensions.has(strange), `A ${kind} has no extension ${strange}.`);
    return {
      kind,
      product,
      tcb: Uint8Array.from(layout, (part) => securityVersion(certificate, part)),
      chipId: kind === "vcek" ? chipIdOf(requiredValue(certificate, HARDWARE_ID), product) : undefined,
      cspId: kind === "vlek" ? text(CSP_ID) : undefined,
    };
  });
}

function securityVersion({ extensions }: Certificate, part: string): number {
  const spl = splOids[part];
  const value = spl && extensions.get(spl.oid)?.value;
  if (value !== undefined) return readSmall(readDer(value, `${part} version`), `${part} version`, 255);
  if (spl?.required !== false) throw malformed(`${part} version`, "it is missing");
  return 0;
}

function requiredValue({ extensions }: Certificate, oid: string): Uint8Array {
  const found = extensions.get(oid);
  if (found === undefined) throw malformed(`extension ${oid}`, "it is missing");
  return found.value;
}

function ia5(value: Uint8Array, at: string): string {
  const { content } = requireTag(readDer(value, at), IA5_STRING, at);
  if (content.length === 0 || content.length > 128) throw malformed(at, "its length is not one of a name");
  return new TextDecoder("latin1").decode(content);
}

/** AMD writes the id bare, without a tag; one in an octet string is read too. */
function chipIdOf(value: Uint8Array, product: SnpProduct): Uint8Array {
  const wanted = product === "turin" ? [TURIN_CHIP_ID_BYTES, CHIP_ID_BYTES] : [CHIP_ID_BYTES];
  const bare = wanted.includes(value.length);
  const content = bare ? value : requireTag(readDer(value, "chip id"), derTag.octetString, "chip id").content;
  if (!wanted.includes(content.length)) throw malformed("chip id", `it has ${content.length} bytes`);
  const chipId = new Uint8Array(CHIP_ID_BYTES);
  chipId.set(content);
  return chipId;
}
