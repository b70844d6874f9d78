import { join, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { isTimeZone, type ThirdParties } from "@persona-protocol/sdk/ingest";
import type { EnvelopePadding } from "@persona-protocol/sdk/storage";

/** As commander gives them. */
export type ImportFlags = {
  readonly dryRun?: boolean;
  readonly report?: boolean;
  /** Record of the dataset that is added to. */
  readonly dataset?: string;
  readonly network?: string;
  readonly stores?: string;
  readonly rpc: string;
  readonly keystore?: string;
  readonly newKeystore?: boolean;
  readonly passphraseFile?: string;
  readonly account?: string;
  readonly accountPassphraseFile?: string;
  readonly guardians?: string;
  readonly threshold?: string;
  readonly out?: string;
  /** False by `--no-padding`. */
  readonly padding?: boolean;
  readonly maxEntryBytes?: string;
  readonly connector?: string;
  readonly mapping?: string;
  readonly timeZone?: string;
  readonly thirdParties?: string;
  readonly json: boolean;
};

/** How an export is to be read. */
export type ReadOptions = {
  readonly limits: { readonly maxEntryBytes: number } | undefined;
  readonly connector: string | undefined;
  /** File that says what the columns of a bank's CSV are. */
  readonly mappingFile: string | undefined;
  /** IANA name. */
  readonly timeZone: string;
  readonly policy: ThirdParties["policy"];
};

/** Where segments go. */
export type StoreOptions = {
  readonly storeDir: string;
  /** Names the stores to publish to; undefined for the network's own. */
  readonly storesFile: string | undefined;
};

/** Who pays, and where. */
export type AccountOptions = {
  readonly deploymentFile: string;
  /** URLs of endpoints, with commas between them. */
  readonly rpc: string;
  readonly account: string;
  /** Undefined: it is asked for. */
  readonly accountPassphraseFile: string | undefined;
};

/** What every publication needs. */
export type CommonOptions = StoreOptions &
  AccountOptions & {
    readonly keystore: string;
    /** Undefined: it is asked for. */
    readonly passphraseFile: string | undefined;
    readonly padding: EnvelopePadding;
  };

export type PublishOptions = CommonOptions & {
  readonly newKeystore: boolean;
  readonly guardians: readonly number[];
  readonly threshold: number;
  /** Where the dataset's record goes, once its id is known. */
  readonly outOf: (datasetId: string) => string;
  /** The same, for a look beforehand: undefined when the name depends on the id. */
  readonly out: string | undefined;
};

const maxGuardians = 16;

/** All that publishing needs, or one error that names everything that is missing. @throws PersonaError USAGE */
export function parsePublishOptions(flags: ImportFlags): PublishOptions {
  const { guardians = "", threshold = "" } = flags;
  requireFlags(flags, [...commonFlags, "guardians", "threshold"]);
  const ids = parseGuardians(guardians);
  const out = flags.out === undefined ? undefined : resolve(flags.out);
  return {
    ...parseCommon(flags),
    newKeystore: flags.newKeystore ?? false,
    guardians: ids,
    threshold: parseThreshold(threshold, ids.length),
    outOf: (datasetId) => out ?? resolve(`dataset-${datasetId}.json`),
    out,
  };
}

/**
 * The same for an import into a dataset that is there: its record says all that is its own. @throws PersonaError USAGE
 */
export function parseExtendOptions(flags: ImportFlags): CommonOptions {
  const names = ["dryRun", "guardians", "threshold", "newKeystore", "out"] as const;
  const unfit = names.filter((name) => flags[name] !== undefined && flags[name] !== false);
  if (unfit.length > 0) {
    throw new PersonaError("USAGE", "With --dataset, leave out:", { data: { flags: unfit.map(flagOf).join(" ") } });
  }
  requireFlags(flags, commonFlags);
  return parseCommon(flags);
}

/** For new keys of a dataset that is there; other guardians come with a threshold. @throws PersonaError USAGE */
export function parseRenewOptions(
  flags: ImportFlags,
): CommonOptions &
  ({ readonly guardians: readonly number[]; readonly threshold: number } | { readonly guardians?: never }) {
  const { guardians, threshold } = flags;
  requireFlags(flags, commonFlags);
  if (guardians === undefined && threshold === undefined) return parseCommon(flags);
  requireFlags(flags, ["guardians", "threshold"]);
  const ids = parseGuardians(guardians ?? "");
  return { ...parseCommon(flags), guardians: ids, threshold: parseThreshold(threshold ?? "", ids.length) };
}

const commonFlags = ["network", "keystore", "account"] as const;

function requireFlags(flags: ImportFlags, names: readonly (keyof ImportFlags)[]): void {
  const missing = names.filter((name) => flags[name] === undefined);
  if (missing.length === 0) return;
  throw new PersonaError("USAGE", "To publish, say also: (or only look, with --dry-run)", {
    data: { missing: missing.map(flagOf).join(" ") },
  });
}

/** `newKeystore` as it is typed. */
function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function parseCommon(flags: ImportFlags): CommonOptions {
  const { network = "", keystore = "", passphraseFile, account = "" } = flags;
  const accountPassphraseFile = flags.accountPassphraseFile ?? passphraseFile;
  return {
    deploymentFile: join(resolve(network), "deployment.json"),
    storeDir: join(resolve(network), "ipfs"),
    storesFile: flags.stores === undefined ? undefined : resolve(flags.stores),
    rpc: parseUrls(flags.rpc),
    keystore: resolve(keystore),
    passphraseFile: passphraseFile === undefined ? undefined : resolve(passphraseFile),
    account: resolve(account),
    accountPassphraseFile: accountPassphraseFile === undefined ? undefined : resolve(accountPassphraseFile),
    padding: flags.padding === false ? "none" : "padme",
  };
}

/** @throws PersonaError USAGE */
export function parseReadOptions(flags: ImportFlags): ReadOptions {
  const { connector, timeZone = "UTC", thirdParties = "pseudonymise" } = flags;
  if (!isTimeZone(timeZone)) {
    throw new PersonaError("USAGE", "--time-zone takes the name of a time zone, such as Europe/Oslo.", {
      data: { got: timeZone },
    });
  }
  const policy = policies.find((each) => each === thirdParties);
  if (policy === undefined) {
    throw new PersonaError("USAGE", `--third-parties takes one of ${policies.join(", ")}.`, {
      data: { got: thirdParties },
    });
  }
  if (flags.mapping !== undefined && connector !== undefined && connector !== "bank-csv") {
    throw new PersonaError("USAGE", "--mapping is for bank-csv only.", { data: { connector } });
  }
  const mappingFile = flags.mapping === undefined ? undefined : resolve(flags.mapping);
  return { limits: parseMaxEntryBytes(flags.maxEntryBytes), connector, mappingFile, timeZone, policy };
}

const policies: readonly ThirdParties["policy"][] = ["pseudonymise", "omit", "keep"];

/** @throws PersonaError USAGE */
export function parseMaxEntryBytes(text: string | undefined): { readonly maxEntryBytes: number } | undefined {
  if (text === undefined) return undefined;
  const maxEntryBytes = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (maxEntryBytes > 0) return { maxEntryBytes };
  throw new PersonaError("USAGE", "--max-entry-bytes takes a number of bytes.", { data: { got: text } });
}

function parseGuardians(text: string): number[] {
  const ids = text.split(",").map((part) => (/^\d{1,10}$/.test(part.trim()) ? Number(part) : 0));
  const valid = ids.every((id) => id >= 1 && id <= 0xffff_ffff) && new Set(ids).size === ids.length;
  if (valid && ids.length >= 2 && ids.length <= maxGuardians) return ids;
  throw new PersonaError("USAGE", "--guardians takes 2 to 16 different node ids, such as 1,2,3.", {
    data: { got: text },
  });
}

function parseThreshold(text: string, guardians: number): number {
  const threshold = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (threshold >= 2 && threshold <= guardians) return threshold;
  throw new PersonaError("USAGE", "--threshold takes a number from 2 to the number of guardians.", {
    data: { got: text, guardians },
  });
}

/** Checks each. @throws PersonaError USAGE */
function parseUrls(text: string): string {
  return text
    .split(",")
    .map((url) => parseUrl(url.trim()))
    .join();
}

/** @throws PersonaError USAGE */
export function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url.href;
  throw new PersonaError("USAGE", "--rpc takes the http(s) URL of a JSON-RPC endpoint.", { data: { got: text } });
}
