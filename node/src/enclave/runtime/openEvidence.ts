import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import type { EvidenceProvider } from "./evidence.ts";
import { parseEvidenceKind } from "./evidenceKind.ts";
import { hostedEvidence } from "./hostedEvidence.ts";
import type { Peer } from "./peer.ts";
import { simulatedEvidence } from "./simulatedEvidence.ts";

/** As long as the slowest platform takes (a TDX host's quoting service), and its host's tries. */
const quoteTimeoutMs = 25_000;

/**
 * The provider that this process was started for. Its command line is measured with the image on real silicon; a host that changes
 * it where nothing is measured gets simulated evidence, which no public chain takes.
 *
 * @param kind of the command line; simulated where there is none
 * @param measurement of the bundle: what a simulated TEE reports
 */
export async function openEvidence(
  kind: string | undefined,
  measurement: Hex,
  peer: Pick<Peer, "call">,
): Promise<EvidenceProvider> {
  const known = parseEvidenceKind(kind ?? "simulated");
  if (known === undefined) throw new PersonaError("CONFIG_INVALID", "There is no such kind of evidence.");
  if (known === "simulated") return simulatedEvidence(measurement);
  return hostedEvidence(known, (reportData) => peer.call("quote", { reportData }, { timeoutMs: quoteTimeoutMs }));
}
