import { CID } from "multiformats/cid";
import type { Hex } from "viem";
import * as z from "zod";
import { aeadOpen, aeadSeal, equalBytes, fromHex, hkdfSha256, randomBytes, utf8, zeroise } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { BlobStore } from "./blobStore.ts";
import { collectBytes } from "./byteStream.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { cidOfDigest, cidOfLink } from "./cid.ts";
import { bytes32 } from "./schemas.ts";

/** What an owner must not lose beside its root key: KeyBox bodies, names. Many times what a person's records take. */
export const MAX_BACKUP_BYTES = 64 * 2 ** 20;

const blockSchema = z.strictObject({
  v: z.literal(1),
  salt: bytes32,
  commitment: bytes32,
  file: z
    .custom<unknown>((value) => cidOfLink(value) !== null, "expected a link")
    .transform((value) => String(cidOfLink(value))),
});

/**
 * Encrypts an owner's records under its root key and stores them (docs/protocol.md 3.4). Whoever has the root key again, from a
 * kit, a second device or its people, needs the digest alone, which OwnerKeys holds on chain.
 *
 * @returns sha256 of the stored block.
 * @throws STORE_FAILED when the store takes it not; OWNER_BACKUP_INVALID when it is larger than {@link MAX_BACKUP_BYTES}.
 */
export async function storeOwnerBackup(
  store: Pick<BlobStore, "put" | "putBlock">,
  rootKey: Uint8Array,
  content: Uint8Array,
): Promise<Hex> {
  if (content.length > MAX_BACKUP_BYTES) throw invalid(`it has ${content.length} bytes`);
  const salt = randomBytes(32);
  const { key, commitment } = keysOf(rootKey, salt);
  try {
    const { cid } = await store.put(await aeadSeal({ key, plaintext: content, aad: utf8("persona/owner-backup/v1") }));
    const block = encodeCbor({ v: 1, salt, commitment, file: CID.parse(cid) });
    return (await store.putBlock(block, "dag-cbor")).digest;
  } finally {
    zeroise(key);
  }
}

/**
 * The records of {@link storeOwnerBackup}.
 *
 * @throws DIGEST_MISMATCH, STORE_FAILED as the store does.
 * @throws OWNER_BACKUP_INVALID when it is no backup, or one of another root key.
 */
export async function loadOwnerBackup(
  store: Pick<BlobStore, "get" | "getBlock">,
  rootKey: Uint8Array,
  digest: Hex,
): Promise<Uint8Array> {
  const maxBytes = 1_024;
  const block = await store.getBlock(cidOfDigest(digest, "dag-cbor"), { maxBytes });
  const { salt, commitment, file } = decodeCbor(block, {
    schema: blockSchema,
    maxBytes,
    code: "OWNER_BACKUP_INVALID",
    what: "owner's backup",
  });
  const keys = keysOf(rootKey, fromHex(salt, 32));
  try {
    if (!equalBytes(keys.commitment, fromHex(commitment, 32))) throw invalid("it is of another root key");
    const limit = MAX_BACKUP_BYTES + 28;
    const sealed = await collectBytes(store.get(file, { maxBytes: limit }), limit);
    return await aeadOpen({ key: keys.key, sealed, aad: utf8("persona/owner-backup/v1") });
  } finally {
    zeroise(keys.key);
  }
}

function keysOf(rootKey: Uint8Array, salt: Uint8Array): { readonly key: Uint8Array; readonly commitment: Uint8Array } {
  const okm = hkdfSha256({ ikm: rootKey, salt, info: utf8("persona/owner-backup/v1"), length: 64 });
  const keys = { key: okm.slice(0, 32), commitment: okm.slice(32) };
  zeroise(okm);
  return keys;
}

const invalid = (why: string) => new PersonaError("OWNER_BACKUP_INVALID", `The backup cannot be used: ${why}.`);
