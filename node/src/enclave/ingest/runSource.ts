import type { Duplex } from "node:stream";
import { sha256Async, toHex } from "@persona-protocol/sdk/crypto";
import { type PersonaError, sourceError } from "@persona-protocol/sdk/errors";
import {
  type DeliveredPart,
  defaultLiveLimits,
  deliveryIndexOf,
  encodeOrigin,
  type IngestEnclave,
  type LiveRun,
  liveSources,
  maxMailBytes,
  originDigest,
  runLiveSource,
  type SignedOrigin,
  sealDelivery,
} from "@persona-protocol/sdk/ingest/live";
import type { EnclaveAccount } from "../runtime/secp256k1.ts";
import { connectMailbox } from "./imap/mailbox.ts";
import { mailSource } from "./imap/mailSource.ts";
import type { RootStore } from "./net/tlsConnection.ts";
import { createOriginLog, type OriginLog } from "./originLog.ts";
import type { SessionState } from "./sessionState.ts";
import type { Sessions } from "./sessions.ts";

export type SourceRun = {
  readonly origin: SignedOrigin | null;
  /** Index and parts, each sealed to the session's recipient: how many, and how long. Null when nobody was asked. */
  readonly boxes: readonly Uint8Array[];
  readonly cursor: string | undefined;
  readonly state: SessionState;
  readonly stopped: PersonaError | undefined;
  readonly counts: readonly { readonly name: string; readonly records: number }[];
};

type RunOptions = {
  readonly timeZone: string;
  readonly signal: AbortSignal;
  readonly enclave: IngestEnclave;
  readonly account: EnclaveAccount;
  readonly sessions: Sessions;
  readonly now: () => number;
  readonly dial: (target: { readonly host: string; readonly port: number }) => Duplex;
  readonly roots: RootStore;
};

/** Runs the session's source, and seals what it brings to the session's recipient, with a signed statement of where it comes from. */
export async function runSource(
  state: SessionState,
  cursor: string | undefined,
  options: RunOptions,
): Promise<SourceRun> {
  const startedAt = Math.floor(options.now() / 1_000);
  const log = createOriginLog();
  const { run, latest } = await fetchAll(state, cursor, log, options);
  const parts = await partsOf(run);
  const facts = log.facts();
  const counts = parts.map(({ name, records }) => ({ name, records }));
  const { cursor: next, stopped } = run;
  const statement = encodeOrigin({
    v: 1,
    source: state.source,
    authorization: state.authorization,
    measurement: options.enclave.measurement,
    rootsDigest: options.enclave.rootsDigest,
    startedAt,
    endedAt: Math.floor(options.now() / 1_000),
    ...facts,
    segments: await Promise.all(
      parts.map(async ({ name, records, bytes }) => ({ name, records, digest: toHex(await sha256Async(bytes)) })),
    ),
  });
  const signature = await options.account.signDigest(originDigest(statement));
  const plain = [deliveryIndexOf(run, parts), ...parts.map(({ bytes }) => bytes)];
  const boxes: Uint8Array[] = [];
  for (const [place, bytes] of plain.entries())
    boxes.push(await sealDelivery(state.recipient, statement, place, bytes));
  return { origin: { statement, signature }, boxes, cursor: next, state: latest, stopped, counts };
}

async function fetchAll(
  state: SessionState,
  cursor: string | undefined,
  log: OriginLog,
  options: RunOptions,
): Promise<{ readonly run: LiveRun; readonly latest: SessionState }> {
  const { sessions, signal, timeZone } = options;
  if (state.source === mailSource.id) return fetchMail(state, cursor, log, options);
  const source = liveSources.find(({ id }) => id === state.source);
  if (source === undefined) {
    throw sourceError("SOURCE_UNKNOWN", "There is no such source.", { data: { source: state.source } });
  }
  const granted = state.tokens?.scopes ?? null;
  const missing = granted === null ? undefined : source.scopes.find((scope) => !granted.includes(scope));
  if (missing !== undefined) {
    throw sourceError("SOURCE_REFUSED", "The person has not granted what this source needs.", {
      data: { scope: missing },
    });
  }
  const opened = sessions.open(state, {
    hosts: source.hosts,
    maxAnswerBytes: defaultLiveLimits.maxAnswerBytes,
    onExchange: (exchange) => log.add(exchange),
  });
  try {
    const run = await runLiveSource(source, opened.session, cursor, { signal, timeZone });
    return { run, latest: opened.latest() };
  } finally {
    opened.close();
  }
}

/** A mailbox is no HTTP service: it has a connection of its own, with a password or a token. */
async function fetchMail(
  state: SessionState,
  cursor: string | undefined,
  log: OriginLog,
  { sessions, signal, timeZone, dial, roots }: RunOptions,
): Promise<{ readonly run: LiveRun; readonly latest: SessionState }> {
  const { mailbox } = state;
  if (mailbox === null) throw sourceError("SOURCE_AUTH_INVALID", "The authorization names no mailbox.");
  const latest = await sessions.renew(state, 60_000);
  const { tokens, password } = latest;
  const account = { ...mailbox, password, accessToken: tokens?.access ?? null };
  const session = {
    connect: () =>
      connectMailbox(account, {
        dial,
        roots,
        onExchange: (exchange) => log.add(exchange),
        maxMailBytes: maxMailBytes(defaultLiveLimits),
      }),
  };
  return { run: await runLiveSource(mailSource, session, cursor, { signal, timeZone }), latest };
}

async function partsOf({ segments, ownerOnly }: LiveRun): Promise<DeliveredPart[]> {
  const all = [...segments.map((each) => [each, false] as const), ...ownerOnly.map((each) => [each, true] as const)];
  const parts: DeliveredPart[] = [];
  for (const [{ name, schema, records, from, to, content }, isOwnerOnly] of all) {
    const pieces: Uint8Array[] = [];
    for await (const piece of content.read()) pieces.push(piece.slice());
    await content.discard();
    const bytes = new Uint8Array(Buffer.concat(pieces));
    parts.push({
      name,
      schema,
      records,
      from: from?.getTime() ?? null,
      to: to?.getTime() ?? null,
      ownerOnly: isOwnerOnly,
      bytes,
    });
  }
  return parts;
}
