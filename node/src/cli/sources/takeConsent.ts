import { setTimeout as sleep } from "node:timers/promises";
import { isPersonaError, PersonaError, sourceError } from "@persona-protocol/sdk/errors";
import {
  beginAuthorization,
  liveSources,
  type OAuthProvider,
  oauthProviders,
  providerOfSource,
  type SourceAuthorization,
  sealAuthorization,
} from "@persona-protocol/sdk/ingest/live";
import type { LiveAccounts } from "../../enclave/liveAccounts.ts";
import { readPassphrase, readSmallFile } from "../files.ts";
import { parseList, parseWhole } from "../parse.ts";
import { printable } from "../runCommand.ts";
import { waitForCallback } from "./waitForCallback.ts";

/** How a person lets an account be read, as commander gives it. */
export type ConsentFlags = {
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly server?: string;
  readonly scopes?: string;
  readonly deviceCode?: boolean;
  readonly redirectUri?: string;
  readonly mailHost?: string;
  readonly mailUser?: string;
  readonly mailPasswordFile?: string;
  readonly starttls?: boolean;
};

type Session = Awaited<ReturnType<LiveAccounts["authorize"]>>;

/** Where the account is asked, as the schedule counts its requests. */
export function hostsOf(kind: string, flags: ConsentFlags): string[] {
  if (kind !== "imap") return [...(liveSources.find(({ id }) => id === kind)?.hosts ?? [])];
  const { host, port } = mailboxOf(flags);
  return [`${host}:${port}`];
}

/**
 * A person's consent, sealed on this device to the ingest enclave: by the service's page and a callback on loopback (RFC 8252), by a code that is
 * typed in elsewhere, or with a mailbox's password. What has to be done is said on stderr.
 * @param recipient public key that all that is fetched is sealed to
 * @throws PersonaError USAGE, CONFIG_INVALID, SOURCE_*, CANCELLED
 */
export async function takeConsent(
  accounts: LiveAccounts,
  of: { readonly account: string; readonly kind: string; readonly recipient: Uint8Array; readonly signal: AbortSignal },
  flags: ConsentFlags,
): Promise<Session> {
  const { account, kind, recipient, signal } = of;
  const sealed = async (more: Omit<SourceAuthorization, "v" | "nonce" | "source" | "recipient">) =>
    accounts.authorize(account, await sealAuthorization(accounts.host.enclave, { source: kind, recipient, ...more }));
  const mailbox = kind === "imap" ? mailboxOf(flags) : null;
  if (mailbox !== null && flags.mailPasswordFile !== undefined) {
    const password = await readPassphrase(flags.mailPasswordFile);
    return sealed({ server: null, client: null, scopes: [], grant: { kind: "password", password }, mailbox });
  }
  const server = await serverOf(kind, flags);
  const client = await clientOf(flags);
  const scopes =
    flags.scopes === undefined ? (liveSources.find(({ id }) => id === kind)?.scopes ?? []) : parseList(flags.scopes);
  const common = { server, client, scopes: [...scopes], mailbox };
  const session =
    flags.deviceCode === true
      ? await confirmed(accounts, account, await sealed({ ...common, grant: { kind: "device" } }), signal)
      : await sealed({ ...common, grant: await callbackOf({ server, clientId: client.id, scopes }, flags, signal) });
  if (session.missing.length === 0) return session;
  throw sourceError("SOURCE_REFUSED", "The person has not granted what this source needs.", {
    data: { scope: session.missing.join(" ") },
  });
}

function mailboxOf({ mailHost, mailUser, starttls }: ConsentFlags): NonNullable<SourceAuthorization["mailbox"]> {
  if (mailHost === undefined || mailUser === undefined)
    throw new PersonaError("USAGE", "A source of the kind imap needs --mail-host and --mail-user.");
  const [host = "", port = starttls === true ? "143" : "993"] = mailHost.toLowerCase().split(":");
  const security = starttls === true ? "starttls" : "tls";
  return { host, port: parseWhole(port, "The port of --mail-host", 1, 65_535), user: mailUser, security };
}

async function serverOf(kind: string, { server: file }: ConsentFlags): Promise<OAuthProvider> {
  const known = providerOfSource[kind];
  if (file === undefined && known !== undefined) return oauthProviders[known];
  if (file === undefined)
    throw new PersonaError("USAGE", "A mailbox needs --mail-password-file, or --server and --client-id.");
  try {
    // Its form is checked where it is sealed.
    return JSON.parse(await readSmallFile(file, 65_536, "CONFIG_INVALID")) as OAuthProvider;
  } catch (cause) {
    if (cause instanceof PersonaError) throw cause;
    throw new PersonaError("CONFIG_INVALID", `${file} does not describe an authorization server.`, { cause });
  }
}

async function clientOf({ clientId: id, clientSecretFile: file }: ConsentFlags) {
  if (id === undefined)
    throw new PersonaError("USAGE", "Say --client-id: that of an application that you have registered there.");
  return { id, secret: file === undefined ? null : await readPassphrase(file) };
}

async function callbackOf(
  of: { readonly server: OAuthProvider; readonly clientId: string; readonly scopes: readonly string[] },
  { redirectUri }: ConsentFlags,
  signal: AbortSignal,
): Promise<SourceAuthorization["grant"]> {
  const { server: provider, clientId, scopes } = of;
  const back = await waitForCallback(redirectUri);
  try {
    const begun = beginAuthorization({ provider, clientId, redirectUri: back.redirectUri, scopes });
    say(`Open this address, and give your consent there:\n${begun.url}`);
    const callback = await back.answer(begun.state, signal);
    return { kind: "code", callback, state: begun.state, verifier: begun.verifier, redirectUri: back.redirectUri };
  } finally {
    back.close();
  }
}

async function confirmed(
  accounts: LiveAccounts,
  account: string,
  { device }: Session,
  signal: AbortSignal,
): Promise<Session> {
  if (device === null) throw new PersonaError("ENCLAVE_FAILED", "The enclave gave no code to type in.");
  say(`Open ${device.verificationUri} and type in the code ${device.userCode}`);
  for (let waitMs = device.intervalSeconds * 1_000; ; ) {
    await sleep(waitMs, undefined, { signal }).catch((cause) => {
      throw new PersonaError("CANCELLED", "Nobody waits for the code any more.", { cause });
    });
    try {
      return await accounts.confirm(account);
    } catch (error) {
      if (!isPersonaError(error, "SOURCE_AUTH_PENDING")) throw error;
      // RFC 8628 3.5: each time it is asked to, five seconds slower.
      if (error.data["rule"] === "slow_down") waitMs += 5_000;
    }
  }
}

/** Not the result: stdout has one line. */
const say = (text: string): void => void process.stderr.write(`${printable(text)}\n`);
