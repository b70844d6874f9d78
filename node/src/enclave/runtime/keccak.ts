import { createKeccak, type IHasher } from "hash-wasm";

let hasher: IHasher | undefined;

/** Resolves when the WebAssembly is compiled: some milliseconds after the start. Where it cannot be, the process ends. */
export const keccakIsReady: Promise<void> = createKeccak(256).then((made) => {
  hasher = made;
});

/**
 * Keccak-256 as WebAssembly, in a tenth of the time of JavaScript's: a guardian hashes some hundred blocks a release, most of
 * them inside viem. The bundle puts it in the place of the JavaScript one (`buildBundle.ts`), which hashes until it is ready.
 * @returns 32 bytes; undefined before `keccakIsReady`
 */
export function keccak256Wasm(bytes: Uint8Array): Uint8Array | undefined {
  if (hasher === undefined) return undefined;
  hasher.init();
  hasher.update(bytes);
  return hasher.digest("binary");
}
