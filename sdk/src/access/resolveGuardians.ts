import { decode } from "@ipld/dag-cbor";
import type { Address } from "viem";
import { z } from "zod";
import { type ChainView, KeyClass } from "../contracts/index.ts";
import { KEM_PUBLIC_KEY_BYTES, keyIdOf } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { getFromGuardian } from "./guardianHttp.ts";

export type Guardian = {
  readonly nodeId: number;
  readonly operator: Address;
  readonly endpoint: string;
  readonly kemPublicKey: Uint8Array;
};

const keyAnswer = z.object({
  nodeId: z.number(),
  signer: z.custom<Address>((value) => typeof value === "string"),
  kemKey: z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === KEM_PUBLIC_KEY_BYTES),
});

const options = { maxBytes: 16 * 1024, timeoutMs: 10_000 };

/**
 * The guardians' present keys. A key comes from the guardian and is believed only because the registry holds its hash, under
 * an attested, active guardian key of that very node.
 * @throws PersonaError GUARDIANS_UNAVAILABLE, NODE_KEY_UNKNOWN, NODE_KEY_INACTIVE, NODE_KEY_EXPIRED
 */
export async function resolveGuardians(chain: ChainView, nodeIds: readonly number[]): Promise<Guardian[]> {
  const block = await chain.block("latest");
  return Promise.all(
    nodeIds.map(async (nodeId) => {
      const { operator, endpoint } = await chain.node(nodeId, block.number);
      if (endpoint === "")
        throw new PersonaError("GUARDIANS_UNAVAILABLE", "The node has no endpoint.", { data: { nodeId } });
      const bytes = await getFromGuardian(endpoint, "/key", {
        maxBytes: options.maxBytes,
        signal: AbortSignal.timeout(options.timeoutMs),
      });
      const answer = keyAnswer.safeParse(decode(bytes));
      if (!answer.success)
        throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian's answer is malformed.", { data: { nodeId } });
      const { signer, kemKey } = answer.data;
      const key = await chain.enclaveKey(signer, block.number);
      if (key.nodeId !== nodeId || key.keyClass !== KeyClass.guardian || key.kemKeyHash !== keyIdOf(kemKey)) {
        throw new PersonaError(
          "NODE_KEY_UNKNOWN",
          "The guardian showed a key that the registry does not hold for it.",
          { data: { nodeId, signer } },
        );
      }
      if (key.state !== "active")
        throw new PersonaError("NODE_KEY_INACTIVE", "The guardian's key takes no new shares.", {
          data: { nodeId, state: key.state },
        });
      if (BigInt(key.sealUntil) <= block.timestamp)
        throw new PersonaError("NODE_KEY_EXPIRED", "The guardian's key takes no new shares any more.", {
          data: { nodeId },
        });
      return { nodeId, operator, endpoint, kemPublicKey: kemKey };
    }),
  );
}
