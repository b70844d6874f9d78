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
  zeroise,
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
import { decodeCbor, encodeCbor, type Provenance } from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";
import { z } from "zod";
import type { ReadSource } from "../ingest/schedule/readSource.ts";
import type { ScheduledSource } from "../ingest/schedule/scheduledSource.ts";
import type { TokenKeeper } from "../ingest/schedule/tokenRefresh.ts";
import type { IngestHost, IngestHostOptions } from "./ingestHost.ts";

type Session = Awaited<ReturnType<IngestHost["authorize"]>>;

/** Accounts that a schedule reads: an ingest enclave, and what its host keeps for it. */
export type LiveAccounts = {
  /** Takes a person's consent under a name of one's own: a source's `account`. */
  authorize(account: string, sealed: SealedBox): Promise<Session>;
  /** @throws PersonaError SOURCE_AUTH_PENDING */
  confirm(account: string): Promise<Session>;
  /** Is there a consent under this name? */
  has(account: string): Promise<boolean>;
  /** Ends a consent at its service, and lets go of all that is kept of it. @returns whether the service has been told */
  forget(account: string): Promise<boolean>;
  /** The enclave that consents are sealed to, and its host's part. */
  readonly host: IngestHost;
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
 * @param recipientOf key that the source's authorization was sealed for; zeroised after each use
 * @param level that may be claimed of what the enclave has signed: `ingest-enclave` where its key is registered
 */
export async function createLiveAccounts({
  dir,
  recipientOf,
  level,
  start,
}: {
  readonly dir: string;
  readonly recipientOf: (source: ScheduledSource) => Promise<KemKeyPair>;
  readonly level: (host: IngestHost) => Promise<Provenance>;
  readonly start: (keep: IngestHostOptions["keep"]) => Promise<IngestHost>;
}): Promise<LiveAccounts> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
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

  async function keptOf(account: string): Promise<z.infer<typeof sessionFile>> {
    const session = await readFile(nameOf("account", account), "utf8").catch(() => undefined);
    const kept = session === undefined ? undefined : await readSession(nameOf("session", session));
    if (kept !== undefined) return kept;
    throw sourceError("SOURCE_UNKNOWN", "No consent was given under this account's name.", { data: { account } });
  }

  const boxOf = async (account: string): Promise<Uint8Array> => (await keptOf(account)).box;

  async function named(account: string, session: Session): Promise<Session> {
    const before = await readFile(nameOf("account", account), "utf8").catch(() => undefined);
    if (before !== undefined && before !== session.session) await rm(nameOf("session", before), { force: true });
    await write(nameOf("account", account), utf8(session.session));
    return session;
  }

  const ends = (session: Session): number =>
    session.expiresAt === null ? Number.MAX_SAFE_INTEGER : session.expiresAt * 1_000;

  const read: ReadSource = async (order) => {
    const recipient = await recipientOf(order.source);
    const partsKey = hkdfSha256({
      ikm: recipient.privateKey,
      salt: new Uint8Array(),
      info: utf8("persona/live-parts/v1"),
      length: 32,
    });
    try {
      return await readFor(order, { recipient, partsKey });
    } finally {
      zeroise(recipient.privateKey, partsKey);
    }
  };

  async function readFor(
    { source, segments, signal, permit }: Parameters<ReadSource>[0],
    { recipient, partsKey }: Keys,
  ): ReturnType<ReadSource> {
    const { account } = source;
    if (account === undefined) throw new PersonaError("CONFIG_INVALID", "A live source needs an account.");
    const { session, box } = await keptOf(account);
    // A new consent may be another person's: cursor and parts are those of one session.
    const of = { partsKey, source: source.id, session };
    const before = await loadParts(of, source.cursor);
    for (const hostName of source.hosts) await permit(hostName);
    const run = await host.run({
      box,
      // Without the parts that it goes with, everything is read again.
      cursor:
        before === undefined || source.cursor === undefined
          ? null
          : new Uint8Array(Buffer.from(source.cursor, "base64")),
      signal,
    });
    const stopped = run.stopped ?? undefined;
    if (run.origin === null || run.cursor === null) return { segments: [], cursor: source.cursor, stopped };
    const { origin: signed, cursor, boxes } = run;
    const delivery = await openDelivery({ privateKey: recipient.privateKey, origin: signed, boxes });
    requireOwn(delivery, source.kind);
    const now = await joined(before ?? [], delivery);
    const text = Buffer.from(cursor).toString("base64");
    await saveParts(of, { before: source.cursor, cursor: text, parts: now.map(({ part }) => part) });
    const stated = originOf(signed, delivery);
    const provenance = await level(host);
    return {
      segments: now.flatMap(({ part, isChanged, ...facts }) => {
        const target = segments.find(({ name, schema }) => name === part.name && schema === part.schema);
        if (target === undefined || !isChanged) return [];
        return [{ index: target.index, ...facts, bytes: part.bytes, provenance, origin: stated }];
      }),
      cursor: text,
      stopped,
    };
  }

  function requireOwn({ origin: { signer, measurement, rootsDigest, source } }: Delivery, kind: string): void {
    const { enclave } = host;
    const isOurs =
      signer.toLowerCase() === enclave.signer.toLowerCase() &&
      measurement === enclave.measurement &&
      rootsDigest === enclave.rootsDigest;
    if (!isOurs) throw sourceError("ORIGIN_INVALID", "The statement is not by the enclave that runs here.");
    if (source === kind) return;
    throw sourceError("SOURCE_AUTH_INVALID", "The account's consent is for another kind of source.", {
      data: { kind, consent: source, rule: "source" },
    });
  }

  /** Undefined where there are none for this cursor. */
  async function loadParts(of: PartsOf, cursor: string | undefined): Promise<readonly RecordPart[] | undefined> {
    if (cursor === undefined) return undefined;
    try {
      const sealed = await readFile(partsAt(of, cursor));
      const plain = await aeadOpen({ key: of.partsKey, sealed: new Uint8Array(sealed), aad: aadOf(of) });
      const what = "parts of a live source";
      return decodeCbor(plain, { schema: partsFile, maxBytes: maxPartsBytes, code: "JOURNAL_UNUSABLE", what }).parts;
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (isMissing || isPersonaError(error, "SEALED_BOX_INVALID")) return undefined;
      throw error;
    }
  }

  /** Those of the cursor before, which the journal has, stay: a publication that fails goes on from them. */
  async function saveParts(
    of: PartsOf,
    what: { readonly before: string | undefined; readonly cursor: string; readonly parts: readonly RecordPart[] },
  ): Promise<void> {
    const path = partsAt(of, what.cursor);
    const plaintext = encodeCbor({ parts: what.parts.map(({ name, schema, bytes }) => ({ name, schema, bytes })) });
    await write(path, await aeadSeal({ key: of.partsKey, plaintext, aad: aadOf(of) }));
    const kept = new Set([path, partsAt(of, what.before ?? "")]);
    for (const old of await partsOf(of.source)) if (!kept.has(old)) await rm(old, { force: true });
  }
  const partsAt = ({ source, session }: PartsOf, cursor: string): string =>
    nameOf(`parts-${idOf(source)}`, `${session} ${cursor}`);
  const aadOf = ({ source, session }: PartsOf): Uint8Array => utf8(`${session} ${source}`);
  const partsOf = async (source: string): Promise<string[]> =>
    (await readdir(dir)).filter((name) => name.startsWith(`parts-${idOf(source)}-`)).map((name) => join(dir, name));
  const idOf = (source: string) => createHash("sha256").update(source).digest("hex").slice(0, 16);

  async function forget(account: string): Promise<boolean> {
    const session = await readFile(nameOf("account", account), "utf8").catch(() => undefined);
    if (session === undefined) return false;
    const isTold = await boxOf(account)
      .then((box) => host.withdraw(box))
      .then(
        () => true,
        () => false,
      );
    for (const name of [nameOf("account", account), nameOf("session", session), ...(await partsOf(account))])
      await rm(name, { force: true });
    return isTold;
  }

  return {
    authorize: async (account, sealed) => named(account, await host.authorize(sealed)),
    confirm: async (account) => named(account, await host.confirm(await boxOf(account))),
    has: async (account) =>
      boxOf(account).then(
        () => true,
        () => false,
      ),
    forget,
    host,
    kinds: Object.fromEntries([...liveSources.map(({ id }) => id), "imap"].map((id) => [id, read])),
    tokens: {
      expiry: async (account) => ends(await host.renew(await boxOf(account), 0)),
      renew: async (account) => ends(await host.renew(await boxOf(account), 15 * 60)),
    },
    stop: () => host.stop(),
  };
}

type PartsOf = { readonly partsKey: Uint8Array; readonly source: string; readonly session: string };

type Keys = { readonly recipient: KemKeyPair; readonly partsKey: Uint8Array };

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
