/** EIP-712 messages and the id of AppRegistry: docs/protocol.md, "Apps". */
import { type Address, encodeAbiParameters, type Hex, keccak256 } from "viem";

/** Where the app registry lives. */
export type AppDeployment = { readonly chainId: number; readonly appRegistry: Address };

const AppDomain = [
  { name: "appId", type: "bytes32" },
  { name: "domain", type: "string" },
  { name: "owner", type: "address" },
  { name: "signedAt", type: "uint40" },
] as const;

const DomainProof = [
  { name: "appId", type: "bytes32" },
  { name: "domainHash", type: "bytes32" },
  { name: "owner", type: "address" },
  { name: "checkedAt", type: "uint40" },
  { name: "expiresAt", type: "uint40" },
  { name: "evidenceHash", type: "bytes32" },
] as const;

const AppConsent = [
  { name: "appId", type: "bytes32" },
  { name: "account", type: "address" },
  { name: "owner", type: "address" },
  { name: "nonce", type: "uint64" },
  { name: "deadline", type: "uint40" },
] as const;

/** What an app's owner signs in the file that the domain serves. */
export type AppDomain = {
  readonly appId: Hex;
  readonly domain: string;
  readonly owner: Address;
  /** Unix seconds. */
  readonly signedAt: number;
};

/** What an attestor signs after a check. Times are Unix seconds. */
export type DomainProof = {
  readonly appId: Hex;
  /** keccak of the domain's text. */
  readonly domainHash: Hex;
  readonly owner: Address;
  readonly checkedAt: number;
  readonly expiresAt: number;
  /** sha256 of the file as it was served. */
  readonly evidenceHash: Hex;
};

/** What an account signs to act for an app. */
export type AppConsent = {
  readonly appId: Hex;
  readonly account: Address;
  readonly owner: Address;
  /** `consentNonceOf(account)`. */
  readonly nonce: bigint;
  /** Unix seconds, inclusive. */
  readonly deadline: number;
};

const domainOf = ({ chainId, appRegistry }: AppDeployment) =>
  ({ name: "Persona AppRegistry", version: "1", chainId, verifyingContract: appRegistry }) as const;

/** Each returns the whole typed-data definition, ready for `signTypedData`, `hashTypedData` and `verifyTypedData`. */
export const appTypedData = {
  appDomain: (d: AppDeployment, message: AppDomain) =>
    ({ domain: domainOf(d), types: { AppDomain }, primaryType: "AppDomain", message }) as const,
  domainProof: (d: AppDeployment, message: DomainProof) =>
    ({ domain: domainOf(d), types: { DomainProof }, primaryType: "DomainProof", message }) as const,
  appConsent: (d: AppDeployment, message: AppConsent) =>
    ({ domain: domainOf(d), types: { AppConsent }, primaryType: "AppConsent", message }) as const,
};

const idParameters = [{ type: "uint256" }, { type: "address" }, { type: "address" }, { type: "bytes32" }] as const;

/** keccak(abi(chainId, registry, first owner, salt)): the owner knows it before the app is registered. */
export function appIdOf(d: AppDeployment, firstOwner: Address, salt: Hex): Hex {
  return keccak256(encodeAbiParameters(idParameters, [BigInt(d.chainId), d.appRegistry, firstOwner, salt]));
}
