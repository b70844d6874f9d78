import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import {
  deriveKemKeyPair,
  generateKemKeyPair,
  KEM_ENC_BYTES,
  KEM_PUBLIC_KEY_BYTES,
  keyIdOf,
  open,
  openWithExport,
  RESULT_SALT_CONTEXT,
  readyPrivateKey,
  readyPublicKey,
  seal,
  sealWithExport,
  utf8,
} from "@persona-protocol/sdk/crypto";
import { generateOwnerRootKey } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { nodeHpkeCrypto } from "../../../sdk/src/crypto/nodeHpkeCrypto.ts";
import { portableX25519, x25519, x25519PublicKey } from "../../../sdk/src/crypto/x25519.ts";
import { xWingDecapsulate, xWingEncapsulate } from "../../../sdk/src/crypto/xWing.ts";
import { expectError } from "../../helpers/errors.ts";

const info = utf8("test/v1");
const plaintext = utf8("a share");

describe("seal", () => {
  it("default", async () => {
    const pair = await generateKemKeyPair();
    const box = await seal({ publicKey: pair.publicKey, info, plaintext });
    expect(box.enc).to.have.lengthOf(KEM_ENC_BYTES);
    expect(box.ct).to.have.lengthOf(plaintext.length + 16);
    expect(await open({ privateKey: pair.privateKey, info, ...box })).to.deep.equal(plaintext);
  });

  it("behavior: sealing twice gives two boxes", async () => {
    const { publicKey } = await generateKemKeyPair();
    const [one, two] = await Promise.all([seal({ publicKey, info, plaintext }), seal({ publicKey, info, plaintext })]);
    expect(one.enc).not.to.deep.equal(two.enc);
    expect(one.ct).not.to.deep.equal(two.ct);
  });

  it("behavior: the associated data must be the same", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const box = await seal({ publicKey, info, plaintext, aad: utf8("a") });
    expect(await open({ privateKey, info, ...box, aad: utf8("a") })).to.deep.equal(plaintext);
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey, info, ...box, aad: utf8("b") }));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey, info, ...box }));
  });

  it("error: another key, info, enc or ct", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const other = await generateKemKeyPair();
    const box = await seal({ publicKey, info, plaintext });
    const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 7 ? byte ^ 1 : byte));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey: other.privateKey, info, ...box }));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey, info: utf8("test/v2"), ...box }));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey, info, ...box, enc: flipped(box.enc) }));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey, info, ...box, ct: flipped(box.ct) }));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey, info, ...box, ct: box.ct.slice(0, 15) }));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey, info, ...box, enc: box.enc.slice(1) }));
  });

  it("error: a public key of another length", async () => {
    const { publicKey } = await generateKemKeyPair();
    await expectError("SEALED_BOX_INVALID", () => seal({ publicKey: publicKey.slice(1), info, plaintext }));
  });
});

describe("HPKE beside @hpke/core", () => {
  it("behavior: the project's Node has the algorithms, and they are what is used", () => {
    expect(nodeHpkeCrypto).to.not.equal(undefined);
  });

  it("behavior: agrees with the package's own X-Wing, both ways", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const kem = new XWing();
    const plain = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
    const own = await kem.generateKeyPairDerand(privateKey);
    expect(new Uint8Array(await kem.serializePublicKey(own.publicKey))).to.deep.equal(publicKey);

    const theirs = await plain.seal({ recipientPublicKey: own.publicKey, info }, plaintext);
    const box = { enc: new Uint8Array(theirs.enc), ct: new Uint8Array(theirs.ct) };
    expect(await open({ privateKey, info, ...box })).to.deep.equal(plaintext);
    const { enc, ct } = await seal({ publicKey, info, plaintext });
    expect(new Uint8Array(await plain.open({ recipientKey: own.privateKey, info, enc }, ct))).to.deep.equal(plaintext);
  });

  it("error: a public key whose X25519 part would make the shared secret zero", async () => {
    const { publicKey } = await generateKemKeyPair();
    const weak = Uint8Array.from(publicKey);
    weak.fill(0, 1_184);
    await expectError("SEALED_BOX_INVALID", () => seal({ publicKey: weak, info, plaintext }));
  });

  it("error: a public key whose lattice part is no encoding of one (FIPS 203, 7.2)", async () => {
    const { publicKey } = await generateKemKeyPair();
    const wrong = Uint8Array.from(publicKey);
    // Twelve bits of ones: a coefficient above the modulus.
    wrong.fill(0xff, 0, 3);
    await expectError("SEALED_BOX_INVALID", () => seal({ publicKey: wrong, info, plaintext }));
  });

  it("error: a box whose X25519 part would make the shared secret zero", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const { enc, ct } = await seal({ publicKey, info, plaintext });
    enc.fill(0, 1_088);
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey, info, enc, ct }));
  });

  it("behavior: a secret for export is the package's own", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const kem = new XWing();
    const plain = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
    const recipientKey = (await kem.generateKeyPairDerand(Uint8Array.from(privateKey))).privateKey;
    const box = await sealWithExport({ publicKey, info, plaintext, exportContext: "ours", exportLength: 50 });
    const context = await plain.createRecipientContext({ recipientKey, enc: box.enc, info });
    expect(new Uint8Array(await context.export(utf8("ours"), 50))).to.deep.equal(box.exported);
  });
});

