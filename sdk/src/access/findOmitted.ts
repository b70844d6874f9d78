import { type Hex, keccak256 } from "viem";
import type { AccessLogOfDataset } from "./fetchAccessLog.ts";

/** What a receipt says of the releases behind it. */
export type ReceiptReleases = {
  readonly jobId: Hex;
  /** keccak over the release signatures in order of (input, guardian): docs/protocol.md 5.4. */
  readonly releasesHash: Hex;
};

export type OmissionCheck =
  /** Logged releases give the receipt's hash: nothing that the receipt counted is missing. */
  | { readonly status: "complete"; readonly guardians: readonly number[] }
  /** No choice of the logged releases gives it: at least one of `suspects` has released and does not say so. */
  | { readonly status: "omitted"; readonly suspects: readonly number[] }
  /** The receipt counts releases of datasets of other owners, or more than can be tried: their logs are needed, too. */
  | { readonly status: "undecided"; readonly missingInputs: readonly number[] };

/** 2^16 choices: all of 16 guardians, for one input. */
const maxChoices = 2 ** 16;

/**
 * Holds a receipt against what the guardians' logs show. A supervisor stops asking when it has enough shares, so a receipt may
 * count fewer releases than were logged, never one that was not.
 *
 * @param logs of every guardian of the job's datasets, for each dataset of the caller.
 * @param inputs how many inputs the job has.
 */
export function findOmitted(
  { jobId, releasesHash }: ReceiptReleases,
  logs: readonly AccessLogOfDataset[],
  inputs: number,
): OmissionCheck {
  const found = logs
    .flatMap(({ guardian, entries }) =>
      entries.flatMap(({ kind, jobId: of, input, releaseSignature }) =>
        kind === "release" && of === jobId && releaseSignature !== undefined
          ? [{ guardian, input, signature: releaseSignature }]
          : [],
      ),
    )
    .sort((a, b) => a.input - b.input || a.guardian - b.guardian);
  const missingInputs = Array.from({ length: inputs }, (_, input) => input).filter(
    (input) => !found.some((release) => release.input === input),
  );
  if (2 ** found.length > maxChoices) return { status: "undecided", missingInputs };
  for (let choice = 2 ** found.length - 1; choice >= 0; choice--) {
    const chosen = found.filter((_, i) => (choice >> i) % 2 === 1);
    const signatures = chosen.map(({ signature }) => signature.slice(2)).join("");
    if (keccak256(`0x${signatures}`) === releasesHash)
      return { status: "complete", guardians: [...new Set(chosen.map(({ guardian }) => guardian))] };
  }
  if (inputs > 1 && missingInputs.length > 0) return { status: "undecided", missingInputs };
  const silent = logs.filter(({ guardian }) => !found.some((release) => release.guardian === guardian));
  return { status: "omitted", suspects: [...new Set(silent.map(({ guardian }) => guardian))] };
}
