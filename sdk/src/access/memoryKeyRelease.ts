import type { Hex } from "viem";
import { PersonaError } from "../errors/index.ts";
import { checkOpened } from "./checkOpened.ts";
import type { KeyReleaseProvider } from "./keyReleaseProvider.ts";
import { type ReleasableView, requireReleasable } from "./requireReleasable.ts";
import { segmentIndexes } from "./segments.ts";
import { untilAborted } from "./untilAborted.ts";

export type MemoryKeyRelease = KeyReleaseProvider & {
  /** Keeps copies of shares of one dataset and key epoch, by segment index. They end with the process. */
  hold(
    dataset: { readonly datasetId: Hex; readonly keyEpoch: number },
    shares: readonly { readonly index: number; readonly share: Uint8Array }[],
  ): void;
};

/**
 * One keeper of shares in this process: what chain, grant and Scope refuse, it refuses as guardians do. It signs nothing, seals nothing,
 * logs nothing, and believes one chain endpoint at its newest block: for tests and trials on a machine that may see the shares.
 */
export function createMemoryKeyRelease(chain: ReleasableView): MemoryKeyRelease {
  const kept = new Map<string, Uint8Array>();
  const nameOf = (datasetId: string, keyEpoch: number, index: number) =>
    `${datasetId.toLowerCase()} ${keyEpoch} ${index}`;
  return {
    id: "memory",
    hold({ datasetId, keyEpoch }, shares) {
      for (const { index, share } of shares) {
        kept.set(nameOf(datasetId, keyEpoch, index), share.slice());
      }
    },
    async release({ call, opened }, { signal }) {
      const { request, params } = call;
      checkOpened(chain.deployment, { jobId: request.jobId, params }, request.input, opened);
      await untilAborted(requireReleasable(chain, call), signal);
      const input = opened?.spec.inputs[request.input];
      if (input === undefined) throw new PersonaError("INPUT_UNKNOWN", "The job has no such input.");
      const { datasetId, keyEpoch } = input;
      const shares = segmentIndexes(input.segments).map((index) => {
        const held = kept.get(nameOf(datasetId, keyEpoch, index));
        if (held !== undefined) return { index, share: held.slice() };
        throw new PersonaError("SHARE_UNKNOWN", "Nothing is held of this segment's key.", {
          data: { datasetId, keyEpoch, segment: index },
        });
      });
      return { status: "unsigned", shares };
    },
  };
}
