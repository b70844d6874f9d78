import { maxReleaseAnswerBytes, postToGuardian } from "@persona-protocol/sdk/access";
import { type Deployment, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Context } from "../context.ts";

/** Reaches guardians by node id at the endpoints that the registry holds. */
export type GuardianClient = { release(guardian: number, body: Uint8Array): Promise<Uint8Array> };

const timeoutMs = 10_000;

export function createGuardianClient(
  client: Pick<Context["client"], "readContract">,
  deployment: Deployment,
): GuardianClient {
  const endpoints = new Map<number, string>();
  const endpointOf = async (guardian: number): Promise<string> => {
    const known = endpoints.get(guardian);
    if (known !== undefined) return known;
    const { endpoint } = await client.readContract({
      address: deployment.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName: "nodeOf",
      args: [guardian],
    });
    if (endpoint === "")
      throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian has no endpoint.", { data: { guardian } });
    endpoints.set(guardian, endpoint);
    return endpoint;
  };
  return {
    async release(guardian, body) {
      const endpoint = await endpointOf(guardian);
      try {
        return await postToGuardian(endpoint, "/release", body, {
          maxBytes: maxReleaseAnswerBytes,
          signal: AbortSignal.timeout(timeoutMs),
        });
      } catch (error) {
        // It may have moved.
        endpoints.delete(guardian);
        throw error;
      }
    },
  };
}
