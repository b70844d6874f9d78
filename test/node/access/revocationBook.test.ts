/** What an owner may hand over, and that no owner can make a guardian unable to start; over HTTP: accessLog.test.ts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeLogEntry, encodeRevocation, type Revocation } from "@persona-protocol/sdk/access";
import type { ChainBlock } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { type Address, zeroAddress, zeroHash } from "viem";
import { openGuardianLog } from "../../../node/src/access/guardianLog.ts";
import type { AccessLog } from "../../../node/src/enclave/runtime/guardian/accessLog.ts";
import type { GuardianChain } from "../../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { createKeptRevocations } from "../../../node/src/enclave/runtime/guardian/keptRevocations.ts";
import { createRevocationBook } from "../../../node/src/enclave/runtime/guardian/revocationBook.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const deployment = randomDeployment(random);
const datasetId = randomHex32(random);
/** An account that is a contract: whatever it calls its signature is one. */
const owner: Address = deployment.jobMarket;
const message = (what: Revocation["what"], of: Partial<Revocation> = {}) =>
  encodeRevocation({ datasetId, owner, what, signature: `0x${"11".repeat(2_048)}`, ...of });

function scene() {
  const block: ChainBlock = { number: 1n, hash: zeroHash, timestamp: 1n };
  const it = { stored: [] as Uint8Array[], nowMs: 0, reads: 0, diskFails: false };
  const view = {
    deployment,
    dataset: async () => {
      it.reads += 1;
      return { owner, status: "active" };
    },
    signedBy: async () => true,
  };
  const chain = { look: async () => ({ confirmed: block, newest: block, between: [] }), foresee() {}, view };
  const log: Pick<AccessLog, "append"> = {
    async append(_entry, make) {
      const made = await make(zeroHash);
      if (it.diskFails) throw new PersonaError("STORE_FAILED", "The disk is full.");
      it.stored.push(made.revocation ?? new Uint8Array());
      return made;
    },
  };
  const keeps = async (id: string) => id === datasetId;
  const book = createRevocationBook({ chain: chain as unknown as GuardianChain, log, keeps, nowMs: () => it.nowMs });
  return Object.assign(it, { book });
}

