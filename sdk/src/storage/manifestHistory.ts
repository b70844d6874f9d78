import { isPersonaError, PersonaError } from "../errors/index.ts";
import { decodeManifest, type Manifest } from "./manifest.ts";
import { requireManifestSuccessor } from "./manifestSuccessor.ts";

/** A manifest may be 1 MiB, and its writer decides how many there are. */
const MAX_STEPS = 1_024;
const MAX_BYTES = 64 * 2 ** 20;

/**
 * Compares a manifest with those before it, back to the version in which the oldest of the wanted segments was written: for readers
 * who cannot ask the chain who published what. Every publication, an owner's or a writer's, leaves a segment as it was or
 * writes it in its own version (docs/protocol.md 3.2), so a segment that somebody has rolled back shows at the step where that
 * was done, whoever did it. A segment that is *written* by somebody without its key does not open; one that is dropped is
 * missing; the catalogue is the chain's. Together that is all that a writer could do to segments that are not its own.
 *
 * @param read the block of a digest, at most 1 MiB. What it cannot bring ends the comparison: an owner lets go of versions before its own last
 * one. So a host that withholds a version prevents it, and is trusted as far as that.
 * @returns how many versions were compared.
 * @throws MANIFEST_INVALID when one does not follow the one before, or there are more than 1,024 versions or 64 MiB of them.
 */
export async function requireManifestHistory(
  manifest: Manifest,
  wanted: readonly number[],
  read: (digest: NonNullable<Manifest["previous"]>) => Promise<Uint8Array>,
): Promise<number> {
  const segments = manifest.segments.filter(({ index }) => wanted.includes(index));
  const oldest = Math.min(manifest.version, ...segments.map(({ version }) => version));
  let next = manifest;
  let steps = 0;
  for (let bytes = 0; next.version > oldest; steps++) {
    const digest = next.previous;
    if (digest === null) {
      throw new PersonaError("MANIFEST_INVALID", "A manifest names none before it and is not the first.", {
        data: { datasetId: next.datasetId, version: next.version },
      });
    }
    const block = await read(digest).catch((error: unknown) => {
      // Also bytes of another digest: whoever brings them has not the right ones.
      if (isPersonaError(error)) return undefined;
      throw error;
    });
    if (block === undefined) return steps;
    bytes += block.length;
    if (steps >= MAX_STEPS || bytes > MAX_BYTES) {
      throw new PersonaError("MANIFEST_INVALID", "A segment was written too many versions ago to compare them all.", {
        data: { datasetId: manifest.datasetId, version: manifest.version, oldest, maxVersions: MAX_STEPS },
      });
    }
    const before = decodeManifest(block, { digest, datasetId: manifest.datasetId });
    requireManifestSuccessor({ manifest: before, digest }, next);
    next = before;
  }
  return steps;
}
