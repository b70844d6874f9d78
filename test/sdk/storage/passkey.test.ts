import { createHmac } from "node:crypto";
import { randomBytes, sha256, toHex } from "@persona-protocol/sdk/crypto";
import {
  createPasskey,
  generateOwnerRootKey,
  openKeystore,
  openPasskeyKeystore,
  type PasskeyAuthenticator,
  parseKeystore,
  sealKeystore,
  sealPasskeyKeystore,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";

/** An authenticator in software: CTAP 2.1's hmac-secret under WebAuthn's `prf`, one random secret a credential. */
function softAuthenticator(choice: { readonly prf?: boolean } = {}): PasskeyAuthenticator & { decline: boolean } {
  const secrets = new Map<string, { secret: Uint8Array; rpId: string }>();
  const state = { decline: false };
  const results = (prf: object) => ({ getClientExtensionResults: () => ({ prf }) });
  return Object.assign(state, {
    async create({ publicKey }: Parameters<PasskeyAuthenticator["create"]>[0]) {
      const id = randomBytes(20);
      secrets.set(toHex(id), { secret: randomBytes(32), rpId: publicKey.rp.id });
      return { rawId: id.buffer, ...results({ enabled: choice.prf !== false }) };
    },
    async get({ publicKey }: Parameters<PasskeyAuthenticator["get"]>[0]) {
      if (state.decline) throw new DOMException("declined", "NotAllowedError");
      const known = secrets.get(toHex(publicKey.allowCredentials[0]?.id ?? new Uint8Array()));
      if (known === undefined || known.rpId !== publicKey.rpId) throw new DOMException("unknown", "NotAllowedError");
      if (choice.prf === false) return results({});
      const salt = sha256(
        new Uint8Array([...new TextEncoder().encode("WebAuthn PRF\0"), ...publicKey.extensions.prf.eval.first]),
      );
      const first = createHmac("sha256", known.secret).update(salt).digest();
      return results({ results: { first: new Uint8Array(first) } });
    },
  });
}

describe("sealPasskeyKeystore", () => {
  const site = { rpId: "persona.example", userName: "ann" };

  it("default: the passkey opens it, and no other does", async () => {
    const authenticator = softAuthenticator();
    const passkey = await createPasskey(authenticator, site);
    const secret = generateOwnerRootKey();
    const keystore = await sealPasskeyKeystore({ kind: "owner-root", secret, passkey, authenticator });
    const opened = await openPasskeyKeystore(JSON.stringify(keystore), authenticator);
    expect(opened.secret).to.deep.equal(secret);
    expect(JSON.stringify(keystore)).to.not.include(toHex(secret).slice(2));

    const other = await createPasskey(authenticator, site);
    const moved = { ...keystore, kdf: { ...keystore.kdf, credentialId: other.credentialId } };
    await expectError("KEYSTORE_PASSPHRASE_WRONG", () => openPasskeyKeystore(parseKeystore(moved), authenticator));
    await expectError("KEYSTORE_PASSKEY_FAILED", () => openPasskeyKeystore(keystore, softAuthenticator()));
  });

  it("behavior: each file has a secret of its own, and nothing derived from a signature", async () => {
    const authenticator = softAuthenticator();
    const passkey = await createPasskey(authenticator, site);
    const secret = generateOwnerRootKey();
    const [one, two] = [0, 1].map(() => sealPasskeyKeystore({ kind: "owner-root", secret, passkey, authenticator }));
    expect((await one)?.commitment).to.not.equal((await two)?.commitment);
  });

  it("error: declined, or an authenticator that computes no secrets", async () => {
    const authenticator = softAuthenticator();
    const passkey = await createPasskey(authenticator, site);
    authenticator.decline = true;
    const secret = generateOwnerRootKey();
    const sealing = { kind: "owner-root", secret, passkey, authenticator } as const;
    await expectError("KEYSTORE_PASSKEY_FAILED", () => sealPasskeyKeystore(sealing));
    await expectError("KEYSTORE_PASSKEY_FAILED", () => createPasskey(softAuthenticator({ prf: false }), site));
  });

  it("error: any field changed, or opened by the other way", async () => {
    const authenticator = softAuthenticator();
    const passkey = await createPasskey(authenticator, site);
    const secret = generateOwnerRootKey();
    const keystore = await sealPasskeyKeystore({ kind: "owner-root", secret, passkey, authenticator });
    await expectError("KEYSTORE_INVALID", () => openKeystore(keystore, "p"));
    const worded = await sealKeystore({ kind: "owner-root", secret, passphrase: "p", kdf: { m: 7_168, t: 5, p: 1 } });
    await expectError("KEYSTORE_INVALID", () => openPasskeyKeystore(worded, authenticator));
    for (const change of [{ kind: "account" }, { publicKeyId: `0x${"11".repeat(32)}` }, { version: 2 }]) {
      await expectError("KEYSTORE_INVALID", () =>
        openPasskeyKeystore(JSON.stringify({ ...keystore, ...change }), authenticator),
      );
    }
  });
});
