import type { Hex } from "viem";

/** AMD's lines of server processors with SEV-SNP, as its roots name them. Bergamo and Siena are of Genoa's line. */
export type SnpProduct = "milan" | "genoa" | "turin";

/**
 * SHA-256 of the DER of AMD's root certificates (CN=ARK-Milan, ARK-Genoa, ARK-Turin), as its key distribution service gives them
 * under https://kdsintf.amd.com/vcek/v1/{Milan,Genoa,Turin}/cert_chain; each is valid for 25 years.
 */
export const AMD_ROOTS: Readonly<Record<SnpProduct, Hex>> = {
  milan: "0x69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd",
  genoa: "0x4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1",
  turin: "0x1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a",
};

/** In common names. */
export const productNames: Readonly<Record<SnpProduct, string>> = { milan: "Milan", genoa: "Genoa", turin: "Turin" };

/** `Milan-B0`, `Genoa-B1`, `Turin`: the line, and where it is told its stepping. */
export function productOfName(name: string): SnpProduct | undefined {
  const line = /^(Milan|Genoa|Turin)(-[A-Z]\d)?$/.exec(name)?.[1]?.toLowerCase();
  return line === "milan" || line === "genoa" || line === "turin" ? line : undefined;
}

/** By CPUID family and model (reports of version 3 and later). */
export function productOfCpu(family: number, model: number): SnpProduct | undefined {
  if (family === 0x19 && model <= 0x0f) return "milan";
  if (family === 0x19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf))) return "genoa";
  if (family === 0x1a && model <= 0x11) return "turin";
  return undefined;
}

/** The parts of a TCB version. `fmc` is Turin's alone. */
export type SnpTcb = {
  readonly fmc?: number;
  readonly bootLoader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
};

/** Bytes of TCB_VERSION in their order; `spl4` and such are reserved. Turin has another order than its predecessors. */
export const tcbLayouts = {
  milan: ["bootLoader", "tee", "spl4", "spl5", "spl6", "spl7", "snp", "microcode"],
  genoa: ["bootLoader", "tee", "spl4", "spl5", "spl6", "spl7", "snp", "microcode"],
  turin: ["fmc", "bootLoader", "tee", "snp", "spl5", "spl6", "spl7", "microcode"],
} as const satisfies Readonly<Record<SnpProduct, readonly string[]>>;

export function readSnpTcb(product: SnpProduct, bytes: Uint8Array): SnpTcb {
  const order: readonly string[] = tcbLayouts[product];
  const at = (name: string) => bytes[order.indexOf(name)] ?? 0;
  const tcb = { bootLoader: at("bootLoader"), tee: at("tee"), snp: at("snp"), microcode: at("microcode") };
  return product === "turin" ? { fmc: at("fmc"), ...tcb } : tcb;
}