describe("xWing, as browsers compute it", () => {
  it("default: agrees with Node's and with the package's, both ways", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const { sharedSecret, enc } = await xWingEncapsulate(publicKey);
    expect(await xWingDecapsulate(privateKey, enc)).to.deep.equal(sharedSecret);
    const kem = new XWing();
    const { privateKey: recipientKey, publicKey: recipientPublicKey } = await kem.generateKeyPairDerand(
      Uint8Array.from(privateKey),
    );
    const theirs = new Uint8Array(await kem.decap({ recipientKey, enc: Uint8Array.from(enc).buffer }));
    expect(theirs).to.deep.equal(sharedSecret);
    const made = await kem.encap({ recipientPublicKey });
    const ours = await xWingDecapsulate(privateKey, new Uint8Array(made.enc));
    expect(ours).to.deep.equal(new Uint8Array(made.sharedSecret));
  });

  it("behavior: the curve in JavaScript gives what WebCrypto's gives, and refuses a point of low order", async () => {
    const [one, two] = [generateOwnerRootKey(), generateOwnerRootKey()];
    expect(await portableX25519(one, await x25519PublicKey(two))).to.deep.equal(
      await x25519(two, await x25519PublicKey(one)),
    );
    for (const derive of [x25519, portableX25519]) {
      const failure = await derive(one, new Uint8Array(32)).then(
        () => "none",
        () => "refused",
      );
      expect(failure).to.equal("refused");
    }
  });

  it("error: keys that are no encoding, or of low order", async () => {
    const { publicKey } = await generateKemKeyPair();
    for (const bad of [Uint8Array.from(publicKey).fill(0xff, 0, 3), Uint8Array.from(publicKey).fill(0, 1_184)]) {
      const failure = await xWingEncapsulate(bad).then(
        () => "none",
        () => "refused",
      );
      expect(failure).to.equal("refused");
    }
  });
});

