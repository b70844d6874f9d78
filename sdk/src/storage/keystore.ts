import type { Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import * as z from "zod";
import {
  aeadOpen,
  aeadSeal,
  argon2id,
  deriveKemKeyPair,
  equalBytes,
  fromHex,
  hkdfSha256,
  type KemKeyPair,
  keyIdOf,
  randomBytes,
  toHex,
  utf8,
  zeroise,
} from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { encodeCbor } from "./cbor.ts";
import { askPasskey, type Passkey, type PasskeyAuthenticator } from "./passkey.ts";

/**
 * A secret of 32 bytes under a passphrase or a passkey, as a JSON file.
 *
 * The owner's root key is random and made on the device. Nothing here derives a key from a wallet signature: any page can
 * ask a wallet for the same signature, and would have the key.
 */
export type Keystore = z.infer<typeof schema>;
export type KeystoreKind = "owner-root" | "account";

/** Argon2id parameters (RFC 9106): `m` KiB of memory, `t` passes, `p` lanes. */
export type KeystoreKdf = { readonly m: number; readonly t: number; readonly p: number };

/** OWASP's recommended setting for Argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
export const defaultKeystoreKdf: KeystoreKdf = { m: 19_456, t: 2, p: 1 };

/** The weakest of OWASP's equivalent settings has 7 MiB, and 5 passes of them. */
const MIN_MEMORY_KIB = 7_168;
const MIN_WORK_KIB = 35_840;
/** A hostile file must not make its reader take all memory or minutes. */
const MAX_MEMORY_KIB = 262_144;
const MAX_WORK_KIB = 1_048_576;

const SECRET_BYTES = 32;
const MAX_FILE_CHARACTERS = 16_384;

const hexOf = (bytes: number): z.ZodType<Hex, unknown> =>
  z.custom<Hex>(
    (value) => typeof value === "string" && value.length === 2 + 2 * bytes && /^0x[0-9a-f]*$/.test(value),
    `expected ${bytes} bytes of lower-case hex`,
  );

const schema = z
  .strictObject({
    version: z.literal(1),
    kind: z.enum(["owner-root", "account"]),
    kdf: z.discriminatedUnion("name", [
      z.strictObject({
        name: z.literal("argon2id"),
        m: z.int().min(MIN_MEMORY_KIB).max(MAX_MEMORY_KIB),
        t: z.int().min(1).max(64),
        p: z.int().min(1).max(8),
        salt: hexOf(32),
      }),
      z.strictObject({
        name: z.literal("webauthn-prf"),
        rpId: z.string().min(1).max(253),
        /** At most 1,023 bytes (WebAuthn, 4). */
        credentialId: z.custom<Hex>(
          (value) => typeof value === "string" && /^0x([0-9a-f]{2}){1,1023}$/.test(value),
          "expected 1 to 1,023 bytes of lower-case hex",
        ),
        salt: hexOf(32),
      }),
    ]),
    cipher: z.literal("aes-256-gcm"),
    /** Tells a wrong passphrase from a damaged file, and ties the ciphertext to one key. */
    commitment: hexOf(32),
    /** Nonce of 12 bytes, the sealed secret, tag of 16. */
    ciphertext: hexOf(12 + SECRET_BYTES + 16),
    /** owner-root: id of the KEM public key. account: the address, left-padded to 32 bytes. */
    publicKeyId: hexOf(32),
  })
  .refine(
    ({ kdf }) => kdf.name !== "argon2id" || (kdf.m * kdf.t >= MIN_WORK_KIB && kdf.m * kdf.t <= MAX_WORK_KIB),
    "the Argon2id work is out of bounds",
  );

/** A new owner root key: 32 random bytes. */
export function generateOwnerRootKey(): Uint8Array {
  return randomBytes(SECRET_BYTES);
}

/** The owner's KEM key pair, to which KeyBoxes are sealed; derived, so that the root key is all there is to keep. */
export async function ownerKemKeyPair(rootKey: Uint8Array): Promise<KemKeyPair> {
  if (rootKey.length !== SECRET_BYTES) throw new RangeError(`a root key has 32 bytes, not ${rootKey.length}`);
  const seed = hkdfSha256({ ikm: rootKey, info: utf8("persona/owner-kem/v1"), length: 32 });
  try {
    return await deriveKemKeyPair(seed);
  } finally {
    zeroise(seed);
  }
}

/**
 * Encrypts a secret under a passphrase. The secret stays the caller's to zeroise.
 *
 * @param parameters.kdf default {@link defaultKeystoreKdf}.
 * @throws KEYSTORE_INVALID when the passphrase is empty, the secret is not a key of its kind, or the parameters are out of
 * bounds.
 */
export async function sealKeystore(parameters: sealKeystore.Parameters): Promise<Keystore> {
  const { kind, secret, passphrase } = parameters;
  if (passphrase.length === 0) throw new PersonaError("KEYSTORE_INVALID", "A keystore needs a passphrase.");
  const { m, t, p } = parameters.kdf ?? defaultKeystoreKdf;
  const kdf = { name: "argon2id" as const, m, t, p, salt: toHex(randomBytes(32)) };
  const publicKeyId = await publicKeyIdOf(kind, secret);
  return sealUnder({ version: 1, kind, kdf, cipher: "aes-256-gcm", publicKeyId }, secret, () =>
    passphraseKey(passphrase, kdf),
  );
}

/**
 * Encrypts a secret under a passkey: what its authenticator computes for this file (WebAuthn's `prf` extension) is known to no
 * server and no other file. The secret stays the caller's to zeroise.
 *
 * @param parameters.passkey as `createPasskey` returned it; it is asked once.
 * @throws KEYSTORE_INVALID when the secret is not a key of its kind; KEYSTORE_PASSKEY_FAILED when the passkey gives nothing.
 */
export async function sealPasskeyKeystore(parameters: {
  readonly kind: KeystoreKind;
  readonly secret: Uint8Array;
  readonly passkey: Passkey;
  readonly authenticator: PasskeyAuthenticator;
}): Promise<Keystore> {
  const { kind, secret, passkey, authenticator } = parameters;
  const kdf = { name: "webauthn-prf" as const, ...passkey, salt: toHex(randomBytes(32)) };
  const publicKeyId = await publicKeyIdOf(kind, secret);
  return sealUnder({ version: 1, kind, kdf, cipher: "aes-256-gcm", publicKeyId }, secret, () =>
    askPasskey(authenticator, kdf),
  );
}

async function sealUnder(
  open: Omit<Keystore, "commitment" | "ciphertext">,
  secret: Uint8Array,
  derive: () => Promise<Uint8Array>,
): Promise<Keystore> {
  // Before the work, so that parameters out of bounds cost nothing.
  parseKeystore({ ...open, commitment: `0x${"00".repeat(32)}`, ciphertext: `0x${"00".repeat(60)}` });
  const { key, commitment } = expand(await derive());
  try {
    const ciphertext = await aeadSeal({ key, plaintext: secret, aad: encodeCbor(open) });
    return { ...open, commitment: toHex(commitment), ciphertext: toHex(ciphertext) };
  } finally {
    zeroise(key);
  }
}

export declare namespace sealKeystore {
  type Parameters = {
    readonly kind: KeystoreKind;
    /** 32 bytes: an owner root key, or a secp256k1 private key. */
    readonly secret: Uint8Array;
    readonly passphrase: string;
    readonly kdf?: KeystoreKdf;
  };
}

export type OpenedKeystore = { readonly kind: KeystoreKind; readonly secret: Uint8Array; readonly publicKeyId: Hex };

/**
 * Opens a keystore. The caller zeroises the secret.
 *
 * @param file the file's text, or the object parsed from it.
 * @throws KEYSTORE_INVALID when the file is damaged, of an unknown version, or its parameters are out of bounds.
 * @throws KEYSTORE_PASSPHRASE_WRONG when the passphrase is another.
 */
export async function openKeystore(file: string | Keystore, passphrase: string): Promise<OpenedKeystore> {
  const keystore = parseKeystore(file);
  const { kdf } = keystore;
  if (kdf.name !== "argon2id") throw invalid("it is under a passkey, not a passphrase");
  return openUnder(keystore, await passphraseKey(passphrase, kdf));
}

/**
 * Opens a keystore that is under a passkey: its user is asked to unlock the authenticator. The caller zeroises the secret.
 *
 * @throws KEYSTORE_INVALID as {@link openKeystore} does.
 * @throws KEYSTORE_PASSKEY_FAILED when the passkey gives nothing.
 * @throws KEYSTORE_PASSPHRASE_WRONG when the authenticator computes another secret than it did.
 */
export async function openPasskeyKeystore(
  file: string | Keystore,
  authenticator: PasskeyAuthenticator,
): Promise<OpenedKeystore> {
  const keystore = parseKeystore(file);
  const { kdf } = keystore;
  if (kdf.name !== "webauthn-prf") throw invalid("it is under a passphrase, not a passkey");
  return openUnder(keystore, await askPasskey(authenticator, kdf));
}

async function openUnder(keystore: Keystore, ikm: Uint8Array): Promise<OpenedKeystore> {
  const { ciphertext, commitment: wanted, ...open } = keystore;
  const { key, commitment } = expand(ikm);
  let secret: Uint8Array;
  try {
    if (!equalBytes(commitment, fromHex(wanted))) {
      throw new PersonaError("KEYSTORE_PASSPHRASE_WRONG", "The passphrase or passkey does not open the keystore.", {
        data: { kind: open.kind, publicKeyId: open.publicKeyId },
      });
    }
    secret = await aeadOpen({ key, sealed: fromHex(ciphertext), aad: encodeCbor(open) }).catch((cause: unknown) => {
      throw invalid("it was changed after it was made", cause);
    });
  } finally {
    zeroise(key);
  }
  if ((await publicKeyIdOf(open.kind, secret)) !== open.publicKeyId) {
    zeroise(secret);
    throw invalid("its secret is not the one of its public key");
  }
  return { kind: open.kind, secret, publicKeyId: open.publicKeyId };
}

/**
 * Reads a keystore file without opening it.
 *
 * @throws KEYSTORE_INVALID when it is not one, or its parameters are out of bounds.
 */
export function parseKeystore(file: unknown): Keystore {
  let value = file;
  if (typeof file === "string") {
    if (file.length > MAX_FILE_CHARACTERS) throw invalid("it is too large");
    try {
      value = JSON.parse(file);
    } catch (cause) {
      throw invalid("it is not JSON", cause);
    }
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(`${issue?.path.map(String).join(".") || "keystore"}: ${issue?.message ?? "invalid"}`, parsed.error);
}

async function passphraseKey(
  passphrase: string,
  kdf: Extract<Keystore["kdf"], { name: "argon2id" }>,
): Promise<Uint8Array> {
  // One passphrase typed on two systems may come in two Unicode forms.
  const password = utf8(passphrase.normalize("NFKC"));
  const ikm = await argon2id({ password, salt: fromHex(kdf.salt), m: kdf.m, t: kdf.t, p: kdf.p });
  zeroise(password);
  return ikm;
}

/** Key and commitment. `ikm` is zeroised. */
function expand(ikm: Uint8Array): { key: Uint8Array; commitment: Uint8Array } {
  const okm = hkdfSha256({ ikm, info: utf8("persona/keystore/v1"), length: 64 });
  zeroise(ikm);
  const keys = { key: okm.slice(0, 32), commitment: okm.slice(32) };
  zeroise(okm);
  return keys;
}

async function publicKeyIdOf(kind: KeystoreKind, secret: Uint8Array): Promise<Hex> {
  if (secret.length !== SECRET_BYTES) throw invalid(`its secret has ${secret.length} bytes`);
  if (kind === "owner-root") {
    const pair = await ownerKemKeyPair(secret);
    zeroise(pair.privateKey);
    return keyIdOf(pair.publicKey);
  }
  try {
    return `0x${"00".repeat(12)}${privateKeyToAddress(toHex(secret)).slice(2).toLowerCase()}`;
  } catch (cause) {
    throw invalid("its secret is not a secp256k1 private key", cause);
  }
}

function invalid(why: string, cause?: unknown): PersonaError {
  return new PersonaError("KEYSTORE_INVALID", `The keystore is not valid: ${why}.`, { cause });
}
