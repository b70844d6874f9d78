import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  aeadOpen,
  aeadSeal,
  hkdfSha256,
  type KemKeyPair,
  type SealedBox,
  sha256Hex,
  utf8,
} from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError, sourceError } from "@persona-protocol/sdk/errors";
import {
  type Delivery,
  joinRecords,
  liveSources,
  openDelivery,
  type RecordPart,
  type SignedOrigin,
} from "@persona-protocol/sdk/ingest/live";
import { decodeCbor, encodeCbor } from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";
import { z } from "zod";
import type { ReadSource } from "../ingest/schedule/readSource.ts";
import type { TokenKeeper } from "../ingest/schedule/tokenRefresh.ts";
import type { IngestHost, IngestHostOptions } from "./ingestHost.ts";

type Session = Awaited<ReturnType<IngestHost["authorize"]>>;

/** Accounts that a schedule reads: an ingest enclave, and what its host keeps for it. */
export type LiveAccounts = {
  /** Takes a person's consent under a name of one's own: a source's `account`. */
  authorize(account: string, sealed: SealedBox): Promise<Session>;
  /** @throws PersonaError SOURCE_AUTH_PENDING */
  confirm(account: string): Promise<Session>;
  /** Readers for `createWriterRunner`, by a source's kind. */
  readonly kinds: Readonly<Record<string, ReadSource>>;
  /** For the schedule: tokens are renewed before they end. */
  readonly tokens: TokenKeeper;
  stop(): Promise<void>;
};

const sessionFile = z.strictObject({ session: z.string(), generation: z.number(), box: z.instanceof(Uint8Array) });
const partsFile = z.strictObject({
  parts: z.array(z.strictObject({ name: z.string(), schema: z.string(), bytes: z.instanceof(Uint8Array) })),
});
const maxPartsBytes = 2 ** 31;

/**
 * Accounts over an ingest enclave. What a run brings is a change; what a segment holds now is made here, of the parts of the run before,
 * which wait in the folder under a key made of the recipient's: whoever writes datasets has what is in them anyway.
 *
 * @param dir of one's own: boxes of sessions, and parts
 * @param recipient key that people seal their authorizations for
 */
