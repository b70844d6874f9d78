import { replaceGuardians } from "@persona-protocol/sdk/access";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { askPassphrase, confirm } from "../ask.ts";
import { encodeDatasetRecord, readDatasetRecord } from "../datasetRecord.ts";
import { requireNewFile, writeNewFile } from "../files.ts";
import { replaceFile } from "../importTarget.ts";
import { unlockKeystore } from "../keystore.ts";
import { openPersona, type PersonaFlags } from "../openPersona.ts";
import { parseList, parseWhole } from "../parse.ts";
import { show } from "../show.ts";

type Flags = PersonaFlags & {
  readonly guardians: string;
  readonly threshold: string;
  readonly keystore: string;
  readonly keystorePassphraseFile?: string;
  readonly out: string;
  readonly yes?: boolean;
};

/** `persona guardians replace RECORD`: other guardians or another threshold, the data untouched. */
export async function guardiansReplace(record: string, flags: Flags): Promise<void> {
  await requireNewFile(flags.out);
  const kept = await readDatasetRecord(record);
  const guardians = parseList(flags.guardians).map((id) => parseWhole(id, "--guardians", 1, 2 ** 32 - 1));
  const threshold = parseWhole(flags.threshold, "--threshold", 2, 16);
  const persona = await openPersona(flags);
  await confirm(
    `Guardians become ${guardians.join(", ")}, any ${threshold} of them. Former ones keep what they have.`,
    flags,
  );
  const passphrase = await askPassphrase(flags.keystorePassphraseFile ?? flags.passphraseFile, "root key's");
  const rootKey = await unlockKeystore(flags.keystore, "owner-root", passphrase);
  try {
    const { client, deployment, store, nodes } = persona;
    const ownerKeyPair = await ownerKemKeyPair(rootKey);
    const parameters = { dataset: kept.dataset, keyBox: kept.keyBox, ownerKeyPair, guardians, threshold };
    const made = await replaceGuardians(
      { client, deployment, store, nodes },
      {
        ...parameters,
        // Whoever loses the answer to the transaction has what the chain may name all the same.
        onPrepared: (prepared) => writeNewFile(flags.out, encodeDatasetRecord(deployment, prepared, "pending")),
      },
    );
    await replaceFile(flags.out, encodeDatasetRecord(deployment, made, "confirmed"));
    const { datasetId, version } = made.dataset;
    show(flags.json, { datasetId, version, guardians, threshold, file: flags.out }, [
      `${datasetId}: any ${threshold} of guardians ${guardians.join(", ")}, from version ${version} on`,
      `your new record: ${flags.out}`,
    ]);
  } finally {
    zeroise(rootKey);
  }
}
