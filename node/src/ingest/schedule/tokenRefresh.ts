import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Logger } from "pino";
import type { Clock } from "../../chain/clock.ts";
import type { ScheduleJournal } from "./scheduleJournal.ts";

/** Who holds the tokens of accounts: the ingest enclave. Nobody else sees them. */
export type TokenKeeper = {
  /** Unix milliseconds at which the account's access token ends. @throws PersonaError SOURCE_CONSENT_ENDED */
  expiry(account: string): Promise<number>;
  /** Renews it, and the refresh token with it where the service rotates those. @returns the new end @throws PersonaError SOURCE_CONSENT_ENDED */
  renew(account: string, signal: AbortSignal): Promise<number>;
};

type Options = {
  readonly journal: ScheduleJournal;
  readonly clock: Clock;
  readonly tokens?: TokenKeeper | undefined;
  readonly log: Pick<Logger, "info" | "warn">;
};

/** So long before its end a token is renewed. */
const marginMs = 10 * 60_000;
/** Longer than a renewal may take: what a process that died has sent is answered or lost by then. */
const leaseMs = 2 * 60_000;
const retryMs = 60_000;

/**
 * Renewals, of each account one at a time: within this process by a shared promise, over processes by a lease in the journal. A service that
 * rotates refresh tokens takes a second use of one for theft, and ends the consent.
 */
export function createTokenRefresh({ journal, clock, tokens, log }: Options) {
  const underWay = new Map<string, Promise<void>>();

  const renewOnce = (account: string, keeper: TokenKeeper, signal: AbortSignal): Promise<void> => {
    const known = underWay.get(account);
    if (known !== undefined) return known;
    const renewing = (async () => {
      for (;;) {
        if (signal.aborted) throw new PersonaError("CANCELLED", "The schedule was stopped.");
        const now = clock.now();
        const free = journal.leaseToken(account, now + leaseMs, now);
        if (free === undefined) break;
        await clock.sleep(free - now, signal);
      }
      try {
        // It may have been renewed by whoever held the lease.
        const known = await keeper.expiry(account);
        const end = known - marginMs > clock.now() ? known : await keeper.renew(account, signal);
        const now = clock.now();
        // One that lives shorter than the margin would be due at once, for ever: half of its life is the margin.
        journal.tokenKnown(account, end, end - marginMs > now ? 0 : now + Math.floor(Math.max(0, end - now) / 2));
        log.info({ account }, "a token was renewed");
      } catch (error) {
        journal.tokenFailed(account, clock.now() + retryMs);
        throw error;
      }
    })();
    const settled = renewing.finally(() => underWay.delete(account));
    underWay.set(account, settled);
    return settled;
  };
  const isDue = (account: string, now: number): boolean => {
    const end = journal.tokenExpiry(account) ?? 0;
    return end - marginMs <= now && (end <= now || journal.tokenWaits(account) <= now);
  };

  return {
    /** A run's account has a token that lasts. @throws PersonaError SOURCE_CONSENT_ENDED, CONFIG_INVALID, CANCELLED */
    async ensure(account: string, signal: AbortSignal): Promise<void> {
      if (tokens === undefined)
        throw new PersonaError("CONFIG_INVALID", "This node holds no tokens: a source with an account cannot be run.");
      if (isDue(account, clock.now())) await renewOnce(account, tokens, signal);
    },
    /** Before the end, whether or not a run is due. A refusal that stays one (the consent has ended) pauses all sources of the account. */
    async renewDue(signal: AbortSignal): Promise<void> {
      if (tokens === undefined) return;
      const now = clock.now();
      for (const account of journal.accounts()) {
        if (!isDue(account, now) || underWay.has(account) || journal.tokenWaits(account) > now) continue;
        void renewOnce(account, tokens, signal).catch((error) => {
          log.warn({ account, code: isPersonaError(error) ? error.code : "INTERNAL" }, "a token was not renewed");
          if (!isPersonaError(error) || error.retry === "later") return;
          for (const source of journal.sources())
            if (source.account === account && source.status === "active")
              journal.pause(source.id, error.code, clock.now());
        });
      }
    },
    /** Unix milliseconds; infinite where nothing is known to end. */
    nextDue(): number {
      if (tokens === undefined) return Number.POSITIVE_INFINITY;
      const times = journal
        .accounts()
        .filter((account) => !underWay.has(account))
        .map((account) => Math.max((journal.tokenExpiry(account) ?? 0) - marginMs, journal.tokenWaits(account)));
      return Math.min(Number.POSITIVE_INFINITY, ...times);
    },
  };
}
