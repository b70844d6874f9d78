import {
  type AccessLogOfDataset,
  findInputReleases,
  findOmitted,
  inputReleasesHash,
  releasesHashOf,
} from "@persona-protocol/sdk/access";
import { expect } from "chai";
import { concatHex, type Hex } from "viem";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const jobId = randomHex32(random);
const signature = (): Hex => concatHex([randomHex32(random), randomHex32(random), "0x1b"]);

/** Who released what: input → guardian → signature. */
type Releases = readonly ReadonlyMap<number, Hex>[];
const released = (...guardians: readonly number[]): Map<number, Hex> =>
  new Map(guardians.map((guardian) => [guardian, signature()]));

/** The logs of these inputs' guardians, as one owner (or several together) fetch them. */
function logsOf(releases: Releases, inputs: readonly number[], hiding: readonly number[] = []): AccessLogOfDataset[] {
  return inputs.flatMap((input) =>
    [...(releases[input] ?? [])].map(([guardian, releaseSignature]): AccessLogOfDataset => {
      const entry = { kind: "release", jobId, input, releaseSignature } as AccessLogOfDataset["entries"][number];
      return { guardian, entries: hiding.includes(guardian) ? [] : [entry] } as unknown as AccessLogOfDataset;
    }),
  );
}

/** A receipt that counts these guardians' releases. */
function receiptOf(releases: Releases, counted: readonly (readonly number[])[], own: readonly number[]) {
  const inputHashes = releases.map((of, input) =>
    inputReleasesHash((counted[input] ?? []).map((guardian) => of.get(guardian) ?? expect.fail("no release"))),
  );
  return { jobId, inputs: releases.length, own, inputHashes, releasesHash: releasesHashOf(inputHashes) };
}

describe("findOmitted, of a job over several owners' datasets", () => {
  const releases = [released(1, 2, 3), released(4, 5, 6)];
  const counted = [
    [1, 3],
    [4, 5],
  ];

  it("default: each owner decides about its own input with the hashes of the settling transaction", () => {
    expect(findOmitted(receiptOf(releases, counted, [0]), logsOf(releases, [0]))).to.deep.equal({
      status: "complete",
      guardians: [1, 3],
    });
    expect(findOmitted(receiptOf(releases, counted, [1]), logsOf(releases, [1]))).to.deep.equal({
      status: "complete",
      guardians: [4, 5],
    });
  });

  it("behavior: a guardian of one's own input that hides its release is missed; one of another's is not one's own matter", () => {
    const receipt = receiptOf(releases, counted, [0]);
    expect(findOmitted(receipt, logsOf(releases, [0], [3]))).to.deep.equal({ status: "omitted", suspects: [3] });
    expect(findOmitted(receipt, logsOf(releases, [0], [4]))).to.include({ status: "complete" });
    // Who was not counted may be silent.
    expect(findOmitted(receipt, logsOf(releases, [0], [2]))).to.include({ status: "complete" });
  });

  it("behavior: all of them hide: the input is one's own, so it is missed", () => {
    const receipt = receiptOf(releases, counted, [0]);
    const { status } = findOmitted(receipt, logsOf(releases, [0], [1, 2, 3]));
    expect(status).to.equal("omitted");
  });

  it("behavior: one owner of several inputs, which name the same guardians", () => {
    const both = [released(1, 2, 3), released(1, 2, 3)];
    const receipt = receiptOf(both, [[1, 2], [3]], [0, 1]);
    expect(findOmitted(receipt, logsOf(both, [0, 1]))).to.include({ status: "complete" });
  });

  it("behavior: without the hashes only logs of all inputs decide; hashes that are not the receipt's say nothing", () => {
    const { inputHashes: _, ...receipt } = receiptOf(releases, counted, [0]);
    const forged = { ...receipt, inputHashes: [randomHex32(random), randomHex32(random)] };
    for (const without of [receipt, forged]) {
      expect(findOmitted(without, logsOf(releases, [0]))).to.deep.equal({ status: "undecided", missingInputs: [1] });
      expect(findOmitted(without, logsOf(releases, [0, 1]))).to.include({ status: "complete" });
      expect(findOmitted(without, logsOf(releases, [0, 1], [4]))).to.include({ status: "omitted" });
    }
  });

  it("behavior: 64 inputs of 10 guardians each: decided by their hashes, never tried all together", () => {
    const guardians = Array.from({ length: 10 }, (_, at) => at + 1);
    const many = Array.from({ length: 64 }, () => released(...guardians));
    const receipt = receiptOf(
      many,
      many.map(() => guardians.slice(0, 6)),
      [7],
    );
    expect(findOmitted(receipt, logsOf(many, [7]))).to.deep.equal({
      status: "complete",
      guardians: guardians.slice(0, 6),
    });
    const { inputHashes: _, ...without } = receipt;
    expect(findOmitted(without, logsOf(many, [7, 8])).status).to.equal("undecided");
  });
});

