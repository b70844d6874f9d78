import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** QuickJS as WebAssembly. Where the code is bundled, the bundle holds it in this module's place. */
export const quickJsBinary = (): Uint8Array =>
  readFileSync(fileURLToPath(import.meta.resolve("@jitl/quickjs-ng-wasmfile-release-sync/wasm")));
