import { randomUUID } from "node:crypto";
import { mkdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type Dataset, publishDataset } from "@persona-protocol/sdk/access";
import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { hkdfSha256, randomBytes, utf8, zeroise } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import {
  type ImportThreads,
  importArchive,
  type OpenSpool,
  openCountingSpool,
  type ThirdParties,
} from "@persona-protocol/sdk/ingest";
import {
  type BlobStore,
  createReplicatedStore,
  generateOwnerRootKey,
  ownerKemKeyPair,
} from "@persona-protocol/sdk/storage";
import { toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { connectChain } from "../chain/connectChain.ts";
import {
  combineArchives,
  createDiskSpools,
  type OpenArchive,
  openArchive,
  startImportThreads,
} from "../ingest/index.ts";
import { createLocalIpfs, openStores } from "../storage/index.ts";
import { encodeDatasetRecord } from "./datasetRecord.ts";
import { readPassphrase, requireNewFile, writeNewFile } from "./files.ts";
import {
  type ImportFlags,
  type PublishOptions,
  parsePublishOptions,
  parseReadOptions,
  type ReadOptions,
} from "./importOptions.ts";
import { printImport } from "./importReport.ts";
import { createKeystore, unlockKeystore } from "./keystore.ts";
import { readNetwork } from "./networkFolder.ts";
import { createProgress, type Progress } from "./progress.ts";
import { printable } from "./runCommand.ts";
import { untilStopped } from "./untilStopped.ts";

type Imported = importArchive.ReturnType;

/**
 * `persona import FILE…`: shows what a connector finds in an export, never its content, and without `--dry-run` publishes it
 * encrypted. Everything that can be judged is judged before anything is written.
 */
export async function importFiles(files: readonly string[], flags: ImportFlags): Promise<void> {
  const signal = untilStopped();
  const progress = createProgress({ quiet: flags.json });
  const reading = parseReadOptions(flags);
  const publishing = flags.dryRun === true ? undefined : parsePublishOptions(flags);
  const target = publishing === undefined ? undefined : await prepareTarget(publishing);
  const { policy } = reading;
  try {
    // Pseudonyms of a dry run are thrown away: any key will do.
    const key = target === undefined ? randomBytes(32) : pseudonymKey(target.rootKey);
    const thirdParties = policy === "pseudonymise" ? { policy, key } : { policy };
    const openSpool = publishing === undefined ? openCountingSpool : createDiskSpools(await spoolFolder(publishing));
    const threads = startImportThreads();
    const imported = await readFiles(files, {
      ...reading,
      thirdParties,
      openSpool,
      threads,
      signal,
      progress,
    }).finally(() => threads.close());
    try {
      if (publishing === undefined || target === undefined) {
        return printImport(imported, { published: undefined, policy, json: flags.json });
      }
      if (signal.aborted) throw new PersonaError("CANCELLED", "The import was stopped before anything was published.");

      const { dataset, ...published } = await publish(imported, publishing, target, progress);
      printImport(imported, { published: { ...published, datasetId: dataset.datasetId }, policy, json: flags.json });
    } finally {
      for (const { content } of [...imported.segments, ...imported.ownerOnly]) await content.discard();
    }
  } finally {
    if (target !== undefined) zeroise(target.rootKey);
  }
}

/** Secret of the owner, the same for each of their imports: one person has one pseudonym in all of them. */
function pseudonymKey(rootKey: Uint8Array): Uint8Array {
  return hkdfSha256({ ikm: rootKey, info: utf8("persona/pseudonyms/v1"), length: 32 });
}

/** Beside the blocks where they will be, so that there is room for both or for none. */
async function spoolFolder({ storesFile, storeDir }: PublishOptions): Promise<string> {
  if (storesFile !== undefined) return tmpdir();
  await mkdir(storeDir, { recursive: true });
  return storeDir;
}

type ReadParameters = Omit<ReadOptions, "policy"> & {
  readonly openSpool: OpenSpool;
  readonly threads: ImportThreads;
  readonly thirdParties: ThirdParties;
  readonly signal: AbortSignal;
  readonly progress: Progress;
};

async function readFiles(
  files: readonly string[],
  { signal, limits, progress, ...options }: ReadParameters,
): Promise<Imported> {
  const step = progress.step(`reading ${printable(files.join(", "))}`);
  const archives: OpenArchive[] = [];
  try {
    for (const file of files) archives.push(await openArchive(file, { signal, limits }));
    const [only] = archives;
    const imported = await importArchive(
      only !== undefined && archives.length === 1 ? only : combineArchives(archives),
      {
        ...options,
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
    for (const archive of archives) await archive.close();
  }
}

/** The owner's account on a chain that answers, and a root key to seal to. */
type Target = {
  readonly client: ChainClient;
  readonly deployment: Deployment;
  /** The caller's to zeroise. In no file yet where a new one was asked for. */
  readonly rootKey: Uint8Array;
  readonly passphrase: string;
};

async function prepareTarget(options: PublishOptions): Promise<Target> {
  if (options.out !== undefined) await requireNewFile(options.out);
  else await requireNewFile(options.outOf("new"));
  if (options.newKeystore) await requireNewFile(options.keystore);
  const deployment = await readNetwork(options);
  const passphrase = await readPassphrase(options.passphraseFile);
  const accountSecret = await unlockKeystore(
    options.account,
    "account",
    await readPassphrase(options.accountPassphraseFile),
  );
  const account = privateKeyToAccount(toHex(accountSecret));
  zeroise(accountSecret);
  const client = await connectChain({ rpcUrl: options.rpcUrl, deployment, account });
  if ((await client.getBalance({ address: account.address })) === 0n) {
    throw new PersonaError("CONFIG_INVALID", "The account has no ether to register a dataset with.", {
      data: { account: account.address },
    });
  }
  const rootKey = options.newKeystore
    ? generateOwnerRootKey()
    : await unlockKeystore(options.keystore, "owner-root", passphrase);
  return { client, deployment, rootKey, passphrase };
}

type Published = {
  readonly dataset: Dataset;
  readonly out: string;
  readonly keystore: string | undefined;
  readonly gasUsed: bigint;
};

async function publish(
  imported: Imported,
  options: PublishOptions,
  target: Target,
  progress: Progress,
): Promise<Published> {
  const { client, deployment } = target;
  const step = progress.step("encrypting, splitting keys, registering");
  let pending: { readonly out: string; readonly datasetId: string } | undefined;
  try {
    const store = await openTarget(options);
    // The root key is on the disk before anything is sealed to it, and stays there when publishing fails.
    if (options.newKeystore) await saveRootKey(target, options.keystore);
    const published = await publishDataset(
      { client, deployment, store },
      {
        segments: [...imported.segments, ...imported.ownerOnly.filter(({ records }) => records > 0)].map(
          ({ content, ...segment }) => ({ ...segment, bytes: content }),
        ),
        guardians: options.guardians,
        threshold: options.threshold,
        padding: options.padding,
        ownerPublicKey: await publicKeyOf(target.rootKey),
        onProgress: ({ step: name, done, total }) => step.update(`${name} ${done}/${total}`),
        // So is the record before the dataset is registered: from then on it must not be lost, whatever happens here.
        onPrepared: async (prepared) => {
          const { datasetId } = prepared.dataset;
          const out = options.outOf(datasetId);
          await writeNewFile(out, encodeDatasetRecord(deployment, prepared, "pending"));
          pending = { out, datasetId };
          step.update("register");
        },
      },
    );
    const { dataset, gasUsed } = published;
    const out = options.outOf(dataset.datasetId);
    await replaceFile(out, encodeDatasetRecord(deployment, published, "confirmed"));
    step.done();
    return { dataset, out, keystore: options.newKeystore ? options.keystore : undefined, gasUsed };
  } catch (error) {
    step.fail();
    throw pending === undefined ? error : withRecord(error, pending);
  }
}

async function openTarget({ storeDir, storesFile }: PublishOptions): Promise<BlobStore> {
  if (storesFile === undefined) return createLocalIpfs({ path: storeDir });
  return createReplicatedStore(await openStores(storesFile));
}

/** The file is ours and whole at every moment. */
async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.${randomUUID()}`;
  await writeNewFile(next, text);
  await rename(next, path);
}

/** What failed after the record was written may have come after the registration too. */
function withRecord(error: unknown, { out, datasetId }: { readonly out: string; readonly datasetId: string }): Error {
  const known = isPersonaError(error)
    ? error
    : new PersonaError("INTERNAL", error instanceof Error ? error.name : String(error), { cause: error });
  return new PersonaError(
    known.code,
    `${known.shortMessage} The dataset's record is kept, its registration not confirmed: throw it away only when the chain has no such dataset.`,
    { data: { ...known.data, datasetId, record: out }, cause: error },
  );
}

async function saveRootKey({ rootKey, passphrase }: Target, out: string): Promise<void> {
  await createKeystore({ kind: "owner-root", secret: Uint8Array.from(rootKey), passphrase, out });
}

async function publicKeyOf(rootKey: Uint8Array): Promise<Uint8Array> {
  const { publicKey, privateKey } = await ownerKemKeyPair(rootKey);
  zeroise(privateKey);
  return publicKey;
}
