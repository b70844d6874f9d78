import type { Hex } from "viem";
import type { AccessLogOfDataset } from "./fetchAccessLog.ts";
import { inputReleasesHash, releasesHashOf } from "./receiptReleases.ts";

/** What a receipt says of the releases behind it. */
export type ReceiptReleases = {
  readonly jobId: Hex;
  /** `releasesHashOf` the inputs' hashes. */
  readonly releasesHash: Hex;
  /** How many inputs the job has. */
  readonly inputs: number;
  /** Those of the caller's datasets. */
  readonly own: readonly number[];
  /** One hash for each input, as the settling transaction shows them; undefined where it does not. */
  readonly inputHashes?: readonly Hex[] | undefined;
};

export type OmissionCheck =
  /** Logged releases give the receipt's hash: nothing that the receipt counted is missing. */
  | { readonly status: "complete"; readonly guardians: readonly number[] }
  /**
   * No choice of the logged releases gives it: somebody has released and does not say so. `suspects` are the guardians that say
   * nothing; all of them, where each says something, or one says more than once: then the job was run again.
   */
  | { readonly status: "omitted"; readonly suspects: readonly number[] }
  /**
   * The inputs' hashes are not known, and the receipt counts releases of other owners' inputs: their logs are needed, too. Or so many
   * releases of one input were logged that not every choice of them can be tried.
   */
  | { readonly status: "undecided"; readonly missingInputs: readonly number[] };

type Found = { readonly guardian: number; readonly input: number; readonly signature: Hex };

/** All of 16 guardians, for one input; of fewer ones, who have released more than once, accordingly more. */
const maxChoices = 2 ** 16;

/**
 * Holds a receipt against what the guardians' logs show. A supervisor stops asking when it has enough shares, so a receipt may
 * count fewer releases than were logged, never one that was not. A job that was run again has more than one release of a guardian,
 * of which the receipt counts one at most.
 *
 * @param logs of every guardian of the job's datasets, for each dataset of the caller.
 */
export function findOmitted(job: ReceiptReleases, logs: readonly AccessLogOfDataset[]): OmissionCheck {
  const found = logs
    .flatMap(({ guardian, entries }) =>
      entries.flatMap(({ kind, jobId: of, input, releaseSignature: signature }): Found[] =>
        kind === "release" && of === job.jobId && signature !== undefined ? [{ guardian, input, signature }] : [],
      ),
    )
    .sort((a, b) => a.input - b.input || a.guardian - b.guardian);
  const hashes = knownHashes(job);
  return hashes === undefined ? checkWhole(job, logs, found) : checkOwn(job, logs, found, hashes);
}

/** Hashes that are not the receipt's say nothing: whoever sent the transaction may have put anything there. */
function knownHashes({ inputHashes, inputs, releasesHash }: ReceiptReleases): readonly Hex[] | undefined {
  const fits = inputHashes?.length === inputs && releasesHashOf(inputHashes) === releasesHash;
  return fits ? inputHashes : undefined;
}

/** Each of the caller's inputs by itself. */
function checkOwn(
  { own }: ReceiptReleases,
  logs: readonly AccessLogOfDataset[],
  found: readonly Found[],
  hashes: readonly Hex[],
): OmissionCheck {
  const counted = new Set<number>();
  const suspects = new Set<number>();
  const missingInputs: number[] = [];
  for (const input of own) {
    const logged = found.filter((release) => release.input === input);
    if (choicesOf(logged) > maxChoices) {
      missingInputs.push(input);
      continue;
    }
    const chosen = choiceOf(logged, hashes[input]);
    for (const { guardian } of chosen ?? []) counted.add(guardian);
    if (chosen === undefined) for (const guardian of suspectsOf(logs, logged)) suspects.add(guardian);
  }
  if (suspects.size > 0) return { status: "omitted", suspects: [...suspects] };
  if (missingInputs.length > 0) return { status: "undecided", missingInputs };
  return { status: "complete", guardians: [...counted] };
}

function choiceOf(logged: readonly Found[], wanted: Hex | undefined): Found[] | undefined {
  for (const choice of choices(logged)) if (inputReleasesHash(signaturesOf(choice)) === wanted) return choice;
  return undefined;
}

/** All inputs at once, from logs of all of them. */
function checkWhole(
  { inputs, releasesHash }: ReceiptReleases,
  logs: readonly AccessLogOfDataset[],
  found: readonly Found[],
): OmissionCheck {
  const all = Array.from({ length: inputs }, (_, input) => input);
  const missingInputs = all.filter((input) => !found.some((release) => release.input === input));
  if (choicesOf(found) > maxChoices) return { status: "undecided", missingInputs };
  for (const choice of choices(found)) {
    const hashes = all.map((input) => inputReleasesHash(signaturesOf(choice.filter((each) => each.input === input))));
    if (releasesHashOf(hashes) === releasesHash)
      return { status: "complete", guardians: [...new Set(choice.map(({ guardian }) => guardian))] };
  }
  if (inputs > 1 && missingInputs.length > 0) return { status: "undecided", missingInputs };
  return { status: "omitted", suspects: suspectsOf(logs, found) };
}

/** What each guardian has released of each input. */
const groupsOf = (found: readonly Found[]): Found[][] => [
  ...Map.groupBy(found, ({ guardian, input }) => `${input} ${guardian}`).values(),
];

const choicesOf = (found: readonly Found[]): number =>
  groupsOf(found).reduce((product, { length }) => product * (length + 1), 1);

/** Every choice of one or none of each guardian and input; of all of them first. */
function* choices(found: readonly Found[]): Generator<Found[], undefined> {
  const groups = groupsOf(found);
  for (let choice = choicesOf(found) - 1; choice >= 0; choice--) {
    const chosen: Found[] = [];
    let rest = choice;
    for (const group of groups) {
      const release = group[(rest % (group.length + 1)) - 1];
      if (release !== undefined) chosen.push(release);
      rest = Math.floor(rest / (group.length + 1));
    }
    yield chosen;
  }
}

const signaturesOf = (choice: readonly Found[]): Hex[] => choice.map(({ signature }) => signature);

function suspectsOf(logs: readonly AccessLogOfDataset[], found: readonly Found[]): number[] {
  const all = [...new Set(logs.map(({ guardian }) => guardian))];
  const silent = all.filter((guardian) => !found.some((release) => release.guardian === guardian));
  const isRunAgain = groupsOf(found).some(({ length }) => length > 1);
  return isRunAgain || silent.length === 0 ? all : silent;
}
