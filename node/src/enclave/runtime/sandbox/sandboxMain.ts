/**
 * The disposable process that runs one program on one job's plaintext, and nothing else: it holds no key, has no network
 * and ends after its answer. Plaintext arrives over stdin and lies in unlinked files on tmpfs: they have no name, and vanish
 * with the process however it dies.
 */
import { randomUUID } from "node:crypto";
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import { createPeer } from "../peer.ts";
import { runSql, type SqlTable, startSqlEngine } from "./runSql.ts";

/** While this process is warm and waits. */
const engine = startSqlEngine();
const tables = new Map<number, SqlTable & { fd: number }>();

const scalar = z.union([z.string(), z.number(), z.bigint(), z.boolean()]);
const openParams = z.strictObject({ table: z.string(), owner: z.string() });
const appendParams = z.strictObject({ handle: z.number(), bytes: z.instanceof(Uint8Array) });
const runParams = z.strictObject({
  statement: z.string(),
  args: z.record(z.string(), scalar),
  maxRows: z.number(),
  memoryMb: z.number(),
});

const peer = createPeer({
  input: process.stdin,
  output: process.stdout,
  methods: {
    async open(params) {
      const { table, owner } = openParams.parse(params);
      // Every sandbox is process 1 of its own namespace, and all share this folder: names must not be guessable or meet.
      const name = `/dev/shm/persona-${randomUUID()}`;
      const fd = openSync(name, "wx+", 0o600);
      unlinkSync(name);
      tables.set(fd, { table, owner, path: `/proc/self/fd/${fd}`, fd });
      return fd;
    },
    async append(params) {
      const { handle, bytes } = appendParams.parse(params);
      const table = tables.get(handle);
      if (table === undefined) throw new PersonaError("REQUEST_INVALID", "The sandbox has no such table.");
      for (let written = 0; written < bytes.length; ) written += writeSync(table.fd, bytes, written);
    },
    async run(params) {
      const job = { ...runParams.parse(params), tables: [...tables.values()] };
      const rows = await runSql(await engine, job);
      for (const { fd } of tables.values()) closeSync(fd);
      tables.clear();
      return rows;
    },
  },
});

// At once: an orderly exit would wait for the engine, which may be in a query without end.
void peer.closed.then(() => process.kill(process.pid, "SIGKILL"));
