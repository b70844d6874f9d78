import { type Dataset, publishDataset } from "@persona-protocol/sdk/access";
import { randomBytes, zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type importArchive, openCountingSpool } from "@persona-protocol/sdk/ingest";
import { fileOrigin, generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { createDiskSpools } from "../ingest/index.ts";
import { askNewPassphrase, askPassphrase } from "./ask.ts";
import { encodeDatasetRecord } from "./datasetRecord.ts";
import { requireNewFile, writeNewFile } from "./files.ts";
import { importInto } from "./importInto.ts";
import { type ImportFlags, type PublishOptions, parsePublishOptions, parseReadOptions } from "./importOptions.ts";
import { printImport } from "./importReport.ts";
import { pseudonymKey, readFiles, spoolFolder } from "./importSource.ts";
import { connectAccount, openTarget, replaceFile, withRecord } from "./importTarget.ts";
import { createKeystore, unlockKeystore } from "./keystore.ts";
import { rpcOfNetwork } from "./networkFolder.ts";
import { createProgress, type Progress } from "./progress.ts";
import { untilStopped } from "./untilStopped.ts";

type Imported = importArchive.ReturnType;

/**
 * `persona import FILE…`: shows what a connector finds in an export, never its content, and without `--dry-run` publishes it
 * encrypted. Everything that can be judged is judged before anything is written.
 */
export async function importFiles(
  files: readonly string[],
  given: Omit<ImportFlags, "rpc"> & { readonly rpc?: string },
): Promise<void> {
  const flags: ImportFlags = { ...given, rpc: given.rpc ?? (await rpcOfNetwork(given.network ?? ".")) };
  if (flags.dataset !== undefined) return importInto(files, flags.dataset, flags);
  const signal = untilStopped();
  const progress = createProgress({ quiet: flags.json });
  const reading = parseReadOptions(flags);
  const publishing = flags.dryRun === true ? undefined : parsePublishOptions(flags);
  const target = publishing === undefined ? undefined : await prepareTarget(publishing);
  const { policy } = reading;
  const { json } = flags;
  try {
    // Pseudonyms of a dry run are thrown away: any key will do.
    const key = target === undefined ? randomBytes(32) : pseudonymKey(target.rootKey);
    const thirdParties = policy === "pseudonymise" ? { policy, key } : { policy };
    const openSpool = publishing === undefined ? openCountingSpool : createDiskSpools(await spoolFolder(publishing));
    const imported = await readFiles(files, { ...reading, thirdParties, openSpool, signal, progress });
    try {
      if (publishing === undefined || target === undefined) {
        return printImport(imported, { published: undefined, policy, json, report: flags.report === true });
      }
      if (signal.aborted) throw new PersonaError("CANCELLED", "The import was stopped before anything was published.");

      const { dataset, ...published } = await publish(imported, publishing, target, progress);
      const whole = { ...published, datasetId: dataset.datasetId };
      printImport(imported, { published: whole, policy, json, report: true });
    } finally {
      for (const { content } of [...imported.segments, ...imported.ownerOnly]) await content.discard();
    }
  } finally {
    if (target !== undefined) zeroise(target.rootKey);
  }
}

/** The owner's account on a chain that answers, and a root key to seal to. */
type Target = Awaited<ReturnType<typeof connectAccount>> & {
  /** The caller's to zeroise. In no file yet where a new one was asked for. */
  readonly rootKey: Uint8Array;
  readonly passphrase: string;
};

async function prepareTarget(options: PublishOptions): Promise<Target> {
  if (options.out !== undefined) await requireNewFile(options.out);
  else await requireNewFile(options.outOf("new"));
  if (options.newKeystore) await requireNewFile(options.keystore);
  const ask = options.newKeystore ? askNewPassphrase : askPassphrase;
  const passphrase = await ask(options.passphraseFile, "root key's");
  const chain = await connectAccount(options);
  const rootKey = options.newKeystore
    ? generateOwnerRootKey()
    : await unlockKeystore(options.keystore, "owner-root", passphrase);
  return { ...chain, rootKey, passphrase };
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
  const { client, deployment, nodes } = target;
  const step = progress.step("encrypting, splitting keys, registering");
  let pending: { readonly out: string; readonly datasetId: string } | undefined;
  try {
    const store = await openTarget(options);
    // The root key is on the disk before anything is sealed to it, and stays there when publishing fails.
    if (options.newKeystore) await saveRootKey(target, options.keystore);
    const published = await publishDataset(
      { client, deployment, store, nodes },
      {
        segments: [...imported.segments, ...imported.ownerOnly.filter(({ records }) => records > 0)].map(
          ({ content, ...segment }) => ({ ...segment, bytes: content, origin: fileOrigin() }),
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

async function saveRootKey({ rootKey, passphrase }: Target, out: string): Promise<void> {
  await createKeystore({ kind: "owner-root", secret: Uint8Array.from(rootKey), passphrase, out });
}

async function publicKeyOf(rootKey: Uint8Array): Promise<Uint8Array> {
  const { publicKey, privateKey } = await ownerKemKeyPair(rootKey);
  zeroise(privateKey);
  return publicKey;
}
