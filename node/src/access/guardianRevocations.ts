import type { DatabaseSync } from "node:sqlite";
import { decodeRevocation } from "@persona-protocol/sdk/access";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { type Address, hexToBytes } from "viem";

/** Revocations that owners have handed over, beside the entries of the log that say so. */
export type StoredRevocations = {
  /** Within the transaction of its entry. One that ends an epoch takes the place of its owner's earlier ones. */
  insert(index: number, message: Uint8Array): void;
  /** In their order; a page goes to the enclave in one message. */
  pages(): Iterable<Uint8Array[]>;
};

/** At 4 KiB each, an eighth of what a message to the enclave may hold. */
const pageSize = 1_024;

export function openRevocations(db: DatabaseSync): StoredRevocations {
  db.exec(`
    CREATE TABLE IF NOT EXISTS revocations (idx INTEGER PRIMARY KEY, message BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS owner_epochs (owner BLOB PRIMARY KEY, epoch INTEGER NOT NULL, idx INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `);
  const insert = db.prepare("INSERT INTO revocations (idx, message) VALUES (?, ?)");
  const remove = db.prepare("DELETE FROM revocations WHERE idx = ?");
  const selectEpoch = db.prepare("SELECT epoch, idx FROM owner_epochs WHERE owner = ?");
  const putEpoch = db.prepare("INSERT OR REPLACE INTO owner_epochs (owner, epoch, idx) VALUES (?, ?, ?)");
  const selectPage = db.prepare("SELECT idx, message FROM revocations WHERE idx > ? ORDER BY idx LIMIT ?");
  return {
    insert(index, message) {
      const ended = epochOf(message);
      if (ended !== undefined) {
        const owner = hexToBytes(ended.owner);
        const last = selectEpoch.get(owner) as { epoch: number; idx: number } | undefined;
        // Told again after the disk was slow: the higher one says it, too.
        if (last !== undefined && last.epoch >= ended.ownerEpoch) return;
        if (last !== undefined) remove.run(last.idx);
        putEpoch.run(owner, ended.ownerEpoch, index);
      }
      insert.run(index, message);
    },
    *pages() {
      for (let after = -1; ; ) {
        const rows = selectPage.all(after, pageSize) as { idx: number; message: Uint8Array }[];
        const last = rows.at(-1);
        if (last === undefined) return;
        yield rows.map(({ message }) => message);
        after = last.idx;
      }
    },
  };
}

function epochOf(message: Uint8Array): { owner: Address; ownerEpoch: number } | undefined {
  try {
    const { owner, what } = decodeRevocation(message);
    return "ownerEpoch" in what ? { owner, ...what } : undefined;
  } catch (error) {
    if (isPersonaError(error)) return undefined; // Not the enclave's own: the enclave says so when it is brought back.
    throw error;
  }
}
