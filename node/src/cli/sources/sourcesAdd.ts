import { resolve } from "node:path";
import { secondsOf } from "@persona-protocol/sdk";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { openWriterKey } from "../../compute/startWriterIngestor.ts";
import type { LiveAccounts } from "../../enclave/liveAccounts.ts";
import { liveKinds, openLiveAccounts } from "../../enclave/openLiveAccounts.ts";
import { requireTiming, type Timing } from "../../ingest/schedule/dueTimes.ts";
import type { ScheduledSource, SourceSpec } from "../../ingest/schedule/scheduledSource.ts";
import { parseHex32 } from "../parse.ts";
import { isoTime, show } from "../show.ts";
import { untilStopped } from "../untilStopped.ts";
import { openSchedule, type ScheduleFlags, whenText, withSchedule, withSource } from "./openSchedule.ts";
import { type ConsentFlags, hostsOf, takeConsent } from "./takeConsent.ts";

type AddFlags = ScheduleFlags &
  ConsentFlags & {
    readonly dataset: string;
    readonly kind: string;
    readonly path?: string;
    readonly connector?: string;
    readonly keepThirdParties?: boolean;
    readonly every?: string;
    readonly cron?: string;
    readonly timeZone: string;
    readonly jitter: string;
    readonly grant: string;
    readonly writerKeystore: string;
    readonly writerPassphraseFile?: string;
  };

/** `persona sources add NAME`. Of an account first the consent: without it nothing is added. */
export async function sourcesAdd(name: string, flags: AddFlags): Promise<void> {
  if (!/^[\w-]{1,64}$/.test(name))
    throw new PersonaError("USAGE", "A source's name is letters, digits, hyphens and underscores.", { data: { name } });
  const now = Date.now();
  const spec = specOf(name, flags, now);
  if (await withSchedule(flags, (journal) => journal.source(name) !== undefined))
    throw new PersonaError("CONFIG_INVALID", "There is a source of this name.", { data: { source: name } });
  const add = () =>
    withSchedule(flags, (journal) => {
      journal.add(name, spec, now);
      return journal.dueOf(name) ?? null;
    });
  const { due, ends } =
    spec.account === undefined
      ? { due: await add(), ends: undefined }
      : await withConsent(name, spec, flags, add).then((given) => ({ due: given.result, ends: given.ends }));
  show(flags.json, { source: name, due, ...(ends === undefined ? {} : { tokenEnds: ends }) }, [
    `${name} is due ${whenText(due ?? undefined)}`,
    ...endsText(ends),
  ]);
}

/** `persona sources consent NAME`: a new consent in the place of one that has ended, or that is to end. */
export async function sourcesConsent(
  name: string,
  flags: ScheduleFlags & ConsentFlags & { readonly writerPassphraseFile: string },
): Promise<void> {
  const source = await withSource(name, flags, (_, found) => found);
  if (source.account === undefined)
    throw new PersonaError("USAGE", "This source is no account: it needs no consent.", { data: { source: name } });
  const { ends } = await withConsent(name, source, flags, () =>
    withSchedule(flags, (journal) => journal.resume(name, Date.now())),
  );
  show(flags.json, { source: name, status: "active", tokenEnds: ends }, [
    `${name} may be read again`,
    ...endsText(ends),
  ]);
}

/** `persona sources remove NAME`. The consent of an account is ended at its service, which is told where it can be. */
export async function sourcesRemove(name: string, flags: ScheduleFlags): Promise<void> {
  const { account } = await withSource(name, flags, (journal, source) => {
    // From here on nothing is begun.
    journal.pause(name, "is being removed", Date.now());
    return source;
  });
  const told = account === undefined ? undefined : await withAccounts(flags, (accounts) => accounts.forget(account));
  await withSchedule(flags, (journal) => journal.remove(name));
  show(flags.json, { source: name, ...(told === undefined ? {} : { consentEnded: told }) }, [
    `${name} is forgotten`,
    ...(told === false ? ["its service could not be told: end the consent there, among its applications"] : []),
  ]);
}

function specOf(name: string, flags: AddFlags, now: number): SourceSpec {
  const { kind, path, connector, grant, writerKeystore, jitter } = flags;
  const isLive = liveKinds.includes(kind);
  if (kind !== "folder" && !isLive)
    throw new PersonaError("USAGE", `--kind takes folder, ${liveKinds.join(", ")}.`, { data: { kind } });
  if (kind === "folder" && path === undefined)
    throw new PersonaError("USAGE", "A source of the kind folder needs --path.");
  const timing = timingOf(flags, now);
  requireTiming(timing);
  return {
    kind,
    settings: {
      ...(path === undefined || isLive ? {} : { path: resolve(path) }),
      grant: resolve(grant),
      writerKeystore: resolve(writerKeystore),
      ...(connector === undefined ? {} : { connector }),
      ...(flags.keepThirdParties === true ? { thirdParties: "keep" } : {}),
    },
    datasetId: parseHex32(flags.dataset, "--dataset").toLowerCase(),
    timing,
    jitterMs: jitter === "0" ? 0 : Math.min(secondsOf(jitter) * 1_000, 86_400_000),
    hosts: isLive ? hostsOf(kind, flags) : [],
    ...(isLive ? { account: name } : {}),
  };
}

function timingOf({ every, cron, timeZone }: AddFlags, now: number): Timing {
  if ((every === undefined) === (cron === undefined)) throw new PersonaError("USAGE", "Say either --every or --cron.");
  return every === undefined ? { cron: cron ?? "", timeZone } : { everySeconds: secondsOf(every), fromMs: now };
}

/** What is done with the consent that a person gives now. Where it fails, a source that is not there yet leaves nothing; one that is keeps what it had. */
async function withConsent<result>(
  name: string,
  { kind, settings }: Pick<ScheduledSource, "kind" | "settings">,
  flags: ScheduleFlags & ConsentFlags & { readonly writerPassphraseFile?: string },
  work: () => Promise<result>,
): Promise<{ readonly result: result; readonly ends: number | null }> {
  const { writerPassphraseFile: file } = flags;
  if (file === undefined)
    throw new PersonaError("USAGE", "An account needs --writer-passphrase-file: it is read for the writer's key.");
  const { publicKey, privateKey } = await openWriterKey(settings["writerKeystore"] ?? "", resolve(file));
  zeroise(privateKey);
  const signal = untilStopped();
  return withAccounts(flags, async (accounts) => {
    try {
      const session = await takeConsent(accounts, { account: name, kind, recipient: publicKey, signal }, flags);
      return { result: await work(), ends: session.expiresAt };
    } catch (error) {
      const isThere = await withSchedule(flags, (journal) => journal.source(name) !== undefined);
      if (!isThere) await accounts.forget(name);
      throw error;
    }
  });
}

/** Runs no source: it needs no writer's key, and claims nothing. */
async function withAccounts<result>(
  { dir }: ScheduleFlags,
  work: (accounts: LiveAccounts) => Promise<result>,
): Promise<result> {
  (await openSchedule(dir)).close();
  const accounts = await openLiveAccounts({
    dir: resolve(dir),
    recipientOf: async () => {
      throw new PersonaError("INTERNAL", "Nothing is read here.");
    },
    level: async () => "none",
    log: () => {},
  });
  try {
    return await work(accounts);
  } finally {
    await accounts.stop();
  }
}

const endsText = (ends: number | null | undefined): string[] =>
  ends === undefined || ends === null ? [] : [`its token ends ${isoTime(ends)}, and is renewed before`];
