/**
 * Evidence of real silicon, as an enclave process gets it: its host asks the platform (node/src/enclave/evidence), because this
 * process has no device, file or socket. What comes back is held against what was asked: this enclave's own report data, and the
 * measurement that the first answer had. Whether it is genuine is for those who rely on it to verify, and nothing in here rests on
 * it: a host that forges evidence gets no key registered, and one that brings another machine's is found out here.
 */
import { readEvidenceClaims } from "@persona-protocol/sdk/attestation";
import { equalBytes, randomBytes } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import type { EvidenceProvider } from "./evidence.ts";
import type { EvidenceKind } from "./evidenceKind.ts";

const platformsOf: Readonly<Record<Exclude<EvidenceKind, "simulated">, readonly string[]>> = {
  "configfs-tsm": ["tdx", "snp"],
  dstack: ["tdx"],
  nitro: ["nitro"],
};

/**
 * @param ask gives the platform's evidence for 64 bytes of report data; hostile.
 * @throws PersonaError EVIDENCE_MISMATCH, and whatever `ask` throws
 */
export async function hostedEvidence(
  kind: Exclude<EvidenceKind, "simulated">,
  ask: (reportData: Uint8Array) => Promise<unknown>,
): Promise<EvidenceProvider> {
  const askFor = async (reportData: Uint8Array, wanted?: { readonly platform: string; readonly measurement: Hex }) => {
    const evidence = await ask(reportData);
    const claims = claimsOf(evidence);
    const known = platformsOf[kind].includes(claims.platform);
    if (!known || !equalBytes(claims.reportData, reportData)) {
      throw mismatch("The host brought evidence for something else than was asked.", { kind });
    }
    if (wanted !== undefined && (claims.platform !== wanted.platform || claims.measurement !== wanted.measurement)) {
      const data = { wanted: wanted.measurement, got: claims.measurement };
      throw mismatch("The host brought evidence of another machine or other code.", data);
    }
    return { evidence: evidence as Uint8Array, ...claims };
  };
  // Nobody has such evidence ready: it is for bytes that were not there before.
  const self = await askFor(randomBytes(64));
  const noSealing = async (): Promise<never> => {
    throw new PersonaError("SEALING_UNAVAILABLE", "This platform gives an enclave no key of its own to seal with.", {
      data: { kind },
    });
  };
  return {
    measurement: self.measurement,
    quote: async (reportData) => (await askFor(reportData, self)).evidence,
    seal: noSealing,
    unseal: noSealing,
  };
}

function claimsOf(evidence: unknown): ReturnType<typeof readEvidenceClaims> {
  if (!(evidence instanceof Uint8Array)) throw mismatch("The host brought something that is no evidence.");
  try {
    return readEvidenceClaims(evidence);
  } catch (cause) {
    if (!isPersonaError(cause, "EVIDENCE_UNREADABLE")) throw cause;
    throw mismatch("The host brought something that is no evidence.", {}, cause);
  }
}

const mismatch = (text: string, data: Readonly<Record<string, string>> = {}, cause?: unknown) =>
  new PersonaError("EVIDENCE_MISMATCH", text, { data, cause });
