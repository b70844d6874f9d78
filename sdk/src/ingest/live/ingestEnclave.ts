import type { Address, Hex } from "viem";
import { concatBytes, fromHex, keyIdOf, sha256Hex, utf8 } from "../../crypto/index.ts";

/** An ingest enclave, as evidence stands behind it. */
export type IngestEnclave = {
  /** Signs statements of origin. */
  readonly signer: Address;
  /** Its HPKE key, 1,216 bytes: what is sealed to it opens nowhere else. */
  readonly kemKey: Uint8Array;
  /** Digest of the certificate roots that its TLS trusts ({@link trustedRoots}). */
  readonly rootsDigest: Hex;
  /** The code that runs there. */
  readonly measurement: Hex;
};

/**
 * What of an ingest enclave its evidence binds: keys and roots. The 64 bytes of report data are `signer ‖ this ‖ "PSI1" ‖ 0^8`.
 */
function ingestBindingOf({ signer, kemKey, rootsDigest }: Omit<IngestEnclave, "measurement">): Hex {
  const parts = [utf8("persona/ingest-enclave/v1"), fromHex(signer), fromHex(keyIdOf(kemKey)), fromHex(rootsDigest)];
  return sha256Hex(concatBytes(...parts));
}

/** Report data of an ingest enclave's evidence. */
export function ingestReportData(enclave: Omit<IngestEnclave, "measurement">): Uint8Array {
  const parts = [fromHex(enclave.signer), fromHex(ingestBindingOf(enclave)), utf8("PSI1"), new Uint8Array(8)];
  return concatBytes(...parts);
}

/**
 * The `info` of everything that is sealed to an ingest enclave. An enclave with other code, keys or roots builds another one and
 * cannot open it: a host that adds a root of its own learns nothing.
 */
export function ingestInfo(purpose: "authorization" | "command", enclave: IngestEnclave): Uint8Array {
  return concatBytes(
    utf8(`persona/ingest/${purpose}/v1`),
    fromHex(enclave.measurement),
    fromHex(ingestBindingOf(enclave)),
  );
}
