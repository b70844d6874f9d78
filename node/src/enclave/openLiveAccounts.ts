import { join } from "node:path";
import type { KemKeyPair } from "@persona-protocol/sdk/crypto";
import { sourceError } from "@persona-protocol/sdk/errors";
import { liveSources } from "@persona-protocol/sdk/ingest/live";
import type { Provenance } from "@persona-protocol/sdk/storage";
import type { ReadSource } from "../ingest/schedule/readSource.ts";
import type { ScheduledSource } from "../ingest/schedule/scheduledSource.ts";
import type { TokenKeeper } from "../ingest/schedule/tokenRefresh.ts";
import { type IngestHost, type IngestHostOptions, startIngest } from "./ingestHost.ts";
import { readIngestSettings } from "./ingestSettings.ts";
import { createLiveAccounts, type LiveAccounts } from "./liveAccounts.ts";
import { detectIsolation } from "./runtime/isolation.ts";

export type AccountsOptions = {
  /** The schedule's folder: `ingest.json`, and sessions and parts in `accounts`. */
  readonly dir: string;
  readonly recipientOf: (source: ScheduledSource) => Promise<KemKeyPair>;
  /** What may be claimed of what this enclave has signed. */
  readonly level: (host: IngestHost) => Promise<Provenance>;
  readonly log: (line: string) => void;
  /** What is started, and on which platform, where the folder does not say it. */
  readonly enclave?: Pick<IngestHostOptions, "bundle" | "platform">;
};

/** The accounts of a schedule's folder, with an ingest enclave of their own. @throws PersonaError CONFIG_INVALID, ENCLAVE_FAILED */
export async function openLiveAccounts({
  dir,
  recipientOf,
  level,
  log,
  enclave = {},
}: AccountsOptions): Promise<LiveAccounts> {
  const { rootsDigest, ...settings } = await readIngestSettings(dir);
  const accounts = await createLiveAccounts({
    dir: join(dir, "accounts"),
    recipientOf,
    level,
    start: (keep) => startIngest({ isolation: detectIsolation(), ...enclave, ...settings, keep, log }),
  });
  if (accounts.host.enclave.rootsDigest === rootsDigest) return accounts;
  await accounts.stop();
  throw sourceError("SOURCE_CERTIFICATE_INVALID", "The ingest enclave trusts other roots than those of ingest.json.");
}

/** Accounts whose enclave starts when the first is asked for, and again when it has ended. */
export function createAccountsOnDemand(open: () => Promise<LiveAccounts>): {
  readonly kinds: Readonly<Record<string, ReadSource>>;
  readonly tokens: TokenKeeper;
  stop(): Promise<void>;
} {
  let opened: Promise<LiveAccounts> | undefined;
  const accounts = (): Promise<LiveAccounts> => {
    if (opened !== undefined) return opened;
    const opening = open();
    const forget = () => {
      if (opened === opening) opened = undefined;
    };
    opening.then(({ host }) => host.ended.then(forget), forget);
    opened = opening;
    return opening;
  };
  const read =
    (kind: string): ReadSource =>
    async (order) => {
      const reader = (await accounts()).kinds[kind];
      if (reader === undefined) throw sourceError("SOURCE_UNKNOWN", "There is no such source.", { data: { kind } });
      return reader(order);
    };
  return {
    kinds: Object.fromEntries(liveKinds.map((kind) => [kind, read(kind)])),
    tokens: {
      expiry: async (account) => (await accounts()).tokens.expiry(account),
      renew: async (account, signal) => (await accounts()).tokens.renew(account, signal),
    },
    async stop() {
      const last = opened;
      await last?.then(
        (each) => each.stop(),
        () => {},
      );
    },
  };
}

/** Kinds of sources that are accounts. */
export const liveKinds: readonly string[] = [...liveSources.map(({ id }) => id), "imap"];
