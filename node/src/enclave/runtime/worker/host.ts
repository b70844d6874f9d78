import { sha256Async, sha256Hex } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { bytesToHex, type Hex } from "viem";
import type { Peer } from "../peer.ts";

/** What the host brings on request. Nothing it brings is believed: every byte is checked against a digest. */
export type WorkerHost = {
  /** A small content-addressed block. @throws PersonaError DIGEST_MISMATCH, HOST_DID_NOT_DELIVER */
  block(digest: Hex, maxBytes: number): Promise<Uint8Array>;
  /** A whole blob of known size. @throws PersonaError DIGEST_MISMATCH, HOST_DID_NOT_DELIVER */
  blob(blob: { readonly cid: string; readonly digest: Hex; readonly size: number }): Promise<Uint8Array>;
  /** Carries one release request to a guardian and its answer back. */
  ask(guardian: number, body: Uint8Array): Promise<Uint8Array>;
};

const timeoutMs = 30_000;
const pieceBytes = 8 * 1024 * 1024;

export function createWorkerHost(peer: Pick<Peer, "call">): WorkerHost {
  const bring = async (method: string, params: unknown): Promise<Uint8Array> => {
    const answer = await peer.call(method, params, { timeoutMs }).catch((cause) => {
      if (isPersonaError(cause, "DIGEST_MISMATCH")) throw cause;
      throw new PersonaError("HOST_DID_NOT_DELIVER", "The host did not bring what the job needs.", {
        data: { what: method },
        cause,
      });
    });
    if (answer instanceof Uint8Array) return answer;
    throw new PersonaError("HOST_DID_NOT_DELIVER", "The host brought something else than bytes.", {
      data: { what: method },
    });
  };

  return {
    async block(digest, maxBytes) {
      const bytes = await bring("block", { digest, maxBytes });
      if (bytes.length > maxBytes)
        throw new PersonaError("HOST_DID_NOT_DELIVER", "The host brought more than was asked for.");
      requireDigest(sha256Hex(bytes), digest);
      return bytes;
    },
    async blob({ cid, digest, size }) {
      const blob = new Uint8Array(size);
      for (let offset = 0; offset < size; ) {
        const length = Math.min(pieceBytes, size - offset);
        const piece = await bring("blob", { cid, offset, length });
        if (piece.length !== length)
          throw new PersonaError("HOST_DID_NOT_DELIVER", "The host brought a piece of another length.");
        blob.set(piece, offset);
        offset += length;
      }
      requireDigest(bytesToHex(await sha256Async(blob)), digest);
      return blob;
    },
    ask: (guardian, body) => bring("ask", { guardian, body }),
  };
}

function requireDigest(got: Hex, wanted: Hex): void {
  if (got === wanted) return;
  throw new PersonaError("DIGEST_MISMATCH", "The host brought other bytes than the digest names.", {
    data: { got, wanted },
  });
}
