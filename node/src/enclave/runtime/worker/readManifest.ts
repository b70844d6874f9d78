import { setTimeout as sleep } from "node:timers/promises";
import { segmentIndexes } from "@persona-protocol/sdk/access";
import type { BundleInput } from "@persona-protocol/sdk/compute";
import type { ChainView, InputSpec } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  catalogueHash,
  datasetHeadHash,
  decodeManifest,
  MAX_MANIFEST_BYTES,
  type ManifestSegment,
  meetsProvenance,
  requireManifestHistory,
} from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";
import type { WorkerHost } from "./host.ts";

/** The block at which a guardian has released, as it has signed it. */
export type SignedBlock = { readonly number: bigint; readonly hash: Hex };

/** How long an endpoint may take to have a block that a guardian has already seen. */
const maxWaitMs = 5_000;
const pollMs = 250;

/**
 * The segments of one input, from a manifest that this enclave has compared by itself: with the head that the chain had when a
 * guardian released the keys, and with the manifests before it (docs/protocol.md 3.5).
 *
 * @param opened the same input in the job's bundle: its head and catalogue are the requester's words until they are compared.
 * @param releasedAt block of the release, whose hash must be the same here. At a later one the dataset may have moved on, which takes nothing from this job.
 * @throws MANIFEST_INVALID when a writer has rolled back or dropped a segment, or the manifest's catalogue is not the chain's.
 * @throws PROVENANCE_TOO_LOW when the job asks for more than a segment's public level.
 * @throws CHAIN_DISAGREES when the chain that the host relays is not the one that the guardian has seen.
 */
export async function readManifest(
  { chain, host }: { readonly chain: Pick<ChainView, "block" | "dataset">; readonly host: Pick<WorkerHost, "block"> },
  input: InputSpec,
  opened: Pick<BundleInput, "head" | "catalogue" | "provenance">,
  releasedAt: SignedBlock,
): Promise<ManifestSegment[]> {
  const { datasetId, keyEpoch, manifestDigest: digest } = input;
  await requireHead(chain, input, opened, releasedAt);
  const bytes = await host.block(digest, MAX_MANIFEST_BYTES);
  const manifest = decodeManifest(bytes, { digest, datasetId, keyEpoch, version: Number(input.version) });
  if (catalogueHash(manifest.catalogue) !== opened.head.catalogueHash) {
    throw new PersonaError("MANIFEST_INVALID", "The manifest's catalogue is not the one on chain.", {
      data: { datasetId, version: manifest.version },
    });
  }
  const wanted = segmentIndexes(input.segments);
  const segments = wanted.map((index) => {
    const segment = manifest.segments.find((candidate) => candidate.index === index);
    if (segment !== undefined) return segment;
    throw new PersonaError("MANIFEST_INVALID", "The manifest lacks a granted segment.", {
      data: { datasetId, segment: index },
    });
  });
  const { provenance: least = "none" } = opened;
  const low = segments.find(({ provenance }) => !meetsProvenance(provenance, least));
  if (low !== undefined)
    throw new PersonaError("PROVENANCE_TOO_LOW", "A segment's origin is less sure than the job asks for.", {
      data: { datasetId, segment: low.index, has: low.provenance, wanted: least },
    });
  await requireManifestHistory(manifest, wanted, (previous) => host.block(previous, MAX_MANIFEST_BYTES));
  return segments;
}

async function requireHead(
  chain: Pick<ChainView, "block" | "dataset">,
  input: InputSpec,
  { head, catalogue }: Pick<BundleInput, "head" | "catalogue">,
  releasedAt: SignedBlock,
): Promise<void> {
  const { datasetId } = input;
  await requireSignedBlock(chain, releasedAt);
  const dataset = await chain.dataset(datasetId, releasedAt.number);
  const same =
    dataset.headHash === datasetHeadHash(head) &&
    dataset.version === input.version &&
    dataset.keyEpoch === input.keyEpoch &&
    head.manifestDigest === input.manifestDigest &&
    head.keyBoxDigest === input.keyBoxDigest &&
    head.catalogueHash === catalogueHash(catalogue);
  if (same) return;
  // Unproved on purpose: a host that lies about the chain must not be paid for a failure.
  throw new PersonaError("CHAIN_DISAGREES", "The dataset's head is not the one the guardian saw.", {
    data: { datasetId, version: input.version, releasedAt: releasedAt.number },
  });
}

/**
 * Proofs show what a block says, not that it is the chain's. A guardian, on another host, has signed the block that it believes:
 * a host that makes up a chain of its own, or stays in the past, must have the guardians' hosts with it. One endpoint that has that
 * very block is enough: what it holds is proved.
 * @throws PersonaError CHAIN_DISAGREES
 */
async function requireSignedBlock(chain: Pick<ChainView, "block">, { number, hash }: SignedBlock): Promise<void> {
  const from = performance.now();
  while ((await chain.block("latest")).number < number && performance.now() - from < maxWaitMs) await sleep(pollMs);
  const block = await chain.block(number);
  if (block.hash === hash) return;
  throw new PersonaError("CHAIN_DISAGREES", "The host's chain is not the one that the guardian has signed.", {
    data: { block: number, got: block.hash, wanted: hash },
  });
}
