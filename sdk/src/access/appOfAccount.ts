import { type Address, type Hex, type PublicClient, zeroHash } from "viem";
import { appRegistryAbi, explainChainError } from "../contracts/index.ts";
import type { AppDeployment } from "./appTypedData.ts";

/** What a wallet may say of a grantee. */
export type AppOfAccount = {
  readonly appId: Hex;
  readonly owner: Address;
  /** The owner's choice, proved by nobody, not unique. Plain text; escape it all the same. */
  readonly name: string;
  /** sha256 of the metadata document. */
  readonly metadataDigest: Hex;
  /**
   * Show a domain that is only claimed as unproved, or not at all. Punycode (`xn--…`) as it is, never decoded: decoded, it may
   * look like another domain.
   */
  readonly domain:
    | { readonly status: "proved"; readonly name: string; readonly expiresAt: number }
    | { readonly status: "claimed"; readonly name: string };
};

/**
 * The app that an account acts for, by its own and the app owner's word; undefined when there is none.
 * @throws PersonaError CHAIN_UNREACHABLE
 */
export async function appOfAccount(
  context: { readonly client: Pick<PublicClient, "getBlock" | "readContract">; readonly deployment: AppDeployment },
  account: Address,
): Promise<AppOfAccount | undefined> {
  const { client, deployment } = context;
  const registry = { address: deployment.appRegistry, abi: appRegistryAbi } as const;
  try {
    const { number: blockNumber } = await client.getBlock({ blockTag: "latest" });
    const appId = await client.readContract({ ...registry, functionName: "appOf", args: [account], blockNumber });
    if (appId === zeroHash) return undefined;
    const [{ owner, name, metadataDigest }, [domain, proved, expiresAt]] = await Promise.all([
      client.readContract({ ...registry, functionName: "appById", args: [appId], blockNumber }),
      client.readContract({ ...registry, functionName: "domainOf", args: [appId], blockNumber }),
    ]);
    const said = { appId, owner, name, metadataDigest };
    if (proved) return { ...said, domain: { status: "proved", name: domain, expiresAt } };
    return { ...said, domain: { status: "claimed", name: domain } };
  } catch (error) {
    throw await explainChainError(error, "the reading of the grantee's app");
  }
}
