import { argon2Sync } from "node:crypto";
import {
  aeadOpen,
  fromHex,
  generateKemKeyPair,
  hkdfSha256,
  keyIdOf,
  open,
  randomBytes,
  seal,
  toHex,
  utf8,
} from "@persona-protocol/sdk/crypto";
import {
  defaultKeystoreKdf,
  encodeCbor,
  generateOwnerRootKey,
  type Keystore,
  openKeystore,
  ownerKemKeyPair,
  parseKeystore,
  sealKeystore,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";
import { twoKeyCiphertext } from "../../helpers/twoKeyCiphertext.ts";

/** The cheapest that is allowed: 7 MiB, five passes. */
const kdf = { m: 7_168, t: 5, p: 1 };
const passphrase = "correct horse";

describe("sealKeystore", function () {
  // Argon2id is slow on purpose, and a dozen of them run here.
  this.timeout(60_000);
  let secret: Uint8Array;
  let keystore: Keystore;

  before(async () => {
    secret = generateOwnerRootKey();
    keystore = await sealKeystore({ kind: "owner-root", secret, passphrase, kdf });
  });

  it("default", async () => {
    const full = await sealKeystore({ kind: "owner-root", secret, passphrase });
    expect(full.kdf).to.include({ name: "argon2id", ...defaultKeystoreKdf });
    const opened = await openKeystore(JSON.stringify(full), passphrase);
    expect(opened.secret).to.deep.equal(secret);
    expect(opened.publicKeyId).to.equal(keyIdOf((await ownerKemKeyPair(secret)).publicKey));
    expect(JSON.stringify(full)).not.to.contain(Buffer.from(secret).toString("hex"));
  });

  it("behavior: an account's keystore names its address", async () => {
    const key = new Uint8Array(32).fill(1);
    const account = await sealKeystore({ kind: "account", secret: key, passphrase, kdf });
    expect(account.publicKeyId).to.equal(`0x${"00".repeat(12)}1a642f0e3c3af545e7acbd38b07251b3990914f1`);
    const opened = await openKeystore(account, passphrase);
    expect(opened).to.deep.include({ kind: "account", secret: key });
  });

  it("behavior: a passphrase in another Unicode form is the same passphrase", async () => {
    const composed = await sealKeystore({ kind: "owner-root", secret, passphrase: "caf\u00e9", kdf });
    expect((await openKeystore(composed, "cafe\u0301")).secret).to.deep.equal(secret);
  });

  it("behavior: the same secret and passphrase give another file each time", async () => {
    const again = await sealKeystore({ kind: "owner-root", secret, passphrase, kdf });
    for (const field of ["ciphertext", "commitment"] as const) expect(again[field]).not.to.equal(keystore[field]);
  });

  it("error: another passphrase", async () => {
    for (const wrong of ["correct hors", "correct horse ", ""]) {
      await expectError("KEYSTORE_PASSPHRASE_WRONG", () => openKeystore(keystore, wrong));
    }
  });

  it("error: any field changed", async () => {
    const flip = (hex: string): string => hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");
    const changed: [string, object][] = [
      ["kind", { kind: "account" }],
      ["ciphertext", { ciphertext: flip(keystore.ciphertext) }],
      ["publicKeyId", { publicKeyId: flip(keystore.publicKeyId) }],
    ];
    for (const [field, change] of changed) {
      const file = JSON.stringify({ ...keystore, ...change });
      await expectError("KEYSTORE_INVALID", () => openKeystore(file, passphrase)).catch((cause: unknown) => {
        throw new Error(field, { cause });
      });
    }
    // These are indistinguishable from another passphrase.
    for (const change of [{ commitment: flip(keystore.commitment) }, { kdf: { ...keystore.kdf, t: 6 } }]) {
      const file = JSON.stringify({ ...keystore, ...change });
      await expectError("KEYSTORE_PASSPHRASE_WRONG", () => openKeystore(file, passphrase));
    }
  });

  it("error: parameters below the floor or above the cap, before any work is done", async () => {
    const started = performance.now();
    const wrong = [
      { m: 7_167, t: 10, p: 1 },
      { m: 7_168, t: 4, p: 1 },
      { m: 19_456, t: 1, p: 1 },
      { m: 262_145, t: 1, p: 1 },
      { m: 262_144, t: 5, p: 1 },
      { m: 2 ** 32, t: 1, p: 1 },
      { m: 19_456, t: 2, p: 0 },
      { m: 19_456, t: 2, p: 9 },
    ];
    for (const parameters of wrong) {
      await expectError("KEYSTORE_INVALID", () =>
        sealKeystore({ kind: "owner-root", secret, passphrase, kdf: parameters }),
      );
      const file = JSON.stringify({ ...keystore, kdf: { ...keystore.kdf, ...parameters } });
      await expectError("KEYSTORE_INVALID", () => openKeystore(file, passphrase));
    }
    expect(performance.now() - started).to.be.lessThan(2_000);
  });

  it("error: one ciphertext crafted to open under two passphrases opens only under the one it commits to", async () => {
    const made = await sealKeystore({ kind: "owner-root", secret, passphrase: "one", kdf });
    const { commitment, ciphertext: _, ...header } = made;
    if (header.kdf.name !== "argon2id") throw new Error("a passphrase");
    const { salt, m, t, p } = header.kdf;
    const keyOf = (word: string) => {
      const cost = { parallelism: p, memory: m, passes: t, tagLength: 32 };
      const ikm = argon2Sync("argon2id", { message: word, nonce: fromHex(salt), ...cost });
      return hkdfSha256({ ikm, info: new TextEncoder().encode("persona/keystore/v1"), length: 64 }).slice(0, 32);
    };
    const keys = [keyOf("one"), keyOf("two")] as const;
    const [nonce, aad] = [randomBytes(12), encodeCbor(header)];
    const crafted = twoKeyCiphertext({ keys, nonce, aad, ciphertext: randomBytes(32) });
    const sealed = Uint8Array.from([...nonce, ...crafted]);
    // AES-GCM itself takes it under both.
    for (const key of keys) expect(await aeadOpen({ key, sealed, aad })).to.have.length(32);
    const file = { ...header, commitment, ciphertext: toHex(sealed) };
    await expectError("KEYSTORE_PASSPHRASE_WRONG", () => openKeystore(file, "two"));
    await expectError("KEYSTORE_INVALID", () => openKeystore(file, "one"));
  });

  it("error: a file that is no keystore", async () => {
    const files = [
      "",
      "{",
      "[]",
      "null",
      JSON.stringify({ ...keystore, version: 2 }),
      JSON.stringify({ ...keystore, extra: 1 }),
      JSON.stringify({ ...keystore, cipher: "aes-128-ctr" }),
      JSON.stringify({ ...keystore, kdf: { ...keystore.kdf, name: "scrypt" } }),
      JSON.stringify({ ...keystore, ciphertext: `${keystore.ciphertext}00` }),
      " ".repeat(20_000),
    ];
    for (const file of files) await expectError("KEYSTORE_INVALID", async () => parseKeystore(file));
  });

  it("error: an empty passphrase, or a secret that is no key", async () => {
    await expectError("KEYSTORE_INVALID", () => sealKeystore({ kind: "owner-root", secret, passphrase: "", kdf }));
    await expectError("KEYSTORE_INVALID", () =>
      sealKeystore({ kind: "owner-root", secret: randomBytes(31), passphrase, kdf }),
    );
    await expectError("KEYSTORE_INVALID", () =>
      sealKeystore({ kind: "account", secret: new Uint8Array(32), passphrase, kdf }),
    );
  });
});

describe("ownerKemKeyPair", () => {
  it("default: the root key always gives the same KEM key", async () => {
    const rootKey = generateOwnerRootKey();
    const [one, two] = await Promise.all([ownerKemKeyPair(rootKey), ownerKemKeyPair(rootKey)]);
    expect(one).to.deep.equal(two);
    expect(one.privateKey).not.to.deep.equal(rootKey);
    const info = utf8("x");
    const box = await seal({ publicKey: one.publicKey, info, plaintext: utf8("hello") });
    expect(await open({ privateKey: two.privateKey, info, ...box })).to.deep.equal(utf8("hello"));
    expect(keyIdOf((await generateKemKeyPair()).publicKey)).not.to.equal(keyIdOf(one.publicKey));
  });
});
