import { argon2idAsync } from "@noble/hashes/argon2.js";
import { nodeCrypto } from "./nodeCrypto.ts";

/** Argon2id (RFC 9106, version 1.3), 32 bytes. The work is the parameters' alone: what computes it changes how long it takes. */
export async function argon2id(parameters: argon2id.Parameters): Promise<Uint8Array> {
  return nodeArgon2 === undefined ? portableArgon2id(parameters) : platformArgon2id(nodeArgon2, parameters);
}

export declare namespace argon2id {
  type Parameters = {
    readonly password: Uint8Array;
    readonly salt: Uint8Array;
    /** KiB of memory. */
    readonly m: number;
    /** Passes. */
    readonly t: number;
    /** Lanes. */
    readonly p: number;
  };
}

const KEY_BYTES = 32;

/** In plain JavaScript: browsers, and a Node whose platform has none. */
export function portableArgon2id({ password, salt, m, t, p }: argon2id.Parameters): Promise<Uint8Array> {
  return argon2idAsync(password, salt, { m, t, p, dkLen: KEY_BYTES });
}

/** The platform's own, on a thread of its pool: some fifteen times faster. */
function platformArgon2id(
  { argon2 }: NodeArgon2,
  { password, salt, m, t, p }: argon2id.Parameters,
): Promise<Uint8Array> {
  const options = { message: password, nonce: salt, memory: m, passes: t, parallelism: p, tagLength: KEY_BYTES };
  return new Promise((resolve, reject) => {
    argon2("argon2id", options, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}

type NodeArgon2 = {
  argon2(
    algorithm: "argon2id",
    options: {
      readonly message: Uint8Array;
      readonly nonce: Uint8Array;
      readonly memory: number;
      readonly passes: number;
      readonly parallelism: number;
      readonly tagLength: number;
    },
    done: (error: Error | null, derived: Uint8Array<ArrayBuffer>) => void,
  ): void;
  argon2Sync(algorithm: "argon2id", options: Parameters<NodeArgon2["argon2"]>[1]): Uint8Array;
};

/** Undefined in browsers, and in a Node before 24.7 or with an OpenSSL before 3.2. */
export const nodeArgon2: NodeArgon2 | undefined = find();

function find(): NodeArgon2 | undefined {
  const found = nodeCrypto as (typeof nodeCrypto & Partial<NodeArgon2>) | undefined;
  if (found?.argon2 === undefined || found.argon2Sync === undefined) return undefined;
  const node = found as unknown as NodeArgon2;
  try {
    // A name without the algorithm behind it, as in restricted builds, does not count. The least that there is: microseconds.
    const least = { memory: 8, passes: 1, parallelism: 1, tagLength: 4 };
    node.argon2Sync("argon2id", { message: new Uint8Array(1), nonce: new Uint8Array(8), ...least });
    return node;
  } catch {
    return undefined;
  }
}
