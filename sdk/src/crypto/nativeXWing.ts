import { XWing } from "@hpke/hybridkem-x-wing";
import { bytesOf, concatBytes } from "./bytes.ts";
import { nodeHpkeCrypto } from "./nodeHpkeCrypto.ts";
import {
  decapsulate,
  encapsulate,
  type PlatformPrivateKey,
  type PlatformPublicKey,
  platformPrivateKey,
  platformPublicKey,
} from "./nodeXWing.ts";

/** PrivateKeyInfo around 32 raw bytes (RFC 8410, section 7). */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);

/**
 * X-Wing whose X25519 half is the platform's. The package computes it with JavaScript's big integers, whose time depends on
 * the numbers and which take four fifths of a seal or open; WebCrypto's takes a tenth of that and runs in constant time.
 * Where the platform has no X25519 (browsers before 2025) the package's own goes on. Where `node:crypto` has ML-KEM as well,
 * it does all of it.
 */
export class NativeXWing extends XWing {
  constructor() {
    super();
    const portable = this._x25519.derive.bind(this._x25519);
    const isNative = hasNativeX25519();
    this._x25519.derive = async (privateKey, publicKey) =>
      (await isNative) ? deriveNatively(privateKey, publicKey) : portable(privateKey, publicKey);
  }

  override async encap(...[params]: Parameters<XWing["encap"]>): ReturnType<XWing["encap"]> {
    // Only tests of other implementations' vectors choose the ephemeral key.
    if (nodeHpkeCrypto === undefined || params.ekm !== undefined) return super.encap(params);
    const { recipientPublicKey: key } = params;
    const ready = isPlatformKey(key, "public")
      ? key
      : platformPublicKey(nodeHpkeCrypto, new Uint8Array(await this.serializePublicKey(key)));
    const { sharedSecret, enc } = encapsulate(nodeHpkeCrypto, ready);
    return { sharedSecret: sharedSecret.buffer, enc: enc.buffer };
  }

  override async decap(...[params]: Parameters<XWing["decap"]>): ReturnType<XWing["decap"]> {
    const { recipientKey: key, enc } = params;
    if (nodeHpkeCrypto === undefined) return super.decap(params);
    const ready = isPlatformKey(key, "private")
      ? key
      : platformPrivateKey(
          nodeHpkeCrypto,
          new Uint8Array(await this.serializePrivateKey("privateKey" in key ? key.privateKey : key)),
        );
    return decapsulate(nodeHpkeCrypto, ready, bytesOf(enc)).buffer;
  }
}

/** Keys that were made ready take the place of the package's own. */
function isPlatformKey<kind extends "public" | "private">(
  key: object,
  kind: kind,
): key is Extract<PlatformPublicKey | PlatformPrivateKey, { kind: kind }> {
  return "kind" in key && key.kind === kind;
}

/** X25519 (RFC 7748). Rejects where the result would be all zero. */
async function deriveNatively(privateKey: Uint8Array, publicKey: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const encoded = concatBytes(PKCS8_PREFIX, privateKey);
  try {
    const [own, theirs] = await Promise.all([
      crypto.subtle.importKey("pkcs8", encoded, "X25519", false, ["deriveBits"]),
      crypto.subtle.importKey("raw", Uint8Array.from(publicKey), "X25519", false, []),
    ]);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, own, 256));
  } finally {
    encoded.fill(0);
  }
}

async function hasNativeX25519(): Promise<boolean> {
  try {
    const base = new Uint8Array(32);
    base[0] = 9;
    await deriveNatively(new Uint8Array(32).fill(1), base);
    return true;
  } catch {
    return false;
  }
}
