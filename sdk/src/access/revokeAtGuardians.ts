import { type ChainClient, createChainView, type Deployment, grantHashOf, typedData } from "../contracts/index.ts";
import { PersonaError } from "../errors/index.ts";
import type { GrantPackage } from "./grantPackage.ts";
import { postToGuardian } from "./guardianHttp.ts";
import { encodeRevocation } from "./revocationMessages.ts";

const timeoutMs = 10_000;

/**
 * Hands an owner's revocation straight to the dataset's guardians: it counts there from this second on, whether or not a
 * transaction is mined. `revoke` on chain is still needed: it stops uses of the grant, and guardians that were not reached.
 *
 * @returns each guardian with its failure, or undefined where it has written the revocation down.
 */
export async function revokeAtGuardians(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: Deployment },
  { terms, dataset }: Pick<GrantPackage, "terms" | "dataset">,
): Promise<{ readonly guardian: number; readonly error: Error | undefined }[]> {
  const grantHash = grantHashOf(deployment, terms);
  const signature = await client.signTypedData(typedData.revoke(deployment, grantHash));
  const owner = client.account.address;
  const body = encodeRevocation({ datasetId: terms.datasetId, owner, what: { grantHash }, signature });
  const chain = createChainView(client, deployment);
  const { number } = await chain.block("latest");
  return Promise.all(
    dataset.guardians.map(async (guardian) => {
      try {
        const { endpoint } = await chain.node(guardian, number);
        if (!URL.canParse(endpoint))
          throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian has no endpoint.", { data: { guardian } });
        const signal = AbortSignal.timeout(timeoutMs);
        await postToGuardian(endpoint, "/revoke", body, { maxBytes: 1_024, signal });
        return { guardian, error: undefined };
      } catch (error) {
        return { guardian, error: error instanceof Error ? error : new Error(String(error)) };
      }
    }),
  );
}
