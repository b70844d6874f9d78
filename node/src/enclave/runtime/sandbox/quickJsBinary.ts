import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** QuickJS as WebAssembly. Where the code is bundled it lies beside it, and another module is in this one's place. */
export const quickJsBinary = (): Uint8Array =>
  readFileSync(fileURLToPath(import.meta.resolve("@jitl/quickjs-ng-wasmfile-release-sync/wasm")));
