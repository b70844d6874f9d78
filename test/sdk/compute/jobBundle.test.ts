import { decode } from "@ipld/dag-cbor";
import {
  argsCommitmentOf,
  decodeSealedBundle,
  type JobBundle,
  maxBundleBytes,
  openBundleKey,
  openJobBundle,
  sealJobBundle,
} from "@persona-protocol/sdk/compute";
import type { Deployment } from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, type KemKeyPair, keyIdOf, sha256Hex } from "@persona-protocol/sdk/crypto";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const seed = testSeed();
const random = createRandom(seed);
const guardians = [3, 8];

function anyBundle(): JobBundle {
  const catalogue = [randomHex32(random), randomHex32(random)];
  const head = {
    manifestDigest: randomHex32(random),
    keyBoxDigest: randomHex32(random),
    guardianSetHash: randomHex32(random),
    catalogueHash: randomHex32(random),
    catalogueLength: 2,
  };
  return {
    spec: randomStruct("JobSpec", random),
    argsSalt: random.bytes(32),
    args: random.bytes(20),
    resultKey: random.bytes(1_216),
    inputs: [{ terms: randomStruct("Terms", random), scope: randomStruct("Scope", random), catalogue, head }],
  };
}

describe("job bundles", () => {
  const deployment: Deployment = randomDeployment(random);
  const bundle = anyBundle();
  const { jobId } = bundle.spec;
  let keys: KemKeyPair[];
  let sealed: { bytes: Uint8Array; bundleDigest: `0x${string}` };

  before(async () => {
    keys = await Promise.all(guardians.map(() => generateKemKeyPair()));
    sealed = await seal(bundle, deployment);
  });

  const seal = (what: JobBundle, d: Deployment) =>
    sealJobBundle(
      d,
      what,
      guardians.map((nodeId, i) => ({ nodeId, kemPublicKey: keys[i]?.publicKey ?? new Uint8Array(), inputs: [0] })),
    );

  /** What guardian 3 does, except for what is chosen otherwise. */
  async function openAs(
    choice: { d?: Deployment; job?: `0x${string}`; guardian?: number; pair?: KemKeyPair; from?: typeof sealed } = {},
  ) {
    const { d = deployment, job = jobId, guardian = 3, pair = keys[0], from = sealed } = choice;
    if (pair === undefined) throw new Error("no keys");
    const box = decodeSealedBundle(from.bytes, from.bundleDigest);
    const who = { jobId: job, guardian, kemPublicKey: pair.publicKey, kemPrivateKey: pair.privateKey };
    return openJobBundle(box, job, await openBundleKey(d, box, who));
  }

  it("behavior: what a job asks of origin and age travels in it; what is no level or place is no bundle", async () => {
    const [input] = bundle.inputs;
    if (input === undefined) throw new Error("no input");
    const opened = async (change: object) => {
      const asking = { ...bundle, inputs: [{ ...input, ...change }] };
      return { asking, got: await openAs({ from: await seal(asking, deployment) }) };
    };
    for (const change of [
      { provenance: "third-party" },
      { published: [7, 0] },
      { provenance: "none", published: [1, 9] },
    ]) {
      const { asking, got } = await opened(change);
      expect(got).to.deep.equal(asking);
    }
    for (const change of [{ provenance: "best" }, { published: [7] }, { published: [-1, 0] }, { published: [1, 2, 3] }])
      await expectError("BUNDLE_INVALID", () => opened(change));
  });

  it("default: each guardian opens the same bundle", async () => {
    expect(await openAs()).to.deep.equal(bundle);
    expect(await openAs({ guardian: 8, pair: keys[1] as KemKeyPair })).to.deep.equal(bundle);
    expect(sealed.bundleDigest).to.equal(sha256Hex(sealed.bytes));
  });

  it("behavior: the host reads whom to ask, and nothing else", async () => {
    const box = decodeSealedBundle(sealed.bytes, sealed.bundleDigest);
    expect(box.keys.map(({ guardian, inputs, keyId }) => ({ guardian, inputs, keyId }))).to.deep.equal(
      guardians.map((guardian, i) => ({
        guardian,
        inputs: [0],
        keyId: keyIdOf(keys[i]?.publicKey ?? new Uint8Array()),
      })),
    );
    const visible = Buffer.from(sealed.bytes);
    for (const secret of [
      bundle.args,
      bundle.argsSalt,
      bundle.resultKey,
      Buffer.from(bundle.spec.programId.slice(2), "hex"),
    ]) {
      expect(visible.includes(Buffer.from(secret))).to.equal(false);
    }
    const again = await seal(bundle, deployment);
    expect(again.bundleDigest).not.to.equal(sealed.bundleDigest);
  });

  it("error: for another job, chain, market, guardian or key", async () => {
    const stranger = await generateKemKeyPair();
    const [own, theirs] = keys;
    if (own === undefined || theirs === undefined) throw new Error("no keys");
    await expectError("BUNDLE_INVALID", () => openAs({ job: randomHex32(random) }));
    await expectError("BUNDLE_INVALID", () => openAs({ d: { ...deployment, chainId: 1 } }));
    await expectError("BUNDLE_INVALID", () => openAs({ d: { ...deployment, jobMarket: deployment.nodeRegistry } }));
    await expectError("BUNDLE_INVALID", () => openAs({ guardian: 8 }));
    await expectError("BUNDLE_INVALID", () => openAs({ guardian: 4 }));
    await expectError("BUNDLE_INVALID", () => openAs({ pair: theirs }));
    await expectError("BUNDLE_INVALID", () => openAs({ pair: stranger }));
    await expectError("BUNDLE_INVALID", () =>
      openAs({ pair: { publicKey: own.publicKey, privateKey: stranger.privateKey } }),
    );
  });

  it("error: boxes of one guardian relabelled or moved into another job's bundle", async () => {
    const fields = decode(sealed.bytes) as { v: 1; ct: Uint8Array; keys: { guardian: number; keyId: Uint8Array }[] };
    const [first, second] = fields.keys;
    const remade = (change: Partial<typeof fields>) => {
      const bytes = encodeCbor({ ...fields, ...change });
      return { bytes, bundleDigest: sha256Hex(bytes) };
    };
    await expectError("BUNDLE_INVALID", () =>
      openAs({ from: remade({ keys: [{ ...first, guardian: 8 } as never] }), guardian: 8 }),
    );
    const relabelled = { ...second, guardian: 3, keyId: first?.keyId } as never;
    await expectError("BUNDLE_INVALID", () => openAs({ from: remade({ keys: [relabelled] }) }));

    const victim = await seal({ ...anyBundle(), spec: { ...bundle.spec, jobId: randomHex32(random) } }, deployment);
    const moved = remade({ ct: (decode(victim.bytes) as typeof fields).ct });
    await expectError("BUNDLE_INVALID", () => openAs({ from: moved }));
  });

  it("error: bytes and digest do not belong together, or are no bundle", async () => {
    const other = await seal(bundle, deployment);
    await expectError("BUNDLE_INVALID", () => decodeSealedBundle(sealed.bytes, other.bundleDigest));
    const large = new Uint8Array(maxBundleBytes + 1);
    await expectError("BUNDLE_INVALID", () => decodeSealedBundle(large, sha256Hex(large)));
    for (const bytes of [
      new Uint8Array(),
      Uint8Array.of(0xa0),
      encodeCbor({ v: 1 }),
      encodeCbor({ v: 2, ct: random.bytes(9), keys: [] }),
    ]) {
      await expectError("BUNDLE_INVALID", () => decodeSealedBundle(bytes, sha256Hex(bytes)));
    }
  });

  it("error: too large to be stored", async () => {
    const args = new Uint8Array(maxBundleBytes);
    await expectError("BUNDLE_INVALID", () => seal({ ...bundle, args }, deployment));
  });

  it("error: what was sealed breaks the schema: nobody can use it, whoever made it", async () => {
    const bad: JobBundle[] = [
      { ...bundle, inputs: [] },
      { ...bundle, argsSalt: random.bytes(31) },
      { ...bundle, args: random.bytes(64 * 1024 + 1) },
      { ...bundle, resultKey: random.bytes(1_215) },
    ];
    for (const what of bad) {
      const from = await seal(what, deployment);
      await expectError("BUNDLE_INVALID", () => openAs({ from }));
    }
  });

  it(`behavior: changed bytes, their digest made to fit, never open to another bundle, 2,000 times (seed ${seed})`, async () => {
    let opened = 0;
    for (let round = 0; round < 2_000; round++) {
      const bytes = mutate(sealed.bytes, random);
      try {
        expect(await openAs({ from: { bytes, bundleDigest: sha256Hex(bytes) } })).to.deep.equal(bundle);
        opened += 1; // The change was in what the other guardian reads.
      } catch (error) {
        if (!isPersonaError(error, "BUNDLE_INVALID")) throw error;
      }
    }
    expect(opened).to.be.lessThan(2_000);
  }).timeout(30_000);

  it("behavior: arguments of low entropy are hidden by their salt", () => {
    const salts = [random.bytes(32), random.bytes(32)] as const;
    const args = Uint8Array.of(0xf5);
    expect(argsCommitmentOf(salts[0], args)).not.to.equal(argsCommitmentOf(salts[1], args));
    expect(argsCommitmentOf(salts[0], args)).not.to.equal(argsCommitmentOf(salts[0], Uint8Array.of(0xf4)));
  });
});
