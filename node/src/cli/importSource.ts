import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { hkdfSha256, utf8 } from "@persona-protocol/sdk/crypto";
import {
  type Connector,
  createBankCsv,
  importArchive,
  type KnownRecords,
  type OpenSpool,
  parseBankCsvMapping,
  type ThirdParties,
} from "@persona-protocol/sdk/ingest";
import { combineArchives, type OpenArchive, openArchive, startImportThreads } from "../ingest/index.ts";
import { readSmallFile } from "./files.ts";
import type { ReadOptions, StoreOptions } from "./importOptions.ts";
import type { Progress } from "./progress.ts";
import { printable } from "./runCommand.ts";

/** Secret of the owner, the same for each of their imports: one person has one pseudonym in all of them. */
export function pseudonymKey(rootKey: Uint8Array): Uint8Array {
  return hkdfSha256({ ikm: rootKey, info: utf8("persona/pseudonyms/v1"), length: 32 });
}

/** Beside the blocks where they will be, so that there is room for both or for none. */
export async function spoolFolder({ storesFile, storeDir }: StoreOptions): Promise<string> {
  if (storesFile !== undefined) return tmpdir();
  await mkdir(storeDir, { recursive: true });
  return storeDir;
}

const maxMappingBytes = 65_536;

async function mappedBankCsv(file: string): Promise<Connector> {
  return createBankCsv(parseBankCsvMapping(await readSmallFile(file, maxMappingBytes, "CONFIG_INVALID")));
}

type ReadParameters = Omit<ReadOptions, "policy"> & {
  readonly openSpool: OpenSpool;
  readonly known?: KnownRecords;
  readonly thirdParties: ThirdParties;
  readonly signal: AbortSignal;
  readonly progress: Progress;
};

export async function readFiles(
  files: readonly string[],
  { signal, limits, progress, mappingFile, ...options }: ReadParameters,
): Promise<importArchive.ReturnType> {
  const step = progress.step(`reading ${printable(files.join(", "))}`);
  const connector = mappingFile === undefined ? options.connector : await mappedBankCsv(mappingFile);
  const archives: OpenArchive[] = [];
  const threads = startImportThreads();
  try {
    for (const file of files) archives.push(await openArchive(file, { signal, limits }));
    const [only] = archives;
    const imported = await importArchive(
      only !== undefined && archives.length === 1 ? only : combineArchives(archives),
      {
        ...options,
        connector,
        threads,
        signal,
        limits,
        onProgress: ({ bytesRead, bytesTotal }) =>
          step.update(`${Math.round((100 * bytesRead) / Math.max(bytesTotal, 1))} %`),
      },
    );
    step.done(imported.connector);
    return imported;
  } catch (error) {
    step.fail();
    throw error;
  } finally {
    await threads.close();
    for (const archive of archives) await archive.close();
  }
}
