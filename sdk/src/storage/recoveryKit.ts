import { type Address, getAddress, type Hex } from "viem";
import { concatBytes, equalBytes, fromHex, keyIdOf, sha256, toHex, u32, u64, utf8, zeroise } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { decodeBase32, encodeBase32 } from "./base32.ts";
import {
  type Keystore,
  type KeystoreKdf,
  openKeystore,
  ownerKemKeyPair,
  parseKeystore,
  sealKeystore,
} from "./keystore.ts";

/**
 * A root key on paper (docs/protocol.md 3.4): text that a person can print, file, and type again. `plain` kits open everything
 * for who reads them and say so; `sealed` ones are under a passphrase, as a keystore is.
 */
export type RecoveryKit = {
  readonly form: "plain" | "sealed";
  readonly chainId: number;
  /** OwnerKeys of that chain, where the backup and the people are found. */
  readonly ownerKeys: Address;
  /** The wallet that owned the data when the kit was made. */
  readonly owner: Address;
  /** Id of the root key's public part. */
  readonly rootKeyId: Hex;
};

const version = 1;
const forms = ["plain", "sealed"] as const;
const headBytes = 1 + 1 + 8 + 20 + 20 + 32;
const bodyBytes = { plain: 32, sealed: 4 + 4 + 1 + 32 + 32 + 60 } as const;
const checkBytes = 8;
/** Letters of one printed line, in groups of five. */
const lineLetters = 40;
const maxKitCharacters = 8_192;

const warning = {
  plain: "PLAIN: WHOEVER READS THIS PAGE CAN READ ALL YOUR DATA. Keep it as you keep your will.",
  sealed: "SEALED: useless without its passphrase. Do not keep both in one place.",
} as const;

/**
 * Prints a kit. The root key stays the caller's to zeroise.
 *
 * @param parameters.passphrase without it the kit is plain.
 * @throws KEYSTORE_INVALID when the root key or the Argon2id parameters are not valid.
 */
export async function makeRecoveryKit(parameters: makeRecoveryKit.Parameters): Promise<string> {
  const { rootKey, chainId, ownerKeys, owner, passphrase } = parameters;
  const form = passphrase === undefined ? "plain" : "sealed";
  const rootKeyId = await rootKeyIdOf(rootKey);
  const body = passphrase === undefined ? Uint8Array.from(rootKey) : await sealedBody(parameters, passphrase);
  const head = concatBytes(
    Uint8Array.of(version, forms.indexOf(form)),
    u64(chainId),
    fromHex(ownerKeys, 20),
    fromHex(owner, 20),
    fromHex(rootKeyId, 32),
  );
  const payload = concatBytes(head, body);
  const text = encodeBase32(concatBytes(payload, checkOf(payload)));
  zeroise(body, payload);
  const lines = text.match(new RegExp(`.{1,${lineLetters}}`, "g")) ?? [];
  return [
    "PERSONA PROTOCOL RECOVERY KIT, version 1",
    warning[form],
    "",
    `owner     ${getAddress(owner)}`,
    `chain     ${chainId}, OwnerKeys ${getAddress(ownerKeys)}`,
    `root key  ${rootKeyId}`,
    "",
    ...lines.map((line, at) => `${String(at + 1).padStart(2, "0")}  ${grouped(line)}  ${lineCheck(at, line)}`),
    "",
    "To restore: persona recovery restore --kit <this file>. When typing from paper, the lines with",
    "numbers are enough. The last two letters of a line tell whether it was typed right.",
    "",
  ].join("\n");
}

export declare namespace makeRecoveryKit {
  type Parameters = Pick<RecoveryKit, "chainId" | "ownerKeys" | "owner"> & {
    readonly rootKey: Uint8Array;
    readonly passphrase?: string;
    readonly kdf?: KeystoreKdf;
  };
}

/**
 * What a kit says without opening it.
 *
 * @throws RECOVERY_KIT_INVALID when it is damaged; `line` names the first line that was typed wrong.
 */
export function parseRecoveryKit(text: string): RecoveryKit {
  const { body, ...kit } = decode(text);
  zeroise(body);
  return kit;
}

/**
 * The root key of a kit. The caller zeroises it.
 *
 * @throws RECOVERY_KIT_INVALID when the kit is damaged, or its key is not the one of the public key that it names.
 * @throws KEYSTORE_PASSPHRASE_WRONG when the passphrase is another, or a sealed kit is opened without one.
 */
export async function openRecoveryKit(
  text: string,
  passphrase?: string,
): Promise<RecoveryKit & { rootKey: Uint8Array }> {
  const { body, ...kit } = decode(text);
  let rootKey: Uint8Array;
  if (kit.form === "plain") rootKey = body;
  else {
    const keystore = keystoreOf(body, kit.rootKeyId);
    if (passphrase === undefined)
      throw new PersonaError("KEYSTORE_PASSPHRASE_WRONG", "The recovery kit is sealed: it needs its passphrase.");
    rootKey = (await openKeystore(keystore, passphrase)).secret;
  }
  if ((await rootKeyIdOf(rootKey)) === kit.rootKeyId) return { ...kit, rootKey };
  zeroise(rootKey);
  throw invalid("its key is not the one of the public key that it names");
}

