import { createHash } from "node:crypto";
import { Duplex } from "node:stream";
import { type PersonaError, sourceError } from "@persona-protocol/sdk/errors";
import { AuthenticationFailure, type FetchMessageObject, ImapFlow, type ImapTransport } from "imapflow";
import type { Hex } from "viem";
import type { HttpExchange } from "../net/httpClient.ts";
import { connectionError, openTls, type RootStore } from "../net/tlsConnection.ts";

/** Where a mailbox is, and who may read it. */
export type MailAccount = {
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "starttls";
  readonly user: string;
  readonly password: string | null;
  /** Instead of a password (XOAUTH2, OAUTHBEARER). */
  readonly accessToken: string | null;
};

export type MailFolder = {
  readonly path: string;
  readonly specialUse: string | null;
};

type OpenFolder = {
  readonly validity: string;
  /** Null where the server has none (no CONDSTORE). */
  readonly modseq: string | null;
  readonly nextUid: number;
  readonly exists: number;
};

export type FoundMail = { readonly uid: number; readonly flags: readonly string[]; readonly size: number };

/** A connection to a mailbox that only reads. Methods throw SOURCE_UNAVAILABLE when it ends, SOURCE_ANSWER_INVALID, SOURCE_REFUSED. */
export type MailConnection = {
  folders(): Promise<readonly MailFolder[]>;
  open(path: string): Promise<OpenFolder>;
  /** Numbers of all mails of the open folder. */
  uids(): Promise<readonly number[]>;
  /** Numbers, flags and sizes. @param changedSince only those that changed after */
  look(range: string, changedSince?: string): Promise<readonly FoundMail[]>;
  /** Whole mails, one at a time. */
  read(range: string): AsyncGenerator<{ readonly uid: number; readonly bytes: Uint8Array }>;
  close(): void;
};

/** What a mail source works with: connections, as many as it needs one after the other. */
export type MailSession = { connect(): Promise<MailConnection> };

/** A server that looks through a large mailbox for the first time is silent for minutes. */
const timeouts = { connectionTimeout: 30_000, greetingTimeout: 30_000, socketTimeout: 280_000 };

/** Opens a mailbox over a stream that anybody may carry. @throws PersonaError SOURCE_CONSENT_ENDED, SOURCE_CERTIFICATE_INVALID, SOURCE_UNAVAILABLE */
export async function connectMailbox(
  account: MailAccount,
  {
    dial,
    roots,
    onExchange,
    maxMailBytes,
  }: {
    readonly dial: (target: { readonly host: string; readonly port: number }) => Duplex;
    readonly roots: RootStore;
    readonly onExchange: (exchange: HttpExchange) => void;
    readonly maxMailBytes: number;
  },
): Promise<MailConnection> {
  const { host, port, security, user } = account;
  let certificate: Hex | undefined;
  const secured = async (stream: Duplex) => {
    const opened = await openTls(stream, { host, roots });
    certificate = opened.certificate;
    return opened.socket;
  };
  const stream = dial({ host, port });
  stream.on("error", () => {}); // Whoever reads or writes hears of it.
  // Before the library has it: nothing is sent over a connection that was not verified.
  const first = security === "tls" ? await secured(stream) : stream;
  const client = new ImapFlow({
    host,
    port,
    secure: security === "tls",
    ...(security === "starttls" ? { doSTARTTLS: true } : {}),
    auth: {
      user,
      ...(account.accessToken === null ? { pass: account.password ?? "" } : { accessToken: account.accessToken }),
    },
    clientInfo: { name: "persona-protocol-ingest" },
    logger: false,
    disableAutoIdle: true,
    disableCompression: true,
    transport: transportOf(first, roots, host, (shown) => {
      certificate = shown;
    }),
    maxLiteralSize: maxMailBytes + 65_536,
    maxResponseSize: maxMailBytes + 1_048_576,
    ...timeouts,
  });
  const failed = (error: unknown): PersonaError => mailError(error, host);
  client.on("error", () => {}); // Each command that waits for it fails by itself.
  try {
    await client.connect();
  } catch (error) {
    client.close();
    throw failed(error);
  }

  async function command<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw failed(error);
    }
  }

  function note(shape: string, bytes: Uint8Array): void {
    if (certificate === undefined) return;
    const bodyDigest = `0x${createHash("sha256").update(bytes).digest("hex")}` as const;
    onExchange({
      host: port === 443 ? host : `${host}:${port}`,
      certificate,
      shape,
      status: 0,
      date: null,
      bodyDigest,
    });
  }

  return {
    folders: () =>
      command(async () => {
        const found = await client.list();
        const usable = found.filter(({ flags }) => !flags.has("\\Noselect") && !flags.has("\\NonExistent"));
        note("LIST", new TextEncoder().encode(usable.map(({ path }) => path).join("\n")));
        return usable.map(({ path, specialUse }) => ({ path, specialUse: specialUse ?? null }));
      }),
    open: (path) =>
      command(async () => {
        const { uidValidity, highestModseq, noModseq, uidNext, exists } = await client.mailboxOpen(path, {
          readOnly: true,
        });
        const modseq = highestModseq === undefined || noModseq === true ? null : String(highestModseq);
        return { validity: String(uidValidity), modseq, nextUid: uidNext, exists };
      }),
    uids: () =>
      command(async () => {
        const found = await client.search({ all: true }, { uid: true });
        if (!Array.isArray(found))
          throw sourceError("SOURCE_ANSWER_INVALID", "The mail server does not list its mails.");
        return found;
      }),
    look: (range, changedSince) =>
      command(async () => {
        const query = { uid: true, flags: true, size: true };
        const options = { uid: true, ...(changedSince === undefined ? {} : { changedSince: BigInt(changedSince) }) };
        const found: FoundMail[] = [];
        for await (const { uid, flags, size } of client.fetch(range, query, options)) {
          found.push({ uid, flags: [...(flags ?? [])].sort(), size: size ?? 0 });
        }
        return found;
      }),
    async *read(range) {
      const mails = client.fetch(range, { uid: true, source: true }, { uid: true });
      try {
        for (;;) {
          const { done, value } = (await command(() => mails.next())) as IteratorResult<FetchMessageObject>;
          if (done === true) return;
          if (value.source === undefined) continue;
          const bytes = Uint8Array.from(value.source);
          note("UID FETCH (BODY.PEEK[])", bytes);
          yield { uid: value.uid, bytes };
        }
      } finally {
        await mails.return(undefined).catch(() => {});
      }
    },
    close: () => client.close(),
  };
}

