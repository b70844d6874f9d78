import type { DatabaseSync } from "node:sqlite";
import { type Address, bytesToHex, type Hex, hexToBytes } from "viem";
import { z } from "zod";
import type {
  StoredTransaction,
  TransactionAttempt,
  TransactionIntent,
  TransactionStatus,
  TransactionStore,
} from "./TransactionStore.ts";

/**
 * The store over a database of the caller's, which is to be in WAL with `synchronous = FULL`: what is broadcast must have been
 * written. One account has one store; each call is one statement or one transaction, so that nothing of the caller's comes between.
 */
export function sqliteTransactionStore(db: DatabaseSync): TransactionStore {
  db.exec(`
    CREATE TABLE IF NOT EXISTS transactions (
      key TEXT PRIMARY KEY,
      nonce INTEGER NOT NULL UNIQUE,
      status TEXT NOT NULL,
      intent TEXT NOT NULL,
      data BLOB NOT NULL,
      attempts TEXT NOT NULL,
      mined TEXT,
      changed_at INTEGER NOT NULL,
      version INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS transactions_by_status ON transactions (status, nonce);
    CREATE TABLE IF NOT EXISTS transaction_hashes (hash TEXT PRIMARY KEY, key TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS transaction_nonce (one INTEGER PRIMARY KEY CHECK (one = 1), highest INTEGER NOT NULL) STRICT;
  `);
  const select = db.prepare("SELECT * FROM transactions WHERE key = ?");
  const selectByHash = db.prepare(
    "SELECT transactions.* FROM transactions JOIN transaction_hashes USING (key) WHERE hash = ?",
  );
  const selectByNonce = db.prepare("SELECT key, status FROM transactions WHERE nonce = ?");
  const selectUnfinished = db.prepare("SELECT * FROM transactions WHERE status = ? ORDER BY nonce");
  const highest = db.prepare("SELECT highest FROM transaction_nonce");
  // Forgotten transactions have had their nonces, too.
  const raise = db.prepare(
    "INSERT INTO transaction_nonce VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET highest = max(highest, excluded.highest)",
  );
  const insert = db.prepare("INSERT INTO transactions VALUES (?, ?, 'open', ?, ?, '[]', NULL, ?, 1)");
  const remove = db.prepare("DELETE FROM transactions WHERE key = ?");
  const removeHashes = db.prepare("DELETE FROM transaction_hashes WHERE key = ?");
  const insertHash = db.prepare("INSERT INTO transaction_hashes VALUES (?, ?) ON CONFLICT DO NOTHING");
  const update = db.prepare(
    `UPDATE transactions SET status = ?, nonce = ?, data = ?, attempts = ?, mined = ?, changed_at = ?, version = version + 1
     WHERE key = ? AND version = ?`,
  );
  const selectOld = db.prepare("SELECT key FROM transactions WHERE status = 'final' AND changed_at < ?");

  const get = (key: string): StoredTransaction | undefined => rowOf(select.get(key));
  const atomic = <T>(work: () => T): T => {
    db.exec("BEGIN IMMEDIATE");
    try {
      const value = work();
      db.exec("COMMIT");
      return value;
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  };
  const put = (intent: TransactionIntent, nonce: number, now: number): void => {
    const { key, data, ...rest } = intent;
    insert.run(key, nonce, write(rest), hexToBytes(data), now);
    raise.run(nonce);
  };

  return {
    get: async (key) => get(key),
    byHash: async (hash) => rowOf(selectByHash.get(hash)),
    reserve: async (intent, atLeast, now, instead) =>
      atomic(() => {
        const known = get(intent.key);
        if (known !== undefined) {
          const failed = known.status !== "open" && known.mined?.success === false;
          if (!failed || known.version !== instead) return known;
          remove.run(intent.key);
          removeHashes.run(intent.key);
        }
        const taken = highest.get()?.["highest"];
        put(intent, Math.max(atLeast, typeof taken === "number" ? taken + 1 : 0), now);
        return present(get(intent.key));
      }),
    fill: async (intent, nonce, now) =>
      atomic(() => {
        const holder = selectByNonce.get(nonce);
        if (get(intent.key) !== undefined || (holder !== undefined && holder["status"] !== "final")) return false;
        if (typeof holder?.["key"] === "string") {
          remove.run(holder["key"]);
          removeHashes.run(holder["key"]);
        }
        put(intent, nonce, now);
        return true;
      }),
    save: async (transaction) =>
      atomic(() => {
        const { key, nonce, status, data, attempts, mined, changedAt, version } = transaction;
        const result = update.run(
          status,
          nonce,
          hexToBytes(data),
          write(attempts),
          mined === undefined ? null : write(mined),
          changedAt,
          key,
          version,
        );
        if (result.changes === 0) return false;
        for (const { hash } of attempts) insertHash.run(hash, key);
        raise.run(nonce);
        return true;
      }),
    unfinished: async (status) => selectUnfinished.all(status).map((row) => present(rowOf(row))),
    prune: async (before) =>
      atomic(() => {
        for (const { key } of selectOld.all(before)) {
          if (typeof key !== "string") continue;
          remove.run(key);
          removeHashes.run(key);
        }
      }),
  };
}

/** Numbers of wei do not fit JSON's. */
const write = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? String(field) : field));

const wei = z.string().regex(/^\d+$/).transform(BigInt);
const hex = z.custom<Hex>((value) => typeof value === "string" && value.startsWith("0x"));
const intentSchema = z.object({ what: z.string(), to: hex, value: wei, gas: wei });
const attemptsSchema = z.array(
  z.object({ hash: hex, raw: hex, maxFeePerGas: wei, maxPriorityFeePerGas: wei, signedAt: z.number() }),
);
const minedSchema = z.object({ hash: hex, blockNumber: wei, blockHash: hex, success: z.boolean() });
const rowSchema = z.object({
  key: z.string(),
  nonce: z.number(),
  status: z.enum(["open", "mined", "final"] satisfies TransactionStatus[]),
  intent: z.string(),
  data: z.instanceof(Uint8Array),
  attempts: z.string(),
  mined: z.string().nullable(),
  changed_at: z.number(),
  version: z.number(),
});

function rowOf(row: unknown): StoredTransaction | undefined {
  if (row === undefined) return undefined;
  const { key, nonce, status, version, ...rest } = rowSchema.parse(row);
  const { to, ...intent } = intentSchema.parse(JSON.parse(rest.intent));
  const attempts: readonly TransactionAttempt[] = attemptsSchema.parse(JSON.parse(rest.attempts));
  return {
    ...intent,
    key,
    to: to as Address,
    data: bytesToHex(rest.data),
    nonce,
    status,
    attempts,
    mined: rest.mined === null ? undefined : minedSchema.parse(JSON.parse(rest.mined)),
    changedAt: rest.changed_at,
    version,
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("a row that was just written is not there");
  return value;
}