export async function createLiveAccounts({
  dir,
  recipient,
  start,
}: {
  readonly dir: string;
  readonly recipient: KemKeyPair;
  readonly start: (keep: IngestHostOptions["keep"]) => Promise<IngestHost>;
}): Promise<LiveAccounts> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const partsKey = hkdfSha256({
    ikm: recipient.privateKey,
    salt: new Uint8Array(),
    info: utf8("persona/live-parts/v1"),
    length: 32,
  });
  const nameOf = (kind: string, text: string) =>
    join(dir, `${kind}-${createHash("sha256").update(text).digest("hex").slice(0, 40)}`);

  const host = await start(async (session, generation, box) => {
    const path = nameOf("session", session);
    const known = await readSession(path);
    if (known === undefined || known.generation < generation)
      await write(path, encodeCbor({ session, generation, box }));
  });

  async function readSession(path: string): Promise<z.infer<typeof sessionFile> | undefined> {
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const what = "session of an account";
    return decodeCbor(new Uint8Array(bytes), {
      schema: sessionFile,
      maxBytes: 2 ** 20,
      code: "JOURNAL_UNUSABLE",
      what,
    });
  }

  async function boxOf(account: string): Promise<Uint8Array> {
    const session = await readFile(nameOf("account", account), "utf8").catch(() => undefined);
    const kept = session === undefined ? undefined : await readSession(nameOf("session", session));
    if (kept !== undefined) return kept.box;
    throw sourceError("SOURCE_UNKNOWN", "No consent was given under this account's name.", { data: { account } });
  }

  async function named(account: string, session: Session): Promise<Session> {
    await write(nameOf("account", account), utf8(session.session));
    return session;
  }

  const ends = (session: Session): number =>
    session.expiresAt === null ? Number.MAX_SAFE_INTEGER : session.expiresAt * 1_000;

  const read: ReadSource = async ({ source, segments, signal, permit }) => {
    const { account } = source;
    if (account === undefined) throw new PersonaError("CONFIG_INVALID", "A live source needs an account.");
    const before = await loadParts(source.id, source.cursor);
    for (const hostName of source.hosts) await permit(hostName);
    const run = await host.run({
      box: await boxOf(account),
      // Without the parts that it goes with, everything is read again.
      cursor:
        before === undefined || source.cursor === undefined
          ? null
          : new Uint8Array(Buffer.from(source.cursor, "base64")),
      signal,
    });
    if (run.origin === null || run.cursor === null) return { segments: [], cursor: source.cursor };
    const { origin: signed, cursor, boxes } = run;
    const delivery = await openDelivery({ privateKey: recipient.privateKey, origin: signed, boxes });
    if (delivery.origin.signer.toLowerCase() !== host.enclave.signer.toLowerCase()) {
      throw sourceError("ORIGIN_INVALID", "The statement is not by the enclave that runs here.");
    }
    const now = await joined(before ?? [], delivery);
    const text = Buffer.from(cursor).toString("base64");
    await saveParts(
      source.id,
      text,
      now.map(({ part }) => part),
    );
    const stated = originOf(signed, delivery);
    return {
      segments: now.flatMap(({ part, isChanged, ...facts }) => {
        const target = segments.find(({ name, schema }) => name === part.name && schema === part.schema);
        if (target === undefined || !isChanged) return [];
        return [
          { index: target.index, ...facts, bytes: part.bytes, provenance: "ingest-enclave" as const, origin: stated },
        ];
      }),
      cursor: text,
    };
  };

  /** Undefined where there are none for this cursor. */
  async function loadParts(source: string, cursor: string | undefined): Promise<readonly RecordPart[] | undefined> {
    if (cursor === undefined) return undefined;
    try {
      const sealed = await readFile(nameOf(`parts-${idOf(source)}`, cursor));
      const plain = await aeadOpen({ key: partsKey, sealed: new Uint8Array(sealed), aad: utf8(source) });
      const what = "parts of a live source";
      return decodeCbor(plain, { schema: partsFile, maxBytes: maxPartsBytes, code: "JOURNAL_UNUSABLE", what }).parts;
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (isMissing || isPersonaError(error, "SEALED_BOX_INVALID")) return undefined;
      throw error;
    }
  }

  /** Those of the cursor before stay until the one after: a publication that fails goes on from them. */
  async function saveParts(source: string, cursor: string, parts: readonly RecordPart[]): Promise<void> {
    const path = nameOf(`parts-${idOf(source)}`, cursor);
    const prefix = `parts-${idOf(source)}-`;
    const old = (await readdir(dir)).filter((name) => name.startsWith(prefix)).sort();
    const plaintext = encodeCbor({ parts: parts.map(({ name, schema, bytes }) => ({ name, schema, bytes })) });
    await write(path, await aeadSeal({ key: partsKey, plaintext, aad: utf8(source) }));
    const kept = new Set([path, nameOf(`parts-${idOf(source)}`, cursors.get(source) ?? "")]);
    cursors.set(source, cursor);
    for (const name of old) if (!kept.has(join(dir, name))) await rm(join(dir, name), { force: true });
  }
  const cursors = new Map<string, string>();
  const idOf = (source: string) => createHash("sha256").update(source).digest("hex").slice(0, 16);

  return {
    authorize: async (account, sealed) => named(account, await host.authorize(sealed)),
    confirm: async (account) => named(account, await host.confirm(await boxOf(account))),
    kinds: Object.fromEntries([...liveSources.map(({ id }) => id), "imap"].map((id) => [id, read])),
    tokens: {
      expiry: async (account) => ends(await host.renew(await boxOf(account), 0)),
      renew: async (account) => ends(await host.renew(await boxOf(account), 15 * 60)),
    },
    stop: () => host.stop(),
  };
}

/** What each segment holds after a delivery. */
async function joined(before: readonly RecordPart[], { parts, deletions }: Delivery) {
  const gone = new Map(deletions.map(({ segment, keys }) => [segment, new Set(keys)]));
  const keeps = (segment: string, key: string) => gone.get(segment)?.has(key) !== true;
  return Promise.all(
    parts.map(async (brought) => {
      const old = before.find(({ name, schema }) => name === brought.name && schema === brought.schema);
      const { bytes, ...facts } = await joinRecords(old, brought, keeps);
      const isChanged = brought.records > 0 || (old !== undefined && sha256Hex(old.bytes) !== sha256Hex(bytes));
      return { part: { name: brought.name, schema: brought.schema, bytes }, isChanged, ...facts };
    }),
  );
}

function originOf({ statement }: SignedOrigin, { origin }: Delivery) {
  return {
    method: origin.source === "imap" ? "imap" : "api",
    evidence: sha256Hex(statement),
    at: origin.endedAt,
    enclave: { measurement: origin.measurement, signer: origin.signer.toLowerCase() as Hex },
  };
}

/** Written down before it resolves, whole or not at all. */
async function write(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