/** What the library reads and writes is a stream whose TLS ends here, and was verified before. */
function transportOf(first: Duplex, roots: RootStore, host: string, shown: (certificate: Hex) => void): ImapTransport {
  type Socket = ReturnType<ImapTransport["connect"]>;
  const timed = (stream: Duplex): Socket =>
    "setTimeout" in stream ? (stream as Socket) : Object.assign(stream, { setTimeout: () => stream });
  return {
    connect(_options, onConnect) {
      queueMicrotask(onConnect);
      return timed(first);
    },
    upgrade(socket, _options, onSecure) {
      // STARTTLS: the library waits for the handshake, and fails with it.
      const inner = timed(socket);
      const outer = upgradeStream(inner, roots, host);
      outer.once("secure", (certificate: Hex) => {
        shown(certificate);
        onSecure();
      });
      return outer;
    },
  };

  function upgradeStream(inner: Duplex, store: RootStore, name: string): Socket {
    return timed(deferredTls(inner, store, name));
  }
}

/** TLS over a stream as a stream at once: what is written waits for the handshake. Emits "secure" with the certificate's digest. */
function deferredTls(inner: Duplex, roots: RootStore, host: string): Duplex {
  const opened = openTls(inner, { host, roots });
  const outer = new Duplex({
    read() {
      opened.then(
        ({ socket }) => socket.resume(),
        () => {},
      );
    },
    write(chunk, encoding, done) {
      opened.then(({ socket }) => socket.write(chunk, encoding, (error) => done(error)), done);
    },
    destroy(error, done) {
      opened.then(
        ({ socket }) => socket.destroy(),
        () => {},
      );
      done(error);
    },
  });
  opened.then(
    ({ socket, certificate }) => {
      socket.on("data", (bytes: Buffer) => {
        if (!outer.push(bytes)) socket.pause();
      });
      socket.once("end", () => outer.push(null));
      socket.once("error", (error) => outer.destroy(error));
      outer.emit("secure", certificate);
    },
    (error: Error) => outer.destroy(error),
  );
  return outer;
}

/** What the mail server said, as an error of the table; its own words are not repeated. */
function mailError(error: unknown, host: string): PersonaError {
  if (error instanceof AuthenticationFailure || (error instanceof Error && "authenticationFailed" in error)) {
    return sourceError("SOURCE_CONSENT_ENDED", "The mail server does not take the password or token.", {
      data: { host },
      cause: error,
    });
  }
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (["LineTooLarge", "LiteralTooLarge", "ResponseTooLarge", "TooManyTokens"].includes(code)) {
    return sourceError("SOURCE_ANSWER_INVALID", "The mail server answers with more than the limit.", {
      data: { host, problem: code },
      cause: error,
    });
  }
  return connectionError(error, host);
}
