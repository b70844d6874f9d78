import { releaseShareInfo } from "@persona-protocol/sdk/access";
import type { BuiltJob } from "@persona-protocol/sdk/compute";
import { jobSpecHashOf } from "@persona-protocol/sdk/contracts";
import { open } from "@persona-protocol/sdk/crypto";
import { collectBytes, combineShares, decodeKeyBoxHead, decryptEnvelope } from "@persona-protocol/sdk/storage";
import { askRelease, claimedJob, type Scene } from "./guardianScene.ts";

type HeldShare = { readonly position: number; readonly share: Uint8Array };

/** The shares of `posts` that these guardians release to the scene's enclave for a job. Their refusal is an error. */
export async function sharesOf(scene: Scene, job: BuiltJob, guardians: readonly number[]): Promise<HeldShare[]> {
  const { network, worker, keyBox } = scene;
  const head = decodeKeyBoxHead(keyBox.head);
  const signer = worker.identity.account.address;
  const jobSpecHash = jobSpecHashOf(network.deployment, job.spec);
  const shares: HeldShare[] = [];
  for (const guardian of guardians) {
    const answer = await askRelease(scene, job, { guardian });
    if (answer.status !== "released") throw new Error(`guardian ${guardian} refused: ${answer.refusal.reason}`);
    const [sealed] = answer.keys.shares;
    if (sealed === undefined) throw new Error("no share");
    const info = releaseShareInfo({ jobSpecHash, datasetId: head.datasetId, segment: 0, guardian, signer });
    const { privateKey } = worker.identity.kem;
    shares.push({ position: head.guardians.indexOf(guardian), share: await open({ privateKey, info, ...sealed }) });
  }
  return shares;
}

/** The plaintext of `posts`, by a new job, from what these guardians release. */
export async function openThroughGuardians(scene: Scene, guardians: readonly number[]): Promise<Uint8Array> {
  const { network, dataset, keyBox } = scene;
  const shares = await sharesOf(scene, await claimedJob(scene), guardians);
  const dek = await combineShares({ head: decodeKeyBoxHead(keyBox.head), segment: 0, shares });
  const { datasetId, keyEpoch } = dataset;
  const [segment] = dataset.segments;
  const ciphertext = network.store.get(segment?.cid ?? "");
  return collectBytes(decryptEnvelope(ciphertext, { datasetId, segment: 0, keyEpoch, dek }));
}
