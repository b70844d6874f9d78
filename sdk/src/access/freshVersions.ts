import type { Hex } from "viem";
import type { CoreClient } from "../contracts/callContract.ts";
import type { Deployment } from "../contracts/deployment.ts";
import type { VersionRule } from "../contracts/structs.ts";
import { PersonaError } from "../errors/index.ts";
import type { GrantPackage } from "./grantPackage.ts";
import { type DatasetPublication, readPublications } from "./readPublications.ts";

/** A version that is, or is about to be, older than a grant allows. */
export type StaleVersion = {
  readonly datasetId: Hex;
  readonly version: number;
  /** Between its publication and the newest block. */
  readonly ageSeconds: number;
  readonly maxAgeSeconds: number;
};

export type FreshOptions = {
  /** Asks whoever publishes for a newer version; resolves when that was asked. Without it a version that is too old is refused. */
  readonly refresh?: ((stale: StaleVersion) => Promise<void>) | undefined;
  /** How long a newer version may take. Default 300. */
  readonly refreshSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

type Context = { readonly client: CoreClient; readonly deployment: Deployment };

/** From here to the block in which the job lands. Of a short age a tenth. */
const marginSeconds = 60;
const pollMs = 1_000;
/** `VersionRule.live`; its module would be torn out of what a page loads at once. */
const live: (typeof VersionRule)["live"] = 3;

/**
 * Grants as a job names them now. Of those with a maximum age the newest version is taken where the rule allows a later one, and its age
 * is asked of the chain; one that is too old is refreshed first, if anybody can be asked. Nothing is sent.
 * @throws PersonaError DATA_TOO_OLD, KEY_EPOCH_OLD, GUARDIAN_SET_MISMATCH, DATASET_UNKNOWN, CHAIN_UNREACHABLE, CANCELLED
 */
export async function freshVersions<granted extends GrantPackage>(
  context: Context,
  grants: readonly granted[],
  options: FreshOptions = {},
): Promise<granted[]> {
  const fresh: granted[] = [];
  for (const grant of grants)
    fresh.push(grant.scope.maxAge === 0n ? grant : await freshVersion(context, grant, options));
  return fresh;
}

async function freshVersion<granted extends GrantPackage>(
  context: Context,
  grant: granted,
  { refresh, refreshSeconds = 300, signal }: FreshOptions,
): Promise<granted> {
  const { datasetId } = grant.terms;
  const maxAgeSeconds = Number(grant.scope.maxAge);
  const until = performance.now() + refreshSeconds * 1_000;
  let hasAsked = false;
  for (;;) {
    if (signal?.aborted) throw new PersonaError("CANCELLED", "Waiting for a newer version was given up.");
    const { publication, now, publishedAt } = await newestOf(context, grant);
    const { version } = publication;
    const ageSeconds = now - publishedAt;
    if (ageSeconds + Math.min(marginSeconds, maxAgeSeconds / 10) <= maxAgeSeconds)
      return atVersion(context, grant, publication);
    const stale = { datasetId, version, ageSeconds, maxAgeSeconds };
    if (refresh === undefined || performance.now() >= until)
      throw new PersonaError("DATA_TOO_OLD", "The newest version is older than the grant allows.", { data: stale });
    if (!hasAsked) await refresh(stale);
    hasAsked = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** The newest version that the grant's rule allows, of those that the registry's events tell. */
async function newestOf({ client, deployment }: Context, { terms, scope, dataset }: GrantPackage) {
  const { number, timestamp } = await client.getBlock();
  const publications = await readPublications({ client, deployment }, terms.datasetId, number);
  const isLive = scope.versionRule === live;
  const allowed = publications.filter(({ version }) => isLive || version === dataset.version);
  const publication = allowed.at(-1);
  if (publication === undefined)
    throw new PersonaError("DATASET_UNKNOWN", "The chain's events tell of no such version.", {
      data: { datasetId: terms.datasetId, version: dataset.version },
    });
  const { timestamp: publishedAt } = await client.getBlock({ blockNumber: publication.blockNumber });
  return { publication, now: Number(timestamp), publishedAt: Number(publishedAt) };
}

async function atVersion<granted extends GrantPackage>(
  { client, deployment }: Context,
  grant: granted,
  publication: DatasetPublication,
): Promise<granted> {
  const { dataset, terms } = grant;
  const { version, keyEpoch, head, blockNumber, transactionHash: hash } = publication;
  const data = { datasetId: terms.datasetId, version };
  if (keyEpoch !== dataset.keyEpoch)
    throw new PersonaError("KEY_EPOCH_OLD", "The newest version has other keys than the grant.", { data });
  if (head.guardianSetHash !== dataset.head.guardianSetHash)
    throw new PersonaError("GUARDIAN_SET_MISMATCH", "The owner has chosen other guardians: ask for a new package.", {
      data,
    });
  const { transactionIndex } = await client.getTransactionReceipt({ hash });
  const place = [Number(blockNumber), transactionIndex] as const;
  const later = await catalogueOf({ client, deployment }, grant, publication);
  return { ...grant, dataset: { ...dataset, version, head, catalogue: later, published: place } };
}

/** With the segments that versions after the package's have added. */
async function catalogueOf(
  context: Context,
  { terms, dataset }: GrantPackage,
  { blockNumber, head }: DatasetPublication,
): Promise<readonly Hex[]> {
  if (head.catalogueLength === dataset.catalogue.length) return dataset.catalogue;
  const publications = await readPublications(context, terms.datasetId, blockNumber);
  return publications.flatMap(({ appended }) => appended).slice(0, head.catalogueLength);
}
