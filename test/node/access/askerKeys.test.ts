import { generateKemKeyPair, keyIdOf, open, seal } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import { createAskerKeys } from "../../../node/src/enclave/runtime/guardian/askerKeys.ts";
import { expectError } from "../../helpers/errors.ts";

describe("createAskerKeys", () => {
  it("default: a key that is kept seals as the one that came", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const askers = createAskerKeys();
    const keyId = keyIdOf(publicKey);
    const info = new Uint8Array(3);
    for (let i = 0; i < 2; i++) {
      expect(askers.isKey(keyId, publicKey)).to.equal(true);
      const box = await seal({ publicKey: askers.ready(keyId, publicKey), info, plaintext: Uint8Array.of(7) });
      expect(await open({ privateKey, info, ...box })).to.deep.equal(Uint8Array.of(7));
    }
  });

  it("error: another key under an id that is kept is not taken for it, whatever was released before", async () => {
    const [honest, other] = await Promise.all([generateKemKeyPair(), generateKemKeyPair()]);
    const askers = createAskerKeys();
    const keyId = keyIdOf(honest.publicKey);
    askers.ready(keyId, honest.publicKey);
    expect(askers.isKey(keyId, other.publicKey)).to.equal(false);
    for (const at of [0, 600, 1_215]) {
      const changed = Uint8Array.from(honest.publicKey);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(askers.isKey(keyId, changed), `byte ${at}`).to.equal(false);
    }
    expect(askers.isKey(keyIdOf(other.publicKey), honest.publicKey)).to.equal(false);
  });

  it("behavior: what is kept is a copy", async () => {
    const { publicKey } = await generateKemKeyPair();
    const askers = createAskerKeys();
    const sent = Uint8Array.from(publicKey);
    const keyId = keyIdOf(publicKey);
    askers.ready(keyId, sent);
    sent.fill(0);
    expect(askers.isKey(keyId, sent)).to.equal(false);
    expect(askers.isKey(keyId, publicKey)).to.equal(true);
  });

  it("error: SEALED_BOX_INVALID for bytes that are no key", async () => {
    const bytes = new Uint8Array(1_216).fill(255);
    await expectError("SEALED_BOX_INVALID", async () => createAskerKeys().ready(keyIdOf(bytes), bytes));
  });
});
