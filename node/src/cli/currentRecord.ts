/** The private record of a dataset whose owner publishes again, through every crash between file and chain. */
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { publishDataset } from "@persona-protocol/sdk/access";
import { createChainView } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { datasetHeadHash } from "@persona-protocol/sdk/storage";
import { encodeDatasetRecord, readDatasetRecord } from "./datasetRecord.ts";
import { writeNewFile } from "./files.ts";
import { type connectAccount, replaceFile } from "./importTarget.ts";

type Chain = Awaited<ReturnType<typeof connectAccount>>;

/**
 * The record of what the chain holds: the one in the file, or the one that a command left beside it that was stopped before it knew
 * that its version was published.
 */
export async function currentRecord(file: string, chain: Chain): Promise<publishDataset.Prepared> {
  const record = await readDatasetRecord(file);
  const { deployment, client } = chain;
  const { datasetId, version } = record.dataset;
  if (record.chainId !== deployment.chainId || record.datasetRegistry !== deployment.datasetRegistry) {
    throw new PersonaError("CONFIG_INVALID", "The record is of a dataset on another chain.", {
      data: { file, chainId: record.chainId },
    });
  }
  const view = createChainView(client, deployment);
  const { number } = await view.block("latest");
  const { headHash, status } = await view.dataset(datasetId, number);
  if (status === "none") {
    throw new PersonaError("DATASET_UNKNOWN", "The chain has no such dataset.", { data: { datasetId } });
  }
  if (headHash === datasetHeadHash(record.dataset.head)) return record;
  for (const beside of await nextFiles(file)) {
    const next = await readDatasetRecord(beside);
    if (next.dataset.datasetId !== datasetId || headHash !== datasetHeadHash(next.dataset.head)) continue;
    await settle(file, next, chain);
    return next;
  }
  throw new PersonaError("DATASET_HEAD_MISMATCH", "The chain has another version of the dataset than the record.", {
    data: { datasetId, version, record: file },
  });
}

/** From here on the record is this one, and those that never came to be are gone. */
export async function settle(file: string, prepared: publishDataset.Prepared, { deployment }: Chain): Promise<void> {
  await replaceFile(file, encodeDatasetRecord(deployment, prepared, "confirmed"));
  for (const beside of await nextFiles(file)) await rm(beside);
}

/** Kept beside the record before it is published: from then on it must not be lost, whatever happens. @returns its file */
export async function keepNext(
  file: string,
  prepared: publishDataset.Prepared,
  { deployment }: Chain,
): Promise<string> {
  const next = nextFile(file, prepared);
  await writeNewFile(next, encodeDatasetRecord(deployment, prepared, "pending"));
  return next;
}

/** Several may be there: each of a command that was stopped. */
function nextFile(file: string, { dataset: { version, head } }: publishDataset.Prepared): string {
  return `${file}.${version}-${head.manifestDigest.slice(2, 18)}${ending}`;
}

async function nextFiles(file: string): Promise<readonly string[]> {
  const names = await readdir(dirname(file));
  const start = `${basename(file)}.`;
  return names
    .filter((name) => name.startsWith(start) && name.endsWith(ending))
    .map((name) => join(dirname(file), name));
}

const ending = ".next";
