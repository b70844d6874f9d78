import { join, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { isTimeZone, type ThirdParties } from "@persona-protocol/sdk/ingest";
import type { EnvelopePadding } from "@persona-protocol/sdk/storage";

/** As commander gives them. */
export type ImportFlags = {
  readonly dryRun?: boolean;
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
  readonly timeZone?: string;
  readonly thirdParties?: string;
  readonly json: boolean;
};

/** How an export is to be read. */
export type ReadOptions = {
  readonly limits: { readonly maxEntryBytes: number } | undefined;
  readonly connector: string | undefined;
  /** IANA name. */
  readonly timeZone: string;
  readonly policy: ThirdParties["policy"];
};

export type PublishOptions = {
  readonly deploymentFile: string;
  readonly storeDir: string;
  /** Names the stores to publish to; undefined for the network's own. */
  readonly storesFile: string | undefined;
  readonly rpcUrl: string;
  readonly keystore: string;
  readonly newKeystore: boolean;
  readonly passphraseFile: string;
  readonly account: string;
  readonly accountPassphraseFile: string;
  readonly guardians: readonly number[];
  readonly threshold: number;
  readonly padding: EnvelopePadding;
  /** Where the dataset's record goes, once its id is known. */
  readonly outOf: (datasetId: string) => string;
  /** The same, for a look beforehand: undefined when the name depends on the id. */
  readonly out: string | undefined;
};

const maxGuardians = 16;

/** All that publishing needs, or one error that names everything that is missing. @throws PersonaError USAGE */
export function parsePublishOptions(flags: ImportFlags): PublishOptions {
  const { network, keystore, passphraseFile, account, guardians, threshold } = flags;
  if (
    network === undefined ||
    keystore === undefined ||
    passphraseFile === undefined ||
    account === undefined ||
    guardians === undefined ||
    threshold === undefined
  ) {
    const required = { network, keystore, "passphrase-file": passphraseFile, account, guardians, threshold };
    const missing = Object.entries(required).filter(([, value]) => value === undefined);
    throw new PersonaError("USAGE", "To publish, say also: (or only look, with --dry-run)", {
      data: { missing: missing.map(([name]) => `--${name}`).join(" ") },
    });
  }
  const ids = parseGuardians(guardians);
  const out = flags.out === undefined ? undefined : resolve(flags.out);
  return {
    deploymentFile: join(resolve(network), "deployment.json"),
    storeDir: join(resolve(network), "ipfs"),
    storesFile: flags.stores === undefined ? undefined : resolve(flags.stores),
    rpcUrl: parseUrl(flags.rpc),
    keystore: resolve(keystore),
    newKeystore: flags.newKeystore ?? false,
    passphraseFile: resolve(passphraseFile),
    account: resolve(account),
    accountPassphraseFile: resolve(flags.accountPassphraseFile ?? passphraseFile),
    guardians: ids,
    threshold: parseThreshold(threshold, ids.length),
    padding: flags.padding === false ? "none" : "padme",
    outOf: (datasetId) => out ?? resolve(`dataset-${datasetId}.json`),
    out,
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
  return { limits: parseMaxEntryBytes(flags.maxEntryBytes), connector, timeZone, policy };
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

/** @throws PersonaError USAGE */
export function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url.href;
  throw new PersonaError("USAGE", "--rpc takes the http(s) URL of a JSON-RPC endpoint.", { data: { got: text } });
}
