import { decode } from "@ipld/dag-cbor";
import {
  type Deposit,
  decodeDeposit,
  depositBodyHash,
  encodeDeposit,
  maxDepositBytes,
} from "@persona-protocol/sdk/access";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { encodeCbor, MAX_KEY_BOX_HEAD_BYTES } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { bytesToHex } from "viem";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";

const seed = testSeed();
const random = createRandom(seed);
const anyDeposit = (): Deposit => ({
  owner: bytesToHex(random.bytes(20)),
  salt: bytesToHex(random.bytes(32)),
  head: random.bytes(random.integer(300)),
  body: random.bytes(random.integer(300)),
  signature: bytesToHex(random.bytes(65)),
});
const withField = (bytes: Uint8Array, field: string, value: unknown) =>
  encodeCbor({ ...(decode(bytes) as Record<string, unknown>), [field]: value });

describe("deposit messages", () => {
  it(`default: a deposit comes back as it went in (seed ${seed})`, () => {
    for (let round = 0; round < 50; round++) {
      const deposit = anyDeposit();
      expect(decodeDeposit(encodeDeposit(deposit))).to.deep.equal(deposit);
    }
  });

  it(`behavior: a changed deposit is refused or another one, 2,000 times (seed ${seed})`, () => {
    let accepted = 0;
    for (let round = 0; round < 2_000; round++) {
      const deposit = anyDeposit();
      const bytes = encodeDeposit(deposit);
      const changed = mutate(bytes, random);
      if (Buffer.from(changed).equals(bytes)) continue;
      try {
        expect(decodeDeposit(changed)).not.to.deep.equal(deposit);
        accepted += 1;
      } catch (error) {
        if (!isPersonaError(error, "REQUEST_INVALID")) throw error;
      }
    }
    expect(accepted).to.be.greaterThan(0);
  });

  it("behavior: the signed hash is of the body's very bytes", () => {
    const body = random.bytes(100);
    const hash = depositBodyHash(body);
    for (let at = 0; at < body.length; at++) {
      const changed = Uint8Array.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(depositBodyHash(changed)).not.to.equal(hash);
    }
  });

  it("error: too large, whole or in part", async () => {
    const deposit = anyDeposit();
    await expectError("REQUEST_INVALID", () =>
      decodeDeposit(encodeDeposit({ ...deposit, body: new Uint8Array(maxDepositBytes) })),
    );
    await expectError("REQUEST_INVALID", () =>
      decodeDeposit(encodeDeposit({ ...deposit, head: new Uint8Array(MAX_KEY_BOX_HEAD_BYTES + 1) })),
    );
    const largest = { ...deposit, head: new Uint8Array(MAX_KEY_BOX_HEAD_BYTES) };
    expect(decodeDeposit(encodeDeposit(largest)).head).to.have.lengthOf(MAX_KEY_BOX_HEAD_BYTES);
  });

  it("error: fields of another length or type, unknown ones, missing ones", async () => {
    const bytes = encodeDeposit(anyDeposit());
    for (const [field, value] of [
      ["v", 2],
      ["owner", random.bytes(19)],
      ["owner", random.bytes(32)],
      ["salt", random.bytes(31)],
      ["signature", random.bytes(2_049)],
      ["head", "head"],
      ["body", null],
      ["extra", 0],
    ] as const) {
      await expectError("REQUEST_INVALID", () => decodeDeposit(withField(bytes, field, value)));
    }
    await expectError("REQUEST_INVALID", () => decodeDeposit(encodeCbor({ v: 1 })));
    await expectError("REQUEST_INVALID", () => decodeDeposit(new Uint8Array()));
    await expectError("REQUEST_INVALID", () => decodeDeposit(Uint8Array.from([...bytes, 0])));
  });
});
