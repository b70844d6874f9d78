import type { PersonaError } from "@persona-protocol/sdk/errors";
import type { Provenance, SegmentOrigin } from "@persona-protocol/sdk/storage";
import type { RunOrder } from "./scheduler.ts";

/** One segment that a source may replace, as its sealed entry names it. */
export type WritableSegment = { readonly index: number; readonly name: string; readonly schema: string };

/** A segment anew. Name and schema stay what they are. */
type BroughtSegment = {
  readonly index: number;
  readonly records: number;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly bytes: Uint8Array | { readonly size: number; read(): AsyncIterable<Uint8Array> };
  readonly provenance?: Provenance;
  readonly origin?: SegmentOrigin | undefined;
};

/**
 * What reads a source: from its cursor on, what its segments hold now. A segment that is left out stays as it is, and where there is none nothing is
 * published. Live accounts are read so inside the ingest enclave; the cursor is theirs.
 */
export type ReadSource = (
  order: Pick<RunOrder, "source" | "signal" | "permit"> & { readonly segments: readonly WritableSegment[] },
) => Promise<{
  readonly segments: readonly BroughtSegment[];
  readonly cursor: string | undefined;
  /** Why it ended before its end: what it brought counts, and the rest is for a later run. */
  readonly stopped?: PersonaError | undefined;
  /** Lets go of what waits in files or memory. */
  discard?(): Promise<void>;
}>;
