import { decode } from "@ipld/dag-cbor";
import { decodeGrantPackage, encodeGrantPackage, type GrantPackage } from "@persona-protocol/sdk/access";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { encodeCbor } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { bytesToHex } from "viem";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const seed = testSeed();
const random = createRandom(seed);

function anyPackage(): GrantPackage {
  const catalogue = Array.from({ length: random.integer(5) }, () => randomHex32(random));
  return {
    terms: randomStruct("Terms", random),
    scope: randomStruct("Scope", random),
    signature: random.integer(2) === 0 ? undefined : bytesToHex(random.bytes(65)),
    dataset: {
      version: 1 + random.integer(1_000),
      keyEpoch: random.integer(1_000),
      head: {
        manifestDigest: randomHex32(random),
        keyBoxDigest: randomHex32(random),
        guardianSetHash: randomHex32(random),
        catalogueHash: randomHex32(random),
        catalogueLength: catalogue.length,
      },
      catalogue,
      guardians: [1, 2, 3].map((first) => first + random.integer(1_000)),
      threshold: 2 + random.integer(2),
    },
  };
}

type Fields = { [name: string]: unknown; dataset: Record<string, unknown> };
const fieldsOf = (bytes: Uint8Array) => decode(bytes) as Fields;

describe("grant packages", () => {
  it(`default: a package comes back as it went in (seed ${seed})`, () => {
    for (let round = 0; round < 50; round++) {
      const granted = anyPackage();
      expect(decodeGrantPackage(encodeGrantPackage(granted))).to.deep.equal(granted);
    }
  });

  it(`behavior: a changed package is refused or another one, 2,000 times (seed ${seed})`, () => {
    let accepted = 0;
    for (let round = 0; round < 2_000; round++) {
      const granted = anyPackage();
      const bytes = encodeGrantPackage(granted);
      const changed = mutate(bytes, random);
      if (Buffer.from(changed).equals(bytes)) continue;
      try {
        expect(decodeGrantPackage(changed)).not.to.deep.equal(granted);
        accepted += 1;
      } catch (error) {
        if (!isPersonaError(error, "REQUEST_INVALID")) throw error;
      }
    }
    expect(accepted).to.be.greaterThan(0);
  }).timeout(30_000);

  it("error: numbers out of range, too many guardians or segments, unknown fields", async () => {
    const fields = fieldsOf(encodeGrantPackage(anyPackage()));
    const commitment = random.bytes(32);
    const datasets = [
      { version: 0 },
      { version: 1.5 },
      { version: 2n ** 60n },
      { keyEpoch: -1 },
      { guardians: [0] },
      { guardians: Array.from({ length: 17 }, (_, i) => i + 1) },
      { threshold: 1 },
      { threshold: 2.5 },
      { threshold: 4 },
      { threshold: null },
      { catalogue: Array.from({ length: 257 }, () => commitment) },
      { catalogue: [random.bytes(31)] },
      { more: true },
    ];
    for (const change of datasets) {
      const bytes = encodeCbor({ ...fields, dataset: { ...fields.dataset, ...change } });
      await expectError("REQUEST_INVALID", () => decodeGrantPackage(bytes));
    }
    for (const change of [{ v: 2 }, { terms: random.bytes(32) }, { scope: null }, { signature: "0x" }, { more: 1 }]) {
      await expectError("REQUEST_INVALID", () => decodeGrantPackage(encodeCbor({ ...fields, ...change })));
    }
    await expectError("REQUEST_INVALID", () => decodeGrantPackage(new Uint8Array(64 * 1024 + 1)));
  });
});
