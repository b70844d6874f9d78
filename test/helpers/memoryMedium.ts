import { PersonaError } from "@persona-protocol/sdk/errors";
import type { BlockMedium } from "@persona-protocol/sdk/storage";

/** Blocks in memory, open to every kind of tampering. */
export type MemoryMedium = BlockMedium & { readonly blocks: Map<string, Uint8Array>; readonly reads: string[] };

export function createMemoryMedium(): MemoryMedium {
  const blocks = new Map<string, Uint8Array>();
  const pins = new Set<string>();
  const reads: string[] = [];
  return {
    blocks,
    reads,
    async write(cid, bytes) {
      blocks.set(cid, Uint8Array.from(bytes));
    },
    async read(cid) {
      reads.push(cid);
      return blocks.get(cid);
    },
    has: async (cid) => blocks.has(cid),
    async pin(cid) {
      if (!blocks.has(cid)) throw new PersonaError("BLOB_NOT_FOUND", "Nothing to pin.", { data: { cid } });
      pins.add(cid);
    },
    async unpin(cid) {
      pins.delete(cid);
    },
    isPinned: async (cid) => pins.has(cid),
  };
}
