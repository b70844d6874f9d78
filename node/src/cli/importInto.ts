import { resolve } from "node:path";
import { extendDataset, type publishDataset, readOwnSegments } from "@persona-protocol/sdk/access";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { createKnownRecords, type importArchive, type KnownRecords } from "@persona-protocol/sdk/ingest";
import { fileOrigin, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { createDiskSpools } from "../ingest/index.ts";
import { askPassphrase } from "./ask.ts";
import { currentRecord, keepNext, settle } from "./currentRecord.ts";
import { type CommonOptions, type ImportFlags, parseExtendOptions, parseReadOptions } from "./importOptions.ts";
import { printImport } from "./importReport.ts";
import { pseudonymKey, readFiles, spoolFolder } from "./importSource.ts";
import { connectAccount, openTarget, withRecord } from "./importTarget.ts";
import { unlockKeystore } from "./keystore.ts";
import { createProgress, type Progress } from "./progress.ts";
import { untilStopped } from "./untilStopped.ts";

type Chain = Awaited<ReturnType<typeof connectAccount>>;

/**
 * `persona import FILE… --dataset RECORD`: adds what the dataset does not hold yet, as segments of its next version. Where nothing is
 * new, nothing is sent. What the dataset holds and the export no longer has stays, and is said.
 */
export async function importInto(files: readonly string[], recordFile: string, flags: ImportFlags): Promise<void> {
  const signal = untilStopped();
  const progress = createProgress({ quiet: flags.json });
  const { policy, ...reading } = parseReadOptions(flags);
  const options = parseExtendOptions(flags);
  const file = resolve(recordFile);
  const chain = await connectAccount(options);
  const own = await currentRecord(file, chain);
  const rootKey = await unlockKeystore(
    options.keystore,
    "owner-root",
    await askPassphrase(options.passphraseFile, "root key's"),
  );
  try {
    const ownerKeyPair = await ownerKemKeyPair(rootKey);
    try {
      const target = { ...chain, store: await openTarget(options) };
      const known = await readKnown(target, { ...own, ownerKeyPair }, progress);
      const thirdParties = policy === "pseudonymise" ? { policy, key: pseudonymKey(rootKey) } : { policy };
      const openSpool = createDiskSpools(await spoolFolder(options));
      const imported = await readFiles(files, { ...reading, thirdParties, openSpool, known, signal, progress });
      try {
        if (signal.aborted)
          throw new PersonaError("CANCELLED", "The import was stopped before anything was published.");
        const published = await extend(imported, { ...own, ownerKeyPair, target, file, options, progress });
        printImport(imported, { published, known: known.counts(), policy, json: flags.json, report: true });
      } finally {
        for (const { content } of [...imported.segments, ...imported.ownerOnly]) await content.discard();
      }
    } finally {
      zeroise(ownerKeyPair.privateKey);
    }
  } finally {
    zeroise(rootKey);
  }
}

type Own = publishDataset.Prepared & { readonly ownerKeyPair: Awaited<ReturnType<typeof ownerKemKeyPair>> };
type Target = Chain & { readonly store: Awaited<ReturnType<typeof openTarget>> };

async function readKnown(target: Target, own: Own, progress: Progress): Promise<KnownRecords> {
  const step = progress.step("reading what the dataset holds");
  try {
    const known = createKnownRecords();
    for await (const segment of readOwnSegments(target, own)) await known.add(segment);
    step.done();
    return known;
  } catch (error) {
    step.fail();
    throw error;
  }
}

async function extend(
  imported: importArchive.ReturnType,
  {
    target,
    file,
    options,
    progress,
    ...own
  }: Own & { target: Target; file: string; options: CommonOptions; progress: Progress },
) {
  const segments = [...imported.segments, ...imported.ownerOnly].filter(({ records }) => records > 0);
  const { datasetId, version } = own.dataset;
  if (segments.length === 0) return { datasetId, version, out: file, keystore: undefined, gasUsed: undefined };
  const step = progress.step("encrypting, splitting keys, publishing");
  let next: string | undefined;
  try {
    const published = await extendDataset(target, {
      ...own,
      segments: segments.map(({ content, ...segment }) => ({ ...segment, bytes: content, origin: fileOrigin() })),
      padding: options.padding,
      onProgress: ({ step: name, done, total }) => step.update(`${name} ${done}/${total}`),
      // Kept before it is published: from then on it must not be lost, whatever happens here.
      onPrepared: async (prepared) => {
        next = await keepNext(file, prepared, target);
        step.update("publish");
      },
    });
    await settle(file, published, target);
    step.done();
    return {
      datasetId,
      version: published.dataset.version,
      out: file,
      keystore: undefined,
      gasUsed: published.gasUsed,
    };
  } catch (error) {
    step.fail();
    throw next === undefined ? error : withRecord(error, { out: next, datasetId });
  }
}