describe("createRevocationBook", () => {
  it("default: what says nothing new is answered, and written once", async () => {
    const { book, stored } = scene();
    const grantHash = randomHex32(random);
    await Promise.all([book.take(message({ grantHash })), book.take(message({ grantHash }))]);
    for (const ownerEpoch of [5, 3, 5, 0]) await book.take(message({ ownerEpoch }));
    expect(stored).to.have.length(2);
    expect(book.isRevoked(owner, grantHash)).to.equal(true);
    const revoked = [5, 6].map((ownerEpoch) => book.isEpochRevoked({ owner, ownerEpoch }));
    expect(revoked).to.deep.equal([true, false]);
  });

  it("error: RATE_LIMITED: one owner that revokes higher and higher epochs", async () => {
    const it = scene();
    for (let ownerEpoch = 0; ownerEpoch < 16; ownerEpoch++) await it.book.take(message({ ownerEpoch }));
    await expectError("RATE_LIMITED", () => it.book.take(message({ ownerEpoch: 16 })));
    expect(it.book.isEpochRevoked({ owner, ownerEpoch: 16 })).to.equal(false);
    it.nowMs += 61_000;
    await it.book.take(message({ ownerEpoch: 16 }));
    expect(it.stored).to.have.length(17);
  });

  it("error: LIMIT_EXCEEDED: grants beyond an owner's places; revoking all has one of its own", async () => {
    const kept = createKeptRevocations();
    const revocationOf = (what: Revocation["what"]): Revocation => ({ datasetId, owner, what, signature: "0x" });
    for (let i = 0; i < 4_096; i++) kept.add(revocationOf({ grantHash: randomHex32(random) }), 200);
    const more = revocationOf({ grantHash: randomHex32(random) });
    await expectError("LIMIT_EXCEEDED", async () => kept.requireRoom(more, 200));
    kept.requireRoom({ ...more, owner: zeroAddress }, 200);
    kept.requireRoom(revocationOf({ ownerEpoch: 0 }), 200);
  });

  it("error: SHARE_UNKNOWN: a dataset of which the guardian keeps nothing, before anything is read of the chain", async () => {
    const it = scene();
    const foreign = message({ ownerEpoch: 0 }, { datasetId: randomHex32(random) });
    await expectError("SHARE_UNKNOWN", () => it.book.take(foreign));
    expect(it.reads).to.equal(0);
  });

  it("error: OWNER_MISMATCH: an owner, or a contract's signature, that one endpoint's newest block alone has", async () => {
    const at = (number: bigint): ChainBlock => ({ number, hash: zeroHash, timestamp: number });
    for (const lie of ["owner", "signature"] as const)
      for (const liar of [2n, 1n]) {
        const stored: unknown[] = [];
        const view = {
          deployment,
          dataset: async (_id: unknown, number: bigint) => ({
            owner: lie === "signature" || number === liar ? owner : zeroAddress,
            status: "active",
          }),
          signedBy: async (...[, , , number]: [unknown, unknown, unknown, bigint]) =>
            lie === "owner" || number === liar,
        };
        const look = async () => ({ confirmed: at(1n), newest: at(2n), between: [at(1n)] });
        const book = createRevocationBook({
          chain: { look, foresee() {}, view } as unknown as GuardianChain,
          log: { append: async () => stored.push(1) } as unknown as AccessLog,
          keeps: async () => true,
          nowMs: () => 0,
        });
        await expectError("OWNER_MISMATCH", () => book.take(message({ grantHash: randomHex32(random) })));
        expect(stored).to.deep.equal([]);
      }
  });

  it("error: STORE_FAILED: it counts all the same, and is written when it comes again", async () => {
    for (const what of [{ grantHash: randomHex32(random) }, { ownerEpoch: 4 }]) {
      const it = scene();
      it.diskFails = true;
      await expectError("STORE_FAILED", () => it.book.take(message(what)));
      const counts = "grantHash" in what ? it.book.isRevoked(owner, what.grantHash ?? zeroHash) : true;
      expect(counts).to.equal(true);
      it.diskFails = false;
      await it.book.take(message(what));
      await it.book.take(message(what));
      expect(it.stored).to.have.length(1);
    }
  });
});

describe("revocations across a restart", () => {
  it("default: in pages that fit a message to the enclave; of an owner's epochs only the highest", async () => {
    const folder = await mkdtemp(join(tmpdir(), "persona-revocations-"));
    const log = openGuardianLog(join(folder, "access-log.sqlite"));
    try {
      const grants = Array.from({ length: 1_100 }, () => randomHex32(random));
      const epochs = [0, 1, 7, 6];
      const messages = [
        ...grants.map((grantHash) => message({ grantHash })),
        ...epochs.map((ownerEpoch) => message({ ownerEpoch })),
      ];
      log.append(
        messages.map((revocation, index) => ({
          index,
          entry: encodeLogEntry({
            ...{ kind: "revocation", reason: 20, jobId: zeroHash, attempt: 0, input: 0, datasetId },
            ...{ signer: zeroAddress, blockNumber: 1n, salt: zeroHash },
          }),
          answer: undefined,
          revocation,
        })),
      );
      const pages = [...log.revocations()];
      expect(pages.map(({ length }) => length)).to.deep.equal([1_024, 77]);
      const kept = createKeptRevocations();
      // A host that came back in the middle brings some of them again.
      for (const page of [...pages, ...pages]) for (const bytes of page) kept.restore(bytes);
      expect(grants.every((grantHash) => kept.isRevoked(owner, grantHash))).to.equal(true);
      const revoked = [7, 8].map((ownerEpoch) => kept.isEpochRevoked({ owner, ownerEpoch }));
      expect(revoked).to.deep.equal([true, false]);
    } finally {
      log.close();
      await rm(folder, { recursive: true });
    }
  });
});
