import type { Hex } from "viem";
import { equalBytes } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { Manifest, ManifestSegment } from "./manifest.ts";

/**
 * Does one manifest follow another (docs/protocol.md 3.2)? The chain fixes digests, versions and the catalogue's hash; it cannot look
 * into a manifest, so whoever reads one that a writer published asks this.
 *
 * - The same dataset, the next version, `previous` is the digest of the one before, and the key epoch does not go back.
 * - The catalogue only grows.
 * - A segment is what it was, or says this version. Under a new key epoch nothing is what it was.
 * - With `writable` (bit i: segment i), which is what `DatasetWritten` names: catalogue and key epoch stay, all other segments are what
 *   they were, and none is dropped.
 *
 * @throws MANIFEST_INVALID naming the first rule that is broken.
 */
export function requireManifestSuccessor(
  before: { readonly manifest: Manifest; readonly digest: Hex },
  next: Manifest,
  writable?: bigint,
): void {
  const { manifest: previous, digest } = before;
  const isWriter = writable !== undefined;
  const refuse = (what: string, data: Record<string, string | number> = {}): PersonaError =>
    new PersonaError("MANIFEST_INVALID", `The manifest does not follow the one before: ${what}.`, {
      data: { datasetId: next.datasetId, version: next.version, ...data },
    });

  if (next.datasetId.toLowerCase() !== previous.datasetId.toLowerCase()) throw refuse("it is of another dataset");
  if (next.version !== previous.version + 1) throw refuse("its version is not the next", { after: previous.version });
  if (next.previous?.toLowerCase() !== digest.toLowerCase()) throw refuse("it names another one as the one before it");
  if (next.keyEpoch < previous.keyEpoch || (isWriter && next.keyEpoch !== previous.keyEpoch)) {
    throw refuse("its key epoch does not fit", { keyEpoch: next.keyEpoch, after: previous.keyEpoch });
  }
  const grown = next.catalogue.length - previous.catalogue.length;
  if (grown < 0 || (isWriter && grown !== 0)) throw refuse("its catalogue has another length");
  const changedAt = previous.catalogue.findIndex((one, at) => one.toLowerCase() !== next.catalogue[at]?.toLowerCase());
  if (changedAt !== -1) throw refuse("its catalogue is changed where it was written", { segment: changedAt });

  const old = new Map(previous.segments.map((segment) => [segment.index, segment]));
  for (const segment of next.segments) {
    const { index } = segment;
    const was = old.get(index);
    const kept = was !== undefined && isSame(was, segment);
    if (kept && next.keyEpoch !== previous.keyEpoch) {
      throw refuse("a segment keeps its object under new keys", { segment: index });
    }
    if (!kept && segment.version !== next.version) {
      throw refuse("a segment is changed and does not say this version", { segment: index });
    }
    if (!kept && isWriter && !isWritable(writable, index)) {
      throw refuse("it changes a segment that was not delegated", { segment: index });
    }
  }
  if (!isWriter) return;
  const present = new Set(next.segments.map(({ index }) => index));
  const dropped = previous.segments.find(({ index }) => !present.has(index));
  if (dropped !== undefined) throw refuse("it drops a segment", { segment: dropped.index });
}

function isWritable(writable: bigint, index: number): boolean {
  return ((writable >> BigInt(index)) & 1n) === 1n;
}

function isSame(one: ManifestSegment, two: ManifestSegment): boolean {
  return (
    one.version === two.version &&
    one.cid === two.cid &&
    one.digest.toLowerCase() === two.digest.toLowerCase() &&
    one.size === two.size &&
    one.provenance === two.provenance &&
    equalBytes(one.entry, two.entry)
  );
}
