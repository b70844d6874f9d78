// The SDK is written against the browser's WebCrypto types. @types/node has the same ones, but only inside a namespace:
// named here, the whole tree type-checks without the DOM, and `window` in the daemon stays an error.
import type { webcrypto } from "node:crypto";

declare global {
  interface CryptoKey extends webcrypto.CryptoKey {}
  interface AesGcmParams extends webcrypto.AesGcmParams {}
}
