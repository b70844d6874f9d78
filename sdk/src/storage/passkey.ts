import type { Hex } from "viem";
import { fromHex, randomBytes, toHex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";

/** A passkey that can compute secrets. Nothing of it is secret. */
export type Passkey = {
  /** The site it belongs to: a browser lets no other ask. */
  readonly rpId: string;
  readonly credentialId: Hex;
};

type Bytes = Uint8Array<ArrayBuffer>;

/** What is used of a browser's `navigator.credentials` (Web Authentication Level 3, with the extension `prf`). */
export type PasskeyAuthenticator = {
  create(options: { publicKey: PasskeyCreation }): Promise<unknown>;
  get(options: { publicKey: PasskeyRequest }): Promise<unknown>;
};

type PasskeyCreation = {
  challenge: Bytes;
  rp: { id: string; name: string };
  user: { id: Bytes; name: string; displayName: string };
  pubKeyCredParams: { type: "public-key"; alg: number }[];
  authenticatorSelection: { residentKey: "required"; userVerification: "required" };
  extensions: { prf: Record<string, never> };
};

type PasskeyRequest = {
  challenge: Bytes;
  rpId: string;
  allowCredentials: { type: "public-key"; id: Bytes }[];
  userVerification: "required";
  extensions: { prf: { eval: { first: Bytes } } };
};

type Credential = {
  readonly rawId?: ArrayBuffer;
  getClientExtensionResults?(): { prf?: { enabled?: boolean; results?: { first?: ArrayBuffer | Uint8Array } } };
};

/**
 * Makes a passkey for keystores. Its signature is never asked for: the authenticator's computation is the key.
 *
 * @throws KEYSTORE_PASSKEY_FAILED when the user declines, or the authenticator cannot compute secrets.
 */
export async function createPasskey(
  authenticator: PasskeyAuthenticator,
  site: { readonly rpId: string; readonly userName: string },
): Promise<Passkey> {
  const { rpId, userName } = site;
  const credential = await asked(() =>
    authenticator.create({
      publicKey: {
        challenge: randomBytes(32),
        rp: { id: rpId, name: "Persona Protocol" },
        user: { id: randomBytes(32), name: userName, displayName: userName },
        // ES256 and RS256: the two that every authenticator has one of.
        pubKeyCredParams: [-7, -257].map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        extensions: { prf: {} },
      },
    }),
  );
  const { rawId } = credential;
  if (rawId === undefined || credential.getClientExtensionResults?.().prf?.enabled !== true) {
    throw failed("this authenticator cannot compute secrets");
  }
  return { rpId, credentialId: toHex(new Uint8Array(rawId)) };
}

/** 32 secret bytes that only this passkey computes for this salt. With user verification, or an authenticator gives others. */
export async function askPasskey(
  authenticator: PasskeyAuthenticator,
  { rpId, credentialId, salt }: Passkey & { readonly salt: Hex },
): Promise<Uint8Array> {
  const credential = await asked(() =>
    authenticator.get({
      publicKey: {
        challenge: randomBytes(32),
        rpId,
        allowCredentials: [{ type: "public-key", id: fromHex(credentialId) }],
        userVerification: "required",
        extensions: { prf: { eval: { first: fromHex(salt, 32) } } },
      },
    }),
  );
  const first = credential.getClientExtensionResults?.().prf?.results?.first;
  const secret = first === undefined ? new Uint8Array() : Uint8Array.from(new Uint8Array(first));
  if (secret.length !== 32) throw failed("it computed no secret");
  return secret;
}

async function asked(question: () => Promise<unknown>): Promise<Credential> {
  let answer: unknown;
  try {
    answer = await question();
  } catch (cause) {
    throw failed("it was declined, or is not there", cause);
  }
  if (typeof answer !== "object" || answer === null) throw failed("it did not answer");
  return answer;
}

function failed(why: string, cause?: unknown): PersonaError {
  return new PersonaError("KEYSTORE_PASSKEY_FAILED", `The passkey gave no secret: ${why}.`, { cause });
}
