import { randomBytes } from "@persona-protocol/sdk/crypto";
import {
  createBlobStore,
  generateOwnerRootKey,
  loadOwnerBackup,
  storeOwnerBackup,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { expectError } from "../../helpers/errors.ts";
import { createMemoryMedium } from "../../helpers/memoryMedium.ts";

describe("storeOwnerBackup", () => {
  it("default: the root key and the digest give it back; no other root key does", async () => {
    const store = createBlobStore(createMemoryMedium());
    const rootKey = generateOwnerRootKey();
    for (const length of [0, 1, 3 * 2 ** 20]) {
      const content = randomBytes(length);
      const digest = await storeOwnerBackup(store, rootKey, content);
      expect(await loadOwnerBackup(store, rootKey, digest)).to.deep.equal(content);
      await expectError("OWNER_BACKUP_INVALID", () => loadOwnerBackup(store, generateOwnerRootKey(), digest));
    }
  });

  it("error: a block that is no backup, one that is not there, one too large to store", async () => {
    const store = createBlobStore(createMemoryMedium());
    const { digest } = await store.putBlock(Uint8Array.of(0xa0), "dag-cbor");
    await expectError("OWNER_BACKUP_INVALID", () => loadOwnerBackup(store, generateOwnerRootKey(), digest));
    await expectError("BLOB_NOT_FOUND", () => loadOwnerBackup(store, generateOwnerRootKey(), `0x${"00".repeat(32)}`));
    const large = new Uint8Array(64 * 2 ** 20 + 1);
    await expectError("OWNER_BACKUP_INVALID", () => storeOwnerBackup(store, generateOwnerRootKey(), large));
  });
});
