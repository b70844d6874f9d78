import type { Address, Hex } from "viem";
import { appRegistryAbi, type ContractCall, contractCall } from "../contracts/index.ts";
import { randomBytes, toHex } from "../crypto/index.ts";
import { type AppDeployment, appIdOf } from "./appTypedData.ts";
import { requireDomain } from "./domainName.ts";

export type AppParameters = {
  /** Shown to owners, proved by nobody, not unique. */
  readonly name: string;
  /** Lower case, punycode as it is. It is only claimed until an attestor has proved it. */
  readonly domain: string;
  /** sha256 of the metadata document. */
  readonly metadataDigest: Hex;
};

/** The registration of an app; the first owner knows its id before. @throws PersonaError DOMAIN_INVALID */
export function registerAppCall(
  deployment: AppDeployment,
  owner: Address,
  { name, domain, metadataDigest }: AppParameters,
): { readonly call: ContractCall; readonly appId: Hex } {
  requireDomain(domain);
  const salt = toHex(randomBytes(32));
  const call = contractCall({
    address: deployment.appRegistry,
    abi: appRegistryAbi,
    functionName: "registerApp",
    args: [salt, name, domain, metadataDigest],
  });
  return { call, appId: appIdOf(deployment, owner, salt) };
}
