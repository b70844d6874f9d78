import { generateKemKeyPair, keyIdOf, randomBytes, seal } from "@persona-protocol/sdk/crypto";
import {
  bodyForGuardian,
  combineShares,
  decodeKeyBoxBody,
  decodeKeyBoxHead,
  encodeCbor,
  encodeKeyBoxBody,
  encodeKeyBoxHead,
  guardianSetHash,
  type KeyBoxHead,
  keyBoxOwnerInfo,
  keyBoxShareInfo,
  type makeKeyBox,
  openOwnerDeks,
  openShare,
  shareCommitment,
  verifyKeyBoxHead,
  verifyShare,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import fc from "fast-check";
import { expectError } from "../../helpers/errors.ts";
import { createKeyBox, shareParameters, type TestKeyBox } from "../../helpers/keyBox.ts";
import { testSeed } from "../../helpers/random.ts";

const seed = testSeed();
let box: TestKeyBox;

before(async () => {
  box = await createKeyBox();
});

async function openAll(from: TestKeyBox, segment: number): Promise<openShare.ReturnType[]> {
  return Promise.all(from.guardians.map((_, position) => openShare(shareParameters(from, position, segment))));
}

describe("makeKeyBox", () => {
  it("default: any two of three guardians give each key, and the owner has them all", async () => {
    for (const [segment, dek] of box.deks) {
      const shares = await openAll(box, segment);
      for (const left of [0, 1, 2]) {
        const chosen = shares.filter((_, position) => position !== left);
        expect(await combineShares({ head: box.keyBox.head, segment, shares: chosen })).to.deep.equal(dek);
      }
      expect(await combineShares({ head: box.keyBox.head, segment, shares: [...shares].reverse() })).to.deep.equal(dek);
    }
    const opened = await openOwnerDeks({ ...box.context, ...box.keyBox, ownerKeyPair: box.owner });
    expect([...opened]).to.deep.equal([...box.deks]);
  });

  it(`behavior: t shares of any t, n, subset and order give the key, t - 1 are refused (seed ${seed})`, async () => {
    const choice = fc.integer({ min: 2, max: 16 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        threshold: fc.integer({ min: 2, max: count }),
        order: fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(choice, async ({ count, threshold, order }) => {
        const dek = randomBytes(32);
        const some = await createKeyBox({ count, threshold, deks: new Map([[5, dek]]) });
        const shares = await openAll(some, 5);
        const chosen = order.flatMap((position) => shares[position] ?? []);
        const { head } = some.keyBox;
        expect(await combineShares({ head, segment: 5, shares: chosen.slice(0, threshold) })).to.deep.equal(dek);
        await expectError("SHARES_INSUFFICIENT", () =>
          combineShares({ head, segment: 5, shares: chosen.slice(0, threshold - 1) }),
        );
      }),
      { seed, numRuns: 15 },
    );
  }).timeout(60_000);

  it("behavior: the head says nothing of a key that the head of another key would not", async () => {
    const other = await createKeyBox();
    const text = JSON.stringify(box.keyBox.head);
    for (const dek of box.deks.values()) expect(text).not.to.contain(Buffer.from(dek).toString("hex"));
    expect(other.keyBox.headBytes).to.have.lengthOf(box.keyBox.headBytes.length);
  });

  it("behavior: a new KeyBox has a new nonce and new shares for the same keys", async () => {
    const again = await createKeyBox({ deks: box.deks });
    expect(again.keyBox.head.nonce).not.to.equal(box.keyBox.head.nonce);
    const [one, two] = [await openAll(box, 0), await openAll(again, 0)];
    // Shares of both sets together are no shares of either.
    const mixed = [one[0], two[1]].flatMap((share) => share ?? []);
    await expectError("KEYBOX_INVALID", () => combineShares({ head: box.keyBox.head, segment: 0, shares: mixed }));
    await expectError("KEYBOX_INVALID", () => combineShares({ head: again.keyBox.head, segment: 0, shares: mixed }));
  });

  it("error: thresholds, guardians or keys out of bounds", async () => {
    await expectError("KEYBOX_INVALID", () => createKeyBox({ threshold: 1 }));
    await expectError("KEYBOX_INVALID", () => createKeyBox({ threshold: 4 }));
    await expectError("KEYBOX_INVALID", () => createKeyBox({ count: 17 }));
    await expectError("KEYBOX_INVALID", () => createKeyBox({ deks: new Map([[0, new Uint8Array(31)]]) }));
    await expectError("KEYBOX_INVALID", () => createKeyBox({ deks: new Map([[256, randomBytes(32)]]) }));
    const [one, two] = await Promise.all([generateKemKeyPair(), generateKemKeyPair()]);
    const named = (first: number, second: number, key: Uint8Array) => ({
      guardians: [
        { nodeId: first, kemPublicKey: one.publicKey },
        { nodeId: second, kemPublicKey: key },
      ],
    });
    await expectError("KEYBOX_INVALID", () => createKeyBox(named(1, 1, two.publicKey)));
    await expectError("KEYBOX_INVALID", () => createKeyBox(named(0, 1, two.publicKey)));
    await expectError("KEYBOX_INVALID", () => createKeyBox(named(1, 2, one.publicKey)));
    await expectError("KEYBOX_INVALID", () => createKeyBox(named(1, 2, two.publicKey.slice(1))));
  });
});

describe("openShare", () => {
  /** The share of segment 0 at position 0, opened under changed circumstances. */
  const opening = (change: Partial<openShare.Parameters>): Promise<unknown> =>
    openShare({ ...shareParameters(box, 0, 0), ...change });

  it("default", async () => {
    const { share, position } = await openShare(shareParameters(box, 1, 7));
    expect(position).to.equal(1);
    expect(share).to.have.lengthOf(33);
    verifyShare({ head: box.keyBox.head, segment: 7, position, share });
  });

  // Transplants: a victim's sealed share put into the attacker's own KeyBox, whose guardians are the same. The attacker
  // controls everything in that KeyBox; only the info, rebuilt by the guardian, stands in the way.
  const transplant = async (into: Partial<makeKeyBox.Parameters>): Promise<void> => {
    const guardians = box.guardians.map(({ nodeId, keyPair }) => ({ nodeId, kemPublicKey: keyPair.publicKey }));
    const attacker = await createKeyBox({ guardians, ...into });
    const victim = shareParameters(box, 0, 0);
    const head: KeyBoxHead = { ...attacker.keyBox.head, nonce: box.keyBox.head.nonce };
    await expectError("SEALED_BOX_INVALID", () => openShare({ ...victim, ...attacker.context, head }));
  };

  it("error: transplanted to another dataset", () => transplant({ datasetId: `0x${"d2".repeat(32)}` }));
  it("error: transplanted to another key epoch", () => transplant({ keyEpoch: 5 }));
  it("error: transplanted to another chain", () => transplant({ chainId: 1_337 }));
  it("error: transplanted to another registry", () => transplant({ registry: `0x${"5b".repeat(20)}` }));
  it("error: transplanted under another threshold", () => transplant({ threshold: 3 }));

  it("error: transplanted to another set of shares of the same dataset and epoch", async () => {
    const { head } = box.keyBox;
    await expectError("SEALED_BOX_INVALID", () => opening({ head: { ...head, nonce: `0x${"00".repeat(32)}` } }));
  });

  it("error: transplanted to another segment", async () => {
    await expectError("SEALED_BOX_INVALID", () => opening({ segment: 1 }));
    await expectError("SEALED_BOX_INVALID", () => opening({ sealed: shareParameters(box, 0, 1).sealed }));
  });

  it("error: transplanted to another guardian", async () => {
    const { guardian, keyPair } = shareParameters(box, 1, 0);
    await expectError("SEALED_BOX_INVALID", () => opening({ guardian, keyPair }));
    await expectError("SEALED_BOX_INVALID", () => opening({ sealed: shareParameters(box, 1, 0).sealed }));
  });

  it("error: transplanted to another position of the same guardian", async () => {
    const { head } = box.keyBox;
    const [first = 0, second = 0, third = 0] = head.guardians;
    await expectError("SEALED_BOX_INVALID", () => opening({ head: { ...head, guardians: [second, first, third] } }));
  });

  it("error: transplanted to a set with another number of guardians", async () => {
    const { head } = box.keyBox;
    await expectError("SEALED_BOX_INVALID", () =>
      opening({ head: { ...head, guardians: head.guardians.slice(0, 2) } }),
    );
  });

  it("error: the head is of another dataset or epoch than the chain's", async () => {
    await expectError("KEYBOX_INVALID", () => opening({ datasetId: `0x${"d2".repeat(32)}` }));
    await expectError("KEYBOX_INVALID", () => opening({ keyEpoch: 5 }));
  });

  it("error: a guardian or a segment that the head does not name", async () => {
    await expectError("GUARDIAN_SET_MISMATCH", () => opening({ guardian: 99 }));
    await expectError("SHARE_UNKNOWN", () => opening({ segment: 2 }));
  });

  it("error: a share that is not the committed one names the dealer", async () => {
    const { head } = box.keyBox;
    const { guardian, keyPair } = shareParameters(box, 0, 0);
    const guardianKeyId = keyIdOf(keyPair.publicKey);
    const facts = { ...box.context, nonce: head.nonce, segment: 0, threshold: 2, guardianCount: 3 };
    const info = keyBoxShareInfo({ ...facts, position: 0, guardianKeyId });
    for (const length of [33, 32, 34, 0]) {
      const sealed = await seal({ publicKey: keyPair.publicKey, info, plaintext: randomBytes(length) });
      const error = await expectError("KEYBOX_INVALID", () => opening({ sealed }));
      expect(error.data).to.include({ culprit: "dealer", guardian, segment: 0, position: 0 });
    }
  });
});

describe("combineShares", () => {
  it("error: a lying guardian is named, and the others suffice without it", async () => {
    const { head } = box.keyBox;
    const [first, second, third] = await openAll(box, 0);
    if (first === undefined || second === undefined || third === undefined) throw new Error("three shares");
    const lie = { ...second, share: second.share.map((byte, at) => (at === 4 ? byte ^ 1 : byte)) };
    const error = await expectError("KEYBOX_INVALID", () =>
      combineShares({ head, segment: 0, shares: [first, lie, third] }),
    );
    expect(error.data).to.include({ culprit: "guardian", guardian: 11, segment: 0, position: 1 });
    await expectError("KEYBOX_INVALID", async () => verifyShare({ head, segment: 0, ...lie }));
    expect(await combineShares({ head, segment: 0, shares: [first, third] })).to.deep.equal(box.deks.get(0));
  });

  it("error: a guardian's true share of another segment or position", async () => {
    const { head } = box.keyBox;
    const [first, second] = await openAll(box, 0);
    const [otherFirst] = await openAll(box, 1);
    if (first === undefined || second === undefined || otherFirst === undefined) throw new Error("three shares");
    await expectError("KEYBOX_INVALID", () => combineShares({ head, segment: 0, shares: [otherFirst, second] }));
    const moved = { ...first, position: 2 };
    const error = await expectError("KEYBOX_INVALID", () =>
      combineShares({ head, segment: 0, shares: [moved, second] }),
    );
    expect(error.data).to.include({ culprit: "guardian", guardian: 12 });
    await expectError("KEYBOX_INVALID", () =>
      combineShares({ head, segment: 0, shares: [{ ...first, position: 3 }, second] }),
    );
  });

  it("error: one share given t times is one share", async () => {
    const { head } = box.keyBox;
    const [first] = await openAll(box, 0);
    if (first === undefined) throw new Error("a share");
    await expectError("SHARES_INSUFFICIENT", () => combineShares({ head, segment: 0, shares: [first, first, first] }));
    await expectError("SHARES_INSUFFICIENT", () => combineShares({ head, segment: 0, shares: [] }));
  });

  it("error: a dealer of inconsistent shares is named, not the guardians", async () => {
    // Every share fits its commitment, but they lie on no common polynomial.
    const shares = [0, 1, 2].map((position) => ({ position, share: Uint8Array.of(...randomBytes(32), position + 1) }));
    const { head } = box.keyBox;
    const segments = [
      {
        index: 0,
        dekCommitment: head.segments[0]?.dekCommitment ?? "0x",
        shareCommitments: shares.map(({ position, share }) => shareCommitment(head, 0, position, share)),
      },
    ];
    const error = await expectError("KEYBOX_INVALID", () =>
      combineShares({ head: { ...head, segments }, segment: 0, shares }),
    );
    expect(error.data).to.include({ culprit: "dealer", segment: 0 });
  });

  it("error: a dealer who gave two guardians one x coordinate is named", async () => {
    const shares = [0, 1].map((position) => ({ position, share: Uint8Array.of(...randomBytes(32), 9) }));
    const { head } = box.keyBox;
    const shareCommitments = shares.map(({ position, share }) => shareCommitment(head, 0, position, share));
    const segments = [{ index: 0, dekCommitment: head.segments[0]?.dekCommitment ?? "0x", shareCommitments } as const];
    const error = await expectError("KEYBOX_INVALID", () =>
      combineShares({ head: { ...head, segments }, segment: 0, shares }),
    );
    expect(error.data).to.include({ culprit: "dealer" });
  });
});

describe("openOwnerDeks", () => {
  it("error: another owner key, chain, registry or dataset", async () => {
    const { context, keyBox, owner } = box;
    const other = await generateKemKeyPair();
    await expectError("SEALED_BOX_INVALID", () => openOwnerDeks({ ...context, ...keyBox, ownerKeyPair: other }));
    const right = { ...context, ...keyBox, ownerKeyPair: owner };
    await expectError("SEALED_BOX_INVALID", () => openOwnerDeks({ ...right, chainId: 1 }));
    await expectError("SEALED_BOX_INVALID", () => openOwnerDeks({ ...right, registry: `0x${"11".repeat(20)}` }));
    await expectError("KEYBOX_INVALID", () => openOwnerDeks({ ...right, keyEpoch: 9 }));
    await expectError("KEYBOX_INVALID", () => openOwnerDeks({ ...right, datasetId: `0x${"11".repeat(32)}` }));
  });

  it("error: keys of two segments exchanged", async () => {
    const [first, second, ...rest] = box.keyBox.body.owner;
    if (first === undefined || second === undefined) throw new Error("two keys");
    const owner = [{ ...second, index: first.index }, { ...first, index: second.index }, ...rest];
    const body = { ...box.keyBox.body, owner };
    await expectError("SEALED_BOX_INVALID", () =>
      openOwnerDeks({ ...box.context, ...box.keyBox, body, ownerKeyPair: box.owner }),
    );
  });

  it("error: a key that is not the committed one", async () => {
    const info = keyBoxOwnerInfo({ ...box.context, nonce: box.keyBox.head.nonce, segment: 0 });
    const lie = await seal({ publicKey: box.owner.publicKey, info, plaintext: randomBytes(32) });
    const body = { ...box.keyBox.body, owner: [{ index: 0, ...lie }] };
    await expectError("KEYBOX_INVALID", () =>
      openOwnerDeks({ ...box.context, ...box.keyBox, body, ownerKeyPair: box.owner }),
    );
  });
});

describe("verifyKeyBoxHead", () => {
  const facts = (): verifyKeyBoxHead.ChainFacts => ({
    ...box.context,
    keyBoxDigest: box.keyBox.keyBoxDigest,
    guardianSetHash: guardianSetHash(box.keyBox.head),
  });

  it("default", () => {
    expect(verifyKeyBoxHead(box.keyBox.headBytes, facts())).to.deep.equal(box.keyBox.head);
  });

  it("behavior: encoding what was decoded gives the same bytes", () => {
    const { bytes, keyBoxDigest } = encodeKeyBoxHead(decodeKeyBoxHead(box.keyBox.headBytes));
    expect(bytes).to.deep.equal(box.keyBox.headBytes);
    expect(keyBoxDigest).to.equal(box.keyBox.keyBoxDigest);
    expect(encodeKeyBoxBody(decodeKeyBoxBody(box.keyBox.bodyBytes))).to.deep.equal(box.keyBox.bodyBytes);
  });

  it("error: another head, dataset, epoch or guardian set than the chain's", async () => {
    const { headBytes, head } = box.keyBox;
    const check = (bytes: Uint8Array, change: Partial<verifyKeyBoxHead.ChainFacts>) => () =>
      verifyKeyBoxHead(bytes, { ...facts(), ...change });
    const other = await createKeyBox();
    await expectError("DIGEST_MISMATCH", check(other.keyBox.headBytes, {}));
    await expectError("DIGEST_MISMATCH", check(headBytes.slice(0, -1), {}));
    await expectError("KEYBOX_INVALID", check(headBytes, { datasetId: `0x${"d2".repeat(32)}` }));
    await expectError("KEYBOX_INVALID", check(headBytes, { keyEpoch: 5 }));
    await expectError("KEYBOX_INVALID", check(new Uint8Array(300_000), {}));
    for (const set of [
      { threshold: 3, guardians: head.guardians },
      { threshold: 2, guardians: head.guardians.slice(1) },
      { threshold: 2, guardians: [...head.guardians].reverse() },
    ]) {
      await expectError("GUARDIAN_SET_MISMATCH", check(headBytes, { guardianSetHash: guardianSetHash(set) }));
    }
  });
});

describe("decodeKeyBoxHead", () => {
  const b32 = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
  const valid = (): Record<string, unknown> => ({
    v: 1,
    datasetId: b32(1),
    keyEpoch: 0,
    nonce: b32(2),
    threshold: 2,
    guardians: [1, 2],
    segments: [{ index: 0, dekCommitment: b32(3), shareCommitments: [b32(4), b32(5)] }],
  });
  const segment = (index: number): object => ({ index, dekCommitment: b32(3), shareCommitments: [b32(4), b32(5)] });

  it("default", () => {
    expect(decodeKeyBoxHead(encodeCbor(valid())).guardians).to.deep.equal([1, 2]);
  });

  const wrong: Record<string, Record<string, unknown>> = {
    "another version": { v: 2 },
    "an unknown field": { extra: 1 },
    "a missing field": { nonce: null },
    "a short id": { datasetId: new Uint8Array(31) },
    "a threshold of one": { threshold: 1 },
    "a threshold above the number of guardians": { threshold: 3 },
    "a fractional threshold": { threshold: 1.5 },
    "one guardian": { guardians: [1] },
    "17 guardians": { guardians: Array.from({ length: 17 }, (_, at) => at + 1) },
    "a guardian twice": { guardians: [1, 1] },
    "guardian 0": { guardians: [0, 1] },
    "an epoch above 32 bits": { keyEpoch: 2 ** 32 },
    "segments out of order": { segments: [segment(1), segment(0)] },
    "a segment twice": { segments: [segment(1), segment(1)] },
    "segment 256": { segments: [segment(256)] },
    "a share too few": { segments: [{ index: 0, dekCommitment: b32(3), shareCommitments: [b32(4)] }] },
    "257 segments": { segments: Array.from({ length: 257 }, (_, at) => segment(at)) },
  };
  for (const [name, change] of Object.entries(wrong)) {
    it(`error: ${name}`, () =>
      expectError("KEYBOX_INVALID", () => decodeKeyBoxHead(encodeCbor({ ...valid(), ...change }))));
  }

  it("error: a second encoding of the same value", async () => {
    const bytes = encodeCbor({ ...valid(), keyEpoch: 7 });
    const at = bytes.findIndex((byte, index) => byte === 0x68 && bytes[index + 1] === "k".charCodeAt(0)) + 9;
    expect(bytes[at]).to.equal(7);
    // 7 in two bytes instead of one; then the same map with its first key moved behind.
    await expectError("KEYBOX_INVALID", () =>
      decodeKeyBoxHead(Uint8Array.from([...bytes.subarray(0, at), 0x18, 7, ...bytes.subarray(at + 1)])),
    );
    await expectError("KEYBOX_INVALID", () =>
      decodeKeyBoxHead(Uint8Array.from([bytes[0] ?? 0, ...bytes.subarray(4), ...bytes.subarray(1, 4)])),
    );
    await expectError("KEYBOX_INVALID", () => decodeKeyBoxHead(Uint8Array.from([...bytes, 0])));
  });
});

describe("decodeKeyBoxBody", () => {
  it("behavior: a guardian's part holds its own shares only", () => {
    const part = bodyForGuardian(box.keyBox.body, 11);
    expect(part.owner).to.deep.equal([]);
    expect(part.shares.map(({ guardian, index }) => [guardian, index])).to.deep.equal([
      [11, 0],
      [11, 1],
      [11, 7],
    ]);
    expect(decodeKeyBoxBody(encodeKeyBoxBody(part), box.keyBox)).to.deep.equal(part);
  });

  it("error: of another head", async () => {
    const other = await createKeyBox();
    await expectError("KEYBOX_INVALID", () => decodeKeyBoxBody(other.keyBox.bodyBytes, box.keyBox));
  });

  it("error: a share twice, or boxes of the wrong size", async () => {
    const { body } = box.keyBox;
    const [share] = body.shares;
    if (share === undefined) throw new Error("a share");
    await expectError("KEYBOX_INVALID", () => encodeKeyBoxBody({ ...body, shares: [...body.shares, share] }));
    await expectError("KEYBOX_INVALID", () =>
      encodeKeyBoxBody({ ...body, shares: [{ ...share, enc: new Uint8Array(1) }] }),
    );
    await expectError("KEYBOX_INVALID", () =>
      encodeKeyBoxBody({ ...body, shares: [{ ...share, ct: new Uint8Array(50) }] }),
    );
    await expectError("KEYBOX_INVALID", () => decodeKeyBoxBody(new Uint8Array(9 * 2 ** 20)));
  });
});
