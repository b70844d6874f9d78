import { decode } from "@ipld/dag-cbor";
import {
  decodeReleaseAnswer,
  decodeReleaseCall,
  encodeReleaseAnswer,
  encodeReleaseCall,
  maxReleaseAnswerBytes,
  maxReleaseCallBytes,
  type ReleaseAnswer,
  type ReleaseCall,
  releaseBundleInfo,
  releaseShareInfo,
  sealedHashOf,
} from "@persona-protocol/sdk/access";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { bytesToHex } from "viem";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const seed = testSeed();
const random = createRandom(seed);

const anyCall = (): ReleaseCall => ({
  request: randomStruct("ReleaseRequest", random),
  signature: bytesToHex(random.bytes(65)),
  kemKey: random.bytes(1_216),
  params: randomStruct("JobParams", random),
  bundle: random.bytes(random.integer(500)),
});
const anyBox = () => ({ enc: random.bytes(1_120), ct: random.bytes(48) });
const anyKeys = () => ({ bundleKey: anyBox(), shares: [0, 3, 255].map((index) => ({ index, ...anyBox() })) });
const anyAnswer = (): ReleaseAnswer => {
  const signature = bytesToHex(random.bytes(65));
  return random.integer(2) === 0
    ? { status: "released", release: randomStruct("Release", random), signature, keys: anyKeys() }
    : { status: "refused", refusal: randomStruct("Refusal", random), signature };
};

/** The message with one of its CBOR fields replaced. */
const withField = (bytes: Uint8Array, field: string, value: unknown) =>
  encodeCbor({ ...(decode(bytes) as Record<string, unknown>), [field]: value });

/** Changes `bytes` 2,000 times: each is refused as REQUEST_INVALID, or is another message than the true one. */
function neverTheSame<message>(
  make: () => message,
  encode: (m: message) => Uint8Array,
  read: (b: Uint8Array) => message,
): number {
  let accepted = 0;
  for (let round = 0; round < 2_000; round++) {
    const value = make();
    const bytes = encode(value);
    const changed = mutate(bytes, random);
    if (Buffer.from(changed).equals(bytes)) continue;
    try {
      expect(read(changed)).not.to.deep.equal(value);
      accepted += 1;
    } catch (error) {
      if (!isPersonaError(error, "REQUEST_INVALID")) throw error;
    }
  }
  return accepted;
}

