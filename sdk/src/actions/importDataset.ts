import { type Dataset, publishDataset, type SegmentInput } from "../access/index.ts";
import { PersonaError } from "../errors/index.ts";
import { fileOrigin } from "../storage/index.ts";
import { type ActionContext, guardiansOf } from "./context.ts";

/** Where a dataset comes from: `xArchive(file)`, `anyExport(file)` of `@persona-protocol/sdk/sources`, or an own one. */
export type DatasetSource = {
  readonly read: (options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress: (progress: {
      readonly file: string;
      readonly bytesRead: number;
      readonly bytesTotal: number;
    }) => void;
  }) => Promise<{
    readonly segments: readonly SegmentInput[];
    /** What was left out or changed, and why. Constant texts. */
    readonly remarks: readonly {
      readonly segment: string | null;
      readonly kind: string;
      readonly reason: string;
      readonly count: number;
    }[];
    /** Lets go of what waits in memory or on disk. */
    readonly discard: () => Promise<void>;
  }>;
};

export type ImportDatasetProgress =
  | { readonly step: "read"; readonly file: string; readonly done: number; readonly total: number }
  | { readonly step: "encrypt" | "confirm" | "deposit"; readonly done: number; readonly total: number };

export type ImportedDataset = Dataset & {
  /** The owner keeps it: with the root key it opens every segment, guardians or not. */
  readonly keyBox: { readonly head: Uint8Array; readonly body: Uint8Array };
  readonly remarks: Awaited<ReturnType<DatasetSource["read"]>>["remarks"];
  readonly gasUsed: bigint;
};

/**
 * Reads an export on this device, encrypts it, stores it, splits its keys among guardians, and registers it as a dataset.
 * @throws PersonaError what the source refuses, and as `publishDataset`; CONFIG_INVALID without keys or a store
 */
export async function importDataset(
  context: ActionContext,
  parameters: importDataset.Parameters,
): Promise<ImportedDataset> {
  const { source, signal, onProgress = () => {}, padding, onPrepared } = parameters;
  const ownerPublicKey = parameters.ownerPublicKey ?? context.options.keys?.publicKey;
  if (ownerPublicKey === undefined)
    throw new PersonaError("CONFIG_INVALID", "An import needs the owner's key: give `keys` to createPersonaClient.");
  const trusted = await guardiansOf(context, parameters);
  const { segments, remarks, discard } = await source.read({
    signal,
    onProgress: ({ file, bytesRead: done, bytesTotal: total }) => onProgress({ step: "read", file, done, total }),
  });
  try {
    if (signal?.aborted) throw new PersonaError("CANCELLED", "The import was stopped before anything was published.");
    const { dataset, keyBox, gasUsed } = await publishDataset(context, {
      segments: segments.map((segment) => ({ origin: fileOrigin(), ...segment })),
      ...trusted,
      ownerPublicKey,
      onProgress,
      ...(padding === undefined ? {} : { padding }),
      ...(onPrepared === undefined ? {} : { onPrepared }),
    });
    return { ...dataset, keyBox, remarks, gasUsed };
  } finally {
    await discard();
  }
}

export declare namespace importDataset {
  type Parameters = Pick<publishDataset.Parameters, "padding" | "onPrepared"> & {
    readonly source: DatasetSource;
    /** Default: `keys` of the client. */
    readonly ownerPublicKey?: Uint8Array;
    readonly guardians?: readonly number[];
    readonly threshold?: number;
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: ImportDatasetProgress) => void;
  };
}