describe("readyPrivateKey, readyPublicKey", () => {
  it("default: many boxes, which the bytes of the keys open and seal as well", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const [to, own] = [readyPublicKey(publicKey), readyPrivateKey(privateKey)];
    const boxes = [
      await seal({ publicKey: to, info, plaintext }),
      await seal({ publicKey: to, info, plaintext }),
      await seal({ publicKey, info, plaintext }),
    ];
    expect(new Set(boxes.map(({ enc }) => keyIdOf(enc)))).to.have.lengthOf(3);
    for (const box of boxes) {
      expect(await open({ privateKey: own, info, ...box })).to.deep.equal(plaintext);
      expect(await open({ privateKey, info, ...box })).to.deep.equal(plaintext);
    }
  });

  it("behavior: what the caller does to its bytes afterwards changes nothing", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const kept = Uint8Array.from(privateKey);
    const [to, own] = [readyPublicKey(publicKey), readyPrivateKey(privateKey)];
    publicKey.fill(0);
    privateKey.fill(0);
    const box = await seal({ publicKey: to, info, plaintext });
    expect(await open({ privateKey: own, info, ...box })).to.deep.equal(plaintext);
    expect(await open({ privateKey: kept, info, ...box })).to.deep.equal(plaintext);
  });

  it("error: another key, info, enc or ct", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const [own, other] = [privateKey, (await generateKemKeyPair()).privateKey].map(readyPrivateKey);
    if (own === undefined || other === undefined) throw new Error("two keys");
    const box = await seal({ publicKey, info, plaintext });
    const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey: other, info, ...box }));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey: own, info: utf8("test/v2"), ...box }));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey: own, info, ...box, ct: flipped(box.ct, 7) }));
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey: own, info, ...box, enc: box.enc.slice(1) }));
    for (const at of [0, 1_087, 1_088, 1_119]) {
      await expectError("SEALED_BOX_INVALID", () => open({ privateKey: own, info, ...box, enc: flipped(box.enc, at) }));
    }
    const weak = Uint8Array.from(box.enc).fill(0, 1_088);
    await expectError("SEALED_BOX_INVALID", () => open({ privateKey: own, info, ...box, enc: weak }));
  });

  it("error: bytes that are no key", async () => {
    const { publicKey } = await generateKemKeyPair();
    const shorter = publicKey.slice(1);
    const noLattice = Uint8Array.from(publicKey).fill(0xff, 0, 3);
    for (const bad of [shorter, noLattice, new Uint8Array()]) {
      await expectError("SEALED_BOX_INVALID", async () => readyPublicKey(bad));
    }
    // Of low order: it is read, and nothing is sealed to it.
    const weak = readyPublicKey(Uint8Array.from(publicKey).fill(0, 1_184));
    await expectError("SEALED_BOX_INVALID", () => seal({ publicKey: weak, info, plaintext }));
    for (const length of [0, 31, 33]) expect(() => readyPrivateKey(new Uint8Array(length))).to.throw(RangeError);
  });
});

describe("deriveKemKeyPair", () => {
  it("default", async () => {
    const seed = new Uint8Array(32).fill(7);
    const [one, two] = await Promise.all([deriveKemKeyPair(seed), deriveKemKeyPair(seed)]);
    expect(one.publicKey).to.have.lengthOf(KEM_PUBLIC_KEY_BYTES);
    expect(keyIdOf(one.publicKey)).to.equal(keyIdOf(two.publicKey));
    expect(one.privateKey).to.deep.equal(seed);
    expect(one.privateKey).not.to.equal(seed);
  });

  it("behavior: the private key is the X-Wing seed (draft-connolly-cfrg-xwing-kem, test vector 1)", async () => {
    // seed of the draft's first vector, and the first bytes of the public key that it expands to.
    const seed = Uint8Array.from(
      Buffer.from("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26", "hex"),
    );
    const { publicKey } = await deriveKemKeyPair(seed);
    expect(Buffer.from(publicKey).toString("hex").slice(0, 32)).to.equal("e2236b35a8c24b39b10aa1323a96a919");
  });

  it("error: a seed of another length", async () => {
    let caught: unknown;
    await deriveKemKeyPair(new Uint8Array(31)).catch((cause: unknown) => {
      caught = cause;
    });
    expect(caught).to.be.instanceOf(RangeError);
  });
});

describe("sealWithExport", () => {
  it("default", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const exportContext = RESULT_SALT_CONTEXT;
    const box = await sealWithExport({ publicKey, info, plaintext, exportContext });
    const opened = await openWithExport({ privateKey, info, enc: box.enc, ct: box.ct, exportContext });
    expect(opened.plaintext).to.deep.equal(plaintext);
    expect(opened.exported).to.deep.equal(box.exported).and.to.have.lengthOf(32);
    const other = await openWithExport({ privateKey, info, enc: box.enc, ct: box.ct, exportContext: "another" });
    expect(other.exported).not.to.deep.equal(box.exported);
  });

  it("behavior: its boxes are those of seal", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const { enc, ct } = await sealWithExport({ publicKey, info, plaintext, exportContext: RESULT_SALT_CONTEXT });
    expect(await open({ privateKey, info, enc, ct })).to.deep.equal(plaintext);
  });

  it("error: another info gives neither plaintext nor secret", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const { enc, ct } = await sealWithExport({ publicKey, info, plaintext, exportContext: RESULT_SALT_CONTEXT });
    await expectError("SEALED_BOX_INVALID", () =>
      openWithExport({ privateKey, info: utf8("x"), enc, ct, exportContext: RESULT_SALT_CONTEXT }),
    );
  });
});
