import { resolve } from "node:path";
import { type publishDataset, renewKeys } from "@persona-protocol/sdk/access";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { currentRecord, keepNext, settle } from "./currentRecord.ts";
import { readPassphrase } from "./files.ts";
import { type ImportFlags, parseRenewOptions } from "./importOptions.ts";
import { connectAccount, openTarget, withRecord } from "./importTarget.ts";
import { unlockKeystore } from "./keystore.ts";
import { createProgress } from "./progress.ts";

/**
 * `persona renew-keys RECORD`: the whole dataset under new keys, with a KeyBox for its guardians, or for others. Every grant on it
 * ends. The record is that of the new version afterwards.
 */
export async function renewDatasetKeys(recordFile: string, flags: ImportFlags): Promise<void> {
  const options = parseRenewOptions(flags);
  const file = resolve(recordFile);
  const chain = await connectAccount(options);
  const own = await currentRecord(file, chain);
  const rootKey = await unlockKeystore(options.keystore, "owner-root", await readPassphrase(options.passphraseFile));
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
    ? JSON.stringify({ datasetId, version, keyEpoch, guardians, threshold, out: file })
    : `dataset ${datasetId}: version ${version}, key epoch ${keyEpoch}, keys with ${threshold} of guardians ${guardians.join(", ")}. Every earlier grant has ended, and no earlier backup has these keys: persona recovery backup makes a new one. persona storage gc lets go of the old objects.`;
  process.stdout.write(`${text}\n`);
}