async function sealedBody({ rootKey, kdf }: makeRecoveryKit.Parameters, passphrase: string): Promise<Uint8Array> {
  const keystore = await sealKeystore({
    kind: "owner-root",
    secret: rootKey,
    passphrase,
    ...(kdf === undefined ? {} : { kdf }),
  });
  if (keystore.kdf.name !== "argon2id") throw invalid("it is sealed by something else than a passphrase");
  const { m, t, p, salt } = keystore.kdf;
  const fields = [fromHex(salt, 32), fromHex(keystore.commitment, 32), fromHex(keystore.ciphertext, 60)];
  return concatBytes(u32(m), u32(t), Uint8Array.of(p), ...fields);
}

function keystoreOf(body: Uint8Array, rootKeyId: Hex): Keystore {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const hex = (from: number, to: number) => toHex(body.slice(from, to));
  const kdf = { name: "argon2id", m: view.getUint32(0), t: view.getUint32(4), p: view.getUint8(8), salt: hex(9, 41) };
  return parseKeystore({
    version: 1,
    kind: "owner-root",
    kdf,
    cipher: "aes-256-gcm",
    commitment: hex(41, 73),
    ciphertext: hex(73, 133),
    publicKeyId: rootKeyId,
  });
}

function decode(text: string): RecoveryKit & { readonly body: Uint8Array } {
  if (text.length > maxKitCharacters) throw invalid("it is too long");
  const letters = numberedLines(text).join("");
  const bytes = decodeBase32(letters);
  const payload = bytes.subarray(0, -checkBytes);
  if (bytes.length < headBytes + checkBytes || !equalBytes(checkOf(payload), bytes.subarray(-checkBytes))) {
    throw invalid("its checksum does not fit");
  }
  if (payload[0] !== version) throw invalid(`it is of version ${payload[0]}`);
  const form = forms[payload[1] ?? 255];
  if (form === undefined || payload.length !== headBytes + bodyBytes[form]) throw invalid("it is of no known form");
  const chainId = Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(2));
  if (!Number.isSafeInteger(chainId)) throw invalid("its chain id is too large");
  return {
    form,
    chainId,
    ownerKeys: getAddress(toHex(payload.slice(10, 30))),
    owner: getAddress(toHex(payload.slice(30, 50))),
    rootKeyId: toHex(payload.slice(50, headBytes)),
    body: payload.slice(headBytes),
  };
}

/** The letters of the numbered lines, each checked by itself; everything else on the page is for people. */
function numberedLines(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const parts = /^\s*(\d{2})[\s:.]+(\S.*)$/.exec(line);
    if (parts === null) continue;
    const [number, letters] = [Number(parts[1]), (parts[2] ?? "").replace(/[\s-]/g, "")];
    if (number !== lines.length + 1) throw invalid(`line ${lines.length + 1} is missing or out of order`);
    // Through bytes and back: a small letter or an O for a zero is not a mistake.
    const [content, check] = [tidy(letters.slice(0, -2)), tidy(letters.slice(-2))];
    if (lineCheck(number - 1, content) !== check || content.length > lineLetters) {
      throw new PersonaError("RECOVERY_KIT_INVALID", `Line ${number} of the recovery kit was typed wrong.`, {
        data: { line: number },
      });
    }
    lines.push(content);
  }
  if (lines.length === 0) throw invalid("it has no numbered lines");
  return lines;
}

const tidy = (letters: string) => letters.toUpperCase().replaceAll(/[IL]/g, "1").replaceAll("O", "0");

const grouped = (line: string) => (line.match(/.{1,5}/g) ?? []).join(" ");

/** Ten bits over number and letters: of a thousand mistakes in a line one is not seen here, but by the whole's checksum. */
function lineCheck(at: number, line: string): string {
  return encodeBase32(sha256(utf8(`persona/recovery-kit-line/v1 ${at + 1} ${line}`))).slice(0, 2);
}

const checkOf = (payload: Uint8Array) =>
  sha256(concatBytes(utf8("persona/recovery-kit/v1"), payload)).subarray(0, checkBytes);

async function rootKeyIdOf(rootKey: Uint8Array): Promise<Hex> {
  const { publicKey, privateKey } = await ownerKemKeyPair(rootKey);
  zeroise(privateKey);
  return keyIdOf(publicKey);
}

function invalid(why: string): PersonaError {
  return new PersonaError("RECOVERY_KIT_INVALID", `The recovery kit cannot be read: ${why}.`);
}