describe("release messages", () => {
  it(`default: call and answers come back as they went in (seed ${seed})`, () => {
    for (let round = 0; round < 20; round++) {
      const [call, answer] = [anyCall(), anyAnswer()];
      expect(decodeReleaseCall(encodeReleaseCall(call))).to.deep.equal(call);
      expect(decodeReleaseAnswer(encodeReleaseAnswer(answer))).to.deep.equal(answer);
    }
  });

  it(`behavior: a changed call is refused or another one, 2,000 times (seed ${seed})`, () => {
    expect(neverTheSame(anyCall, encodeReleaseCall, decodeReleaseCall)).to.be.greaterThan(0);
  }).timeout(30_000);

  it(`behavior: a changed answer is refused or another one, 2,000 times (seed ${seed})`, () => {
    expect(neverTheSame(anyAnswer, encodeReleaseAnswer, decodeReleaseAnswer)).to.be.greaterThan(0);
  }).timeout(30_000);

  it("behavior: the guardian's signature covers each byte of what it hands out, and their order", () => {
    const keys = anyKeys();
    const [first, second, third] = keys.shares;
    if (first === undefined || second === undefined || third === undefined) throw new Error("no shares");
    const flipped = Uint8Array.from(second.ct);
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    const others = [
      { ...keys, bundleKey: anyBox() },
      { ...keys, shares: [first, second] },
      { ...keys, shares: [second, first, third] },
      { ...keys, shares: [first, { ...second, index: 4 }, third] },
      { ...keys, shares: [first, { ...second, ct: flipped }, third] },
      { ...keys, shares: [first, { ...second, enc: second.ct, ct: second.enc }, third] },
    ];
    const hashes = [keys, ...others].map(sealedHashOf);
    expect(new Set(hashes).size).to.equal(hashes.length);
    expect(sealedHashOf({ shares: keys.shares, bundleKey: keys.bundleKey })).to.equal(hashes[0]);
  });

  it("behavior: what a box is bound to changes with each of its facts, and with its purpose", () => {
    const [deployment, other] = [randomDeployment(random), randomDeployment(random)];
    const job = { jobId: randomHex32(random), guardian: 7, signer: other.jobMarket };
    const share = {
      jobSpecHash: randomHex32(random),
      datasetId: randomHex32(random),
      segment: 1,
      guardian: 7,
      signer: other.jobMarket,
    };
    const infos = [
      releaseBundleInfo(deployment, job),
      releaseBundleInfo({ ...deployment, chainId: 1 }, job),
      releaseBundleInfo({ ...deployment, jobMarket: other.jobMarket }, job),
      releaseBundleInfo(deployment, { ...job, jobId: randomHex32(random) }),
      releaseBundleInfo(deployment, { ...job, guardian: 8 }),
      releaseBundleInfo(deployment, { ...job, signer: other.nodeRegistry }),
      releaseShareInfo(share),
      releaseShareInfo({ ...share, jobSpecHash: share.datasetId, datasetId: share.jobSpecHash }),
      releaseShareInfo({ ...share, segment: 7, guardian: 1 }),
      releaseShareInfo({ ...share, segment: 2 }),
      releaseShareInfo({ ...share, signer: other.nodeRegistry }),
    ].map((info) => bytesToHex(info));
    expect(new Set(infos).size).to.equal(infos.length);
  });

  it("error: larger than the caps", async () => {
    const call = encodeReleaseCall({ ...anyCall(), bundle: new Uint8Array(maxReleaseCallBytes - 10) });
    await expectError("REQUEST_INVALID", () => decodeReleaseCall(call));
    await expectError("REQUEST_INVALID", () => decodeReleaseAnswer(new Uint8Array(maxReleaseAnswerBytes + 1)));
    const answer: ReleaseAnswer = {
      ...anyAnswer(),
      status: "released",
      release: randomStruct("Release", random),
      keys: anyKeys(),
    };
    const boxed = (keys: unknown) => withField(encodeReleaseAnswer(answer), "keys", keys);
    const { bundleKey, shares } = anyKeys();
    await expectError("REQUEST_INVALID", () =>
      decodeReleaseAnswer(boxed({ bundleKey: { ...bundleKey, enc: new Uint8Array(2_049) }, shares })),
    );
    await expectError("REQUEST_INVALID", () =>
      decodeReleaseAnswer(boxed({ bundleKey: { ...bundleKey, ct: new Uint8Array(257) }, shares })),
    );
    const many = Array.from({ length: 257 }, () => ({ index: 1, enc: new Uint8Array(), ct: new Uint8Array() }));
    await expectError("REQUEST_INVALID", () => decodeReleaseAnswer(boxed({ bundleKey, shares: many })));
    await expectError("REQUEST_INVALID", () =>
      decodeReleaseAnswer(boxed({ bundleKey, shares: [{ index: 256, ...anyBox() }] })),
    );
  });

  it("error: other CBOR of the same values: unsorted, indefinite, long-form integers, bytes behind", async () => {
    const bytes = encodeReleaseCall(anyCall());
    await expectError("REQUEST_INVALID", () => decodeReleaseCall(Uint8Array.from([...bytes, 0])));
    // a6 is a map of six; the key "v" with its 1 comes first.
    expect([...bytes.subarray(0, 4)]).to.deep.equal([0xa6, 0x61, 0x76, 0x01]);
    const rest = bytes.subarray(4);
    const variants = [
      [0xbf, 0x61, 0x76, 0x01, ...rest, 0xff],
      [0xb8, 0x06, 0x61, 0x76, 0x01, ...rest],
      [0xa6, 0x61, 0x76, 0x18, 0x01, ...rest],
      [0xa6, 0x61, 0x76, 0xf9, 0x3c, 0x00, ...rest],
      [0xa6, ...rest, 0x61, 0x76, 0x01],
      [0xa7, 0x61, 0x76, 0x01, 0x61, 0x76, 0x01, ...rest],
    ];
    for (const variant of variants)
      await expectError("REQUEST_INVALID", () => decodeReleaseCall(Uint8Array.from(variant)));
  });

  it("error: fields missing, unknown, of another type or length", async () => {
    const bytes = encodeReleaseCall(anyCall());
    for (const [field, value] of [
      ["v", 2],
      ["v", "1"],
      ["signature", random.bytes(2_049)],
      ["kemKey", random.bytes(1_215)],
      ["kemKey", [...random.bytes(1_216)]],
      ["request", null],
      ["request", random.bytes(192)],
      ["params", "0x"],
      ["bundle", {}],
      ["more", 1],
      ["__proto__", { admin: true }],
    ] as const) {
      await expectError("REQUEST_INVALID", () =>
        decodeReleaseCall(field === "__proto__" ? withProto(bytes) : withField(bytes, field, value)),
      );
    }
    await expectError("REQUEST_INVALID", () => decodeReleaseCall(encodeReleaseAnswer(anyAnswer())));
    const released: ReleaseAnswer = {
      status: "released",
      release: randomStruct("Release", random),
      signature: bytesToHex(random.bytes(65)),
      keys: anyKeys(),
    };
    const both = withField(encodeReleaseAnswer(released), "refusal", random.bytes(10));
    await expectError("REQUEST_INVALID", () => decodeReleaseAnswer(both));
  });
});

/** The map with one more key, `__proto__`: {…} cannot hold it, CBOR can. */
function withProto(bytes: Uint8Array): Uint8Array {
  const key = new TextEncoder().encode("__proto__");
  return Uint8Array.from([0xa7, ...bytes.subarray(1), 0x60 + key.length, ...key, 0xa0]);
}
