import { join } from "node:path";
import { type Dataset, publishDataset } from "@persona-protocol/sdk/access";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { readArchive } from "@persona-protocol/sdk/ingest";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import type { Network } from "../../node/src/dev/startNetwork.ts";
import { openArchive } from "../../node/src/ingest/index.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";

/** A sample archive in `folder`, published by `owner` with all guardians of the network, of whom two together release. */
export async function publishSample(
  { network, owner, folder }: { readonly network: Network; readonly owner: ChainClient; readonly folder: string },
  sample: { readonly posts: number; readonly likes: number; readonly seed: number },
): Promise<Dataset> {
  const archive = join(folder, "archive.zip");
  await writeSampleArchive(archive, sample);
  const opened = await openArchive(archive);
  try {
    const { segments } = await readArchive(opened);
    const { publicKey } = await ownerKemKeyPair(generateOwnerRootKey());
    const guardians = network.guardians.map(({ nodeId }) => nodeId);
    const { dataset } = await publishDataset(
      { client: owner, deployment: network.deployment, store: network.store },
      { segments, guardians, threshold: 2, ownerPublicKey: publicKey },
    );
    return dataset;
  } finally {
    await opened.close();
  }
}
