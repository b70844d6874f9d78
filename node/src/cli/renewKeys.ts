import { resolve } from "node:path";
import { type publishDataset, renewKeys } from "@persona-protocol/sdk/access";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { askPassphrase, confirm } from "./ask.ts";
import { currentRecord, keepNext, settle } from "./currentRecord.ts";
import { type ImportFlags, parseRenewOptions } from "./importOptions.ts";
import { connectAccount, openTarget, withRecord } from "./importTarget.ts";
import { jsonLine } from "./jsonLine.ts";
import { unlockKeystore } from "./keystore.ts";
import { rpcOfNetwork } from "./networkFolder.ts";
import { createProgress } from "./progress.ts";

/**
 * `persona rotate RECORD`: the whole dataset under new keys, with a KeyBox for its guardians, or for others. Every grant on it
 * ends. The record is that of the new version afterwards.
 */
export async function renewDatasetKeys(
  recordFile: string,
  given: Omit<ImportFlags, "rpc"> & { readonly rpc?: string; readonly yes?: boolean },
): Promise<void> {
  const flags: ImportFlags = { ...given, rpc: given.rpc ?? (await rpcOfNetwork(given.network ?? ".")) };
  const options = parseRenewOptions(flags);
  const file = resolve(recordFile);
  const chain = await connectAccount(options);
  const own = await currentRecord(file, chain);
  await confirm("Every grant on this dataset ends, and old backups do not have its new keys.", given);
  const rootKey = await unlockKeystore(
    options.keystore,
    "owner-root",
    await askPassphrase(options.passphraseFile, "root key's"),
  );
  const ownerKeyPair = await ownerKemKeyPair(rootKey).finally(() => zeroise(rootKey));
  const progress = createProgress({ quiet: flags.json });
  const step = progress.step("encrypting under new keys, publishing");
  const { datasetId } = own.dataset;
  let next: string | undefined;
  let published: publishDataset.ReturnType;
  try {
    published = await renewKeys(
      { ...chain, store: await openTarget(options) },
      {
        ...{ ...own, ownerKeyPair, padding: options.padding },
        ...(options.guardians !== undefined && { guardians: options.guardians, threshold: options.threshold }),
        onProgress: ({ step: name, done, total }) => step.update(`${name} ${done}/${total}`),
        onPrepared: async (prepared) => {
          next = await keepNext(file, prepared, chain);
        },
      },
    );
    await settle(file, published, chain);
    step.done();
  } catch (error) {
    step.fail();
    throw next === undefined ? error : withRecord(error, { out: next, datasetId });
  } finally {
    zeroise(ownerKeyPair.privateKey);
  }
  const { version, keyEpoch, guardians, threshold } = published.dataset;
  const text = flags.json
    ? jsonLine({ datasetId, version, keyEpoch, guardians, threshold, out: file })
    : `dataset ${datasetId}: version ${version}, key epoch ${keyEpoch}, keys with ${threshold} of guardians ${guardians.join(", ")}. Every earlier grant has ended, and no earlier backup has these keys: persona recovery backup makes a new one. persona storage gc lets go of the old objects.\n`;
  process.stdout.write(text);
}
