import { aeadOpen, aeadSeal, concatBytes, randomBytes, toHex } from "@persona-protocol/sdk/crypto";
import { isPersonaError, knowSourceErrors, sourceError } from "@persona-protocol/sdk/errors";
import type { SourceAuthorization } from "@persona-protocol/sdk/ingest/live";
import { decodeCbor, encodeCbor } from "@persona-protocol/sdk/storage";
import type { Hex } from "viem";
import { z } from "zod";
import type { EvidenceProvider } from "../runtime/evidence.ts";
import type { DeviceCode, Tokens } from "./oauth/oauthClient.ts";

/** Everything that an enclave needs of one account. In the clear only inside; the host keeps it sealed. */
export type SessionState = Pick<
  SourceAuthorization,
  "source" | "server" | "client" | "scopes" | "mailbox" | "recipient"
> & {
  readonly id: Hex;
  /** Digest of the authorization that it came from. */
  readonly authorization: Hex;
  readonly rootsDigest: Hex;
  /** Counts what was handed to the host: of two boxes the one with the larger number is newer. */
  readonly generation: number;
  readonly tokens: Tokens | null;
  readonly device: DeviceCode | null;
  readonly password: string | null;
  /** Private key that tokens are bound to (JWK). */
  readonly dpop: Readonly<Record<string, string>> | null;
};

const envelope = z.strictObject({ kind: z.enum(["session", "cursor"]), session: z.string(), value: z.unknown() });

/** Sealed to this code and platform: what the host keeps of a session, and of where its source stands. */
export type SessionBoxes = {
  sealSession(state: SessionState): Promise<Uint8Array>;
  /** @throws PersonaError SOURCE_UNKNOWN when it was made by other code or with other roots, or is none */
  openSession(box: Uint8Array): Promise<SessionState>;
  sealCursor(state: SessionState, cursor: string): Promise<Uint8Array>;
  openCursor(state: SessionState, box: Uint8Array): Promise<string>;
};

/** What a box is sealed by: the platform, to this code; or a key of this process alone. */
const toPlatform = Uint8Array.of(1);
const toProcess = Uint8Array.of(2);

export function createSessionBoxes(evidence: EvidenceProvider, rootsDigest: Hex): SessionBoxes {
  // Where the platform seals nothing, sessions last as long as this process: consent is asked for again after it.
  const own = randomBytes(32);
  const unknown = (cause?: unknown) =>
    sourceError("SOURCE_UNKNOWN", "This is no session that this enclave can open.", { cause });

  async function opened(box: Uint8Array, kind: "session" | "cursor") {
    knowSourceErrors();
    const [by] = box;
    const rest = box.subarray(1);
    const unsealed = by === toPlatform[0] ? evidence.unseal(rest) : aeadOpen({ key: own, sealed: rest });
    const plaintext = await unsealed.catch((cause) => {
      throw unknown(cause);
    });
    const found = decodeCbor(plaintext, {
      schema: envelope,
      maxBytes: 64 * 2 ** 20,
      maxItems: 4_000_000,
      code: "SOURCE_UNKNOWN",
      what: "sealed session",
    });
    if (found.kind !== kind) throw unknown();
    return found;
  }

  async function sealed(kind: "session" | "cursor", session: Hex, value: unknown): Promise<Uint8Array> {
    const plaintext = encodeCbor({ kind, session, value });
    try {
      return concatBytes(toPlatform, await evidence.seal(plaintext));
    } catch (error) {
      if (!isPersonaError(error, "SEALING_UNAVAILABLE")) throw error;
      return concatBytes(toProcess, await aeadSeal({ key: own, plaintext }));
    }
  }

  return {
    sealSession: (state) => sealed("session", state.id, withoutUndefined(state)),
    async openSession(box) {
      // Sealed by this very code: what is inside has its form.
      const state = (await opened(box, "session")).value as SessionState;
      if (state.rootsDigest !== rootsDigest) throw unknown();
      return state;
    },
    sealCursor: (state, cursor) => sealed("cursor", state.id, { source: state.source, cursor }),
    async openCursor(state, box) {
      const { session, value } = await opened(box, "cursor");
      const { source, cursor } = value as { readonly source: string; readonly cursor: string };
      if (session !== state.id || source !== state.source) throw unknown();
      return cursor;
    },
  };
}

export const newSessionId = (): Hex => toHex(randomBytes(16));

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => (item === undefined ? [] : [[name, withoutUndefined(item)]])),
  );
}