describe("findOmitted, of a job that was run twice for one claim", () => {
  const guardians = [1, 2, 3];
  const [firstRun, secondRun] = [[released(...guardians)], [released(...guardians)]];
  /** Each guardian's log has both releases, but for what is hidden. */
  const bothLogs = (hidden: (guardian: number, run: number) => boolean = () => false) =>
    guardians.map((guardian) => ({
      ...(logsOf(firstRun, [0]).find((log) => log.guardian === guardian) as AccessLogOfDataset),
      entries: [firstRun, secondRun].flatMap((run, at) =>
        hidden(guardian, at) ? [] : (logsOf(run, [0]).find((log) => log.guardian === guardian)?.entries ?? []),
      ),
    }));
  const receipts = (counted: readonly number[]) => {
    const { inputHashes, ...without } = receiptOf(secondRun, [counted], [0]);
    return [{ ...without, inputHashes }, without];
  };

  it("default: the receipt counts one run's, and both are logged", () => {
    for (const receipt of receipts([1, 3]))
      expect(findOmitted(receipt, bothLogs())).to.deep.equal({ status: "complete", guardians: [1, 3] });
  });

  it("behavior: a guardian that shows the run that came to nothing, and hides the one that counted, is missed", () => {
    for (const receipt of receipts([1, 3])) {
      const one = findOmitted(
        receipt,
        bothLogs((guardian, run) => guardian === 3 && run === 1),
      );
      expect(one).to.deep.equal({ status: "omitted", suspects: guardians });
      const all = findOmitted(
        receipt,
        bothLogs((_, run) => run === 1),
      );
      expect(all).to.deep.equal({ status: "omitted", suspects: guardians });
    }
  });

  it("behavior: no two releases of one guardian are counted together", () => {
    const signatures = [firstRun, secondRun].map(([of]) => of?.get(1) ?? "0x");
    const inputHashes = [inputReleasesHash(signatures)];
    const receipt = { jobId, inputs: 1, own: [0], inputHashes, releasesHash: releasesHashOf(inputHashes) };
    expect(findOmitted(receipt, bothLogs()).status).to.equal("omitted");
  });

  it("behavior: a host that has the job run ten times hides nothing behind it", () => {
    const runs = Array.from({ length: 10 }, () => [released(...guardians)]);
    const last = runs.at(-1) as Releases;
    const logs = guardians.map((guardian) => ({
      ...(logsOf(last, [0]).find((log) => log.guardian === guardian) as AccessLogOfDataset),
      entries: runs.flatMap((run) => logsOf(run, [0]).find((log) => log.guardian === guardian)?.entries ?? []),
    }));
    expect(findOmitted(receiptOf(last, [[2, 3]], [0]), logs).status).to.equal("complete");
  });
});

describe("findInputReleases", () => {
  const hashes = [randomHex32(random), randomHex32(random), randomHex32(random)];
  const wanted = releasesHashOf(hashes);

  it("default: behind a call, also where a relayer has put something behind it", () => {
    const call = concatHex(["0x12345678", randomHex32(random)]);
    expect(findInputReleases(concatHex([call, ...hashes]), wanted, 3)).to.deep.equal(hashes);
    const wrapped = concatHex([call, ...hashes, "0x0000", randomHex32(random)]);
    expect(findInputReleases(wrapped, wanted, 3)).to.deep.equal(hashes);
  });

  it("error: left out, others, too short", () => {
    const call = concatHex([randomHex32(random), randomHex32(random)]);
    for (const calldata of [
      "0x",
      call,
      concatHex([call, ...hashes.slice(1)]),
      concatHex([...hashes].reverse()),
    ] as const)
      expect(findInputReleases(calldata, wanted, 3)).to.equal(undefined);
  });
});
