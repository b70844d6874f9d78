import type { PersonaClient } from "@persona-protocol/sdk";
import { type DatasetRecord, toBase64 } from "../../vault/records.ts";
import { changeVault, type Vault } from "../../vault/vault.ts";
import type { Found } from "../../worker/importMessages.ts";

export type PublishStep = {
  readonly step: "encrypt" | "confirm" | "deposit" | "register";
  readonly done: number;
  readonly total: number;
};

/** Encrypts, stores, splits keys and registers. Its record is kept before the transaction: nobody else knows the names. */
export async function publishFound(
  persona: PersonaClient,
  vault: Vault,
  {
    found,
    title,
    onStep,
  }: { readonly found: Found; readonly title: string; readonly onStep: (step: PublishStep) => void },
): Promise<void> {
  const { chainId, datasetRegistry } = persona.deployment;
  const place = { chainId, owner: vault.owner };
  const seconds = (date: Date | null) => (date === null ? null : Math.floor(date.getTime() / 1_000));
  const { datasetId } = await persona.importDataset({
    source: {
      // The worker has read it; what it found stays here, so that a wallet's no costs no second reading.
      read: async () => ({ segments: found.segments, remarks: found.remarks, discard: async () => {} }),
    },
    ownerPublicKey: vault.publicKey,
    onProgress: (progress) => {
      if (progress.step !== "read") onStep(progress);
    },
    async onPrepared({ dataset, keyBox }) {
      const record: DatasetRecord = {
        v: 1,
        kind: "persona-dataset",
        chainId,
        datasetRegistry,
        registration: "pending",
        dataset,
        keyBox: { head: toBase64(keyBox.head), body: toBase64(keyBox.body) },
        portal: {
          title,
          ranges: found.segments.map(({ from, to }) => [seconds(from), seconds(to)] as const),
          grants: [],
        },
      };
      await changeVault(place, (content) => ({ ...content, records: [...content.records, record] }));
      onStep({ step: "register", done: 0, total: 1 });
    },
  });
  await changeVault(place, (content) => ({
    ...content,
    records: content.records.map((each) =>
      each.dataset.datasetId === datasetId ? { ...each, registration: "confirmed" } : each,
    ),
  }));
}
