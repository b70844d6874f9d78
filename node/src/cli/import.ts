import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { type Dataset, publishDataset } from "@persona-protocol/sdk/access";
import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { type ImportRemark, readArchive } from "@persona-protocol/sdk/ingest";
import {
  type BlobStore,
  createReplicatedStore,
  generateOwnerRootKey,
  ownerKemKeyPair,
} from "@persona-protocol/sdk/storage";
import Table from "cli-table3";
import { toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { connectChain } from "../chain/connectChain.ts";
import { openArchive } from "../ingest/index.ts";
import { createLocalIpfs, openStores } from "../storage/index.ts";
import { encodeDatasetRecord } from "./datasetRecord.ts";
import { readPassphrase, requireNewFile, writeNewFile } from "./files.ts";
import { type ImportFlags, type PublishOptions, parseMaxEntryBytes, parsePublishOptions } from "./importOptions.ts";
import { createKeystore, unlockKeystore } from "./keystore.ts";
import { readNetwork } from "./networkFolder.ts";
import { createProgress, type Progress } from "./progress.ts";
import { printable } from "./runCommand.ts";
import { untilStopped } from "./untilStopped.ts";

type Imported = readArchive.ReturnType;

/**
 * `persona import FILE`: shows what a connector finds in an export, never its content, and without `--dry-run` publishes it
 * encrypted. Everything that can be judged is judged before anything is written.
 */
export async function importFile(file: string, flags: ImportFlags): Promise<void> {
  const signal = untilStopped();
  const progress = createProgress({ quiet: flags.json });
  const limits = parseMaxEntryBytes(flags.maxEntryBytes);
  const publishing = flags.dryRun === true ? undefined : parsePublishOptions(flags);
  const target = publishing === undefined ? undefined : await prepareTarget(publishing);

  const imported = await readFile(file, { signal, limits, progress });
  if (publishing === undefined || target === undefined) return print(imported, undefined, flags.json);
  if (signal.aborted) throw new PersonaError("CANCELLED", "The import was stopped before anything was published.");

  const published = await publish(imported, publishing, target, progress);
  print(imported, published, flags.json);
}

async function readFile(
  file: string,
  {
    signal,
    limits,
    progress,
  }: { signal: AbortSignal; limits: ReturnType<typeof parseMaxEntryBytes>; progress: Progress },
): Promise<Imported> {
  const step = progress.step(`reading ${printable(file)}`);
  try {
    const archive = await openArchive(file, { signal, limits });
    try {
      const imported = await readArchive(archive, {
        signal,
        limits,
        onProgress: ({ bytesRead, bytesTotal }) =>
          step.update(`${Math.round((100 * bytesRead) / Math.max(bytesTotal, 1))} %`),
      });
      step.done(imported.connector);
      return imported;
    } finally {
      await archive.close();
    }
  } catch (error) {
    step.fail();
    throw error;
  }
}

/** The owner's account on a chain that answers, and a public key to seal to. */
type Target = {
  readonly client: ChainClient;
  readonly deployment: Deployment;
  /** Undefined when a keystore is still to be made. */
  readonly ownerPublicKey: Uint8Array | undefined;
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
  const ownerPublicKey = options.newKeystore
    ? undefined
    : await publicKeyOf(await unlockKeystore(options.keystore, "owner-root", passphrase));
  const client = await connectChain({ rpcUrl: options.rpcUrl, deployment, account });
  if ((await client.getBalance({ address: account.address })) === 0n) {
    throw new PersonaError("CONFIG_INVALID", "The account has no ether to register a dataset with.", {
      data: { account: account.address },
    });
  }
  return { client, deployment, ownerPublicKey, passphrase };
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
    const ownerPublicKey = target.ownerPublicKey ?? (await makeRootKey(options.keystore, target.passphrase));
    const published = await publishDataset(
      { client, deployment, store },
      {
        segments: imported.segments,
        guardians: options.guardians,
        threshold: options.threshold,
        padding: options.padding,
        ownerPublicKey,
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

async function makeRootKey(out: string, passphrase: string): Promise<Uint8Array> {
  const secret = generateOwnerRootKey();
  await createKeystore({ kind: "owner-root", secret, passphrase, out });
  return publicKeyOf(secret);
}

/** The KEM public key of a root key, which is zeroised. */
async function publicKeyOf(rootKey: Uint8Array): Promise<Uint8Array> {
  try {
    const { publicKey, privateKey } = await ownerKemKeyPair(rootKey);
    zeroise(privateKey);
    return publicKey;
  } finally {
    zeroise(rootKey);
  }
}

function print({ connector, segments, remarks }: Imported, published: Published | undefined, json: boolean): void {
  if (json) {
    const line = {
      ok: true,
      dryRun: published === undefined,
      connector,
      segments: segments.map(({ name, schema, records, from, to, bytes }) => ({
        name,
        schema,
        records,
        from,
        to,
        bytes: bytes.length,
      })),
      remarks,
      ...(published === undefined
        ? {}
        : {
            datasetId: published.dataset.datasetId,
            out: published.out,
            keystore: published.keystore ?? null,
            gasUsed: Number(published.gasUsed),
          }),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  const lines = [
    `recognised by ${connector}`,
    segmentTable(segments),
    ...(remarks.length > 0 ? [remarkTable(remarks)] : []),
  ];
  if (published === undefined) lines.push("Nothing was published: this was a dry run.");
  else {
    lines.push(`dataset   ${published.dataset.datasetId}`, `record    ${published.out} (private: keep it)`);
    if (published.keystore !== undefined)
      lines.push(
        `root key  ${published.keystore} (keep a copy: without it and its passphrase your own way in is lost)`,
      );
  }
  process.stdout.write(`${printable(lines.join("\n"))}\n`);
}

/** Without colours: what is printed goes through `printable`, and into files. */
const plain = { style: { head: [], border: [] } };

function segmentTable(segments: Imported["segments"]): string {
  const day = (time: Date | null) => time?.toISOString().slice(0, 10) ?? "–";
  const table = new Table({
    ...plain,
    head: ["segment", "schema", "records", "from", "to", "bytes"],
    colAligns: ["left", "left", "right", "left", "left", "right"],
  });
  for (const { name, schema, records, from, to, bytes } of segments)
    table.push([name, schema, records, day(from), day(to), bytes.length]);
  return table.toString();
}

function remarkTable(remarks: readonly ImportRemark[]): string {
  const table = new Table({
    ...plain,
    head: ["segment", "records", "", "why"],
    colAligns: ["left", "right", "left", "left"],
  });
  for (const { segment, count, kind, reason } of remarks) table.push([segment, count, kind, reason]);
  return table.toString();
}
