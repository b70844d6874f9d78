/** Every message of the protocol that somebody signs, and how its typed data is made: by the SDK, where the SDK can. */
import { appTypedData, recoveryTypedData } from "@persona-protocol/sdk/access";
import { type Deployment, typedData } from "@persona-protocol/sdk/contracts";
import type { Address, Hex } from "viem";
import { contractTypes } from "./contractTypes.ts";
import type { ContractName } from "./deployments.ts";
import type { Types } from "./extremes.ts";
import { typicalData } from "./typicalData.ts";
import { typicalJobs } from "./typicalJobs.ts";

export type TypedMessage = {
  readonly domain: {
    readonly name: string;
    readonly version: string;
    readonly chainId: number;
    readonly verifyingContract: Address;
  };
  readonly types: Types;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, unknown>>;
};

export type MessageKind = {
  /** Whose domain it is signed under. */
  readonly contract: ContractName;
  readonly typical: Readonly<Record<string, unknown>>;
  readonly typed: (deployment: Deployment, message: Readonly<Record<string, unknown>>) => TypedMessage;
};

const typical = { ...typicalData, ...typicalJobs };

/** The SDK's builder for a message: `largest` and `zero` are made from the types, which the compiler cannot follow. */
const fromSdk = (
  contract: ContractName,
  message: keyof typeof typical,
  build: (deployment: Deployment, message: never) => TypedMessage,
): MessageKind => ({ contract, typical: typical[message], typed: build as MessageKind["typed"] });

const fromContract = (contract: ContractName, primaryType: keyof typeof contractTypes): MessageKind => ({
  contract,
  typical: typical[primaryType],
  typed: (d, message) => {
    const verifyingContract = contract === "JobMarket" ? d.jobMarket : d.datasetRegistry;
    const domain = { name: `Persona ${contract}`, version: "1", chainId: d.chainId, verifyingContract };
    return { domain, types: contractTypes[primaryType], primaryType, message };
  },
});

export const messageKinds = {
  Terms: fromSdk("GrantRegistry", "Terms", typedData.terms),
  Revoke: fromSdk("GrantRegistry", "Revoke", (d, { grantHash }: { grantHash: Hex }) => typedData.revoke(d, grantHash)),
  RevokeAll: fromSdk("GrantRegistry", "RevokeAll", typedData.revokeAll),
  JobSpec: fromSdk("JobMarket", "JobSpec", typedData.jobSpec),
  Receipt: fromSdk("JobMarket", "Receipt", typedData.receipt),
  AvailabilityBatch: fromContract("JobMarket", "AvailabilityBatch"),
  ReleaseRequest: fromSdk("JobMarket", "ReleaseRequest", typedData.releaseRequest),
  Release: fromSdk("JobMarket", "Release", typedData.release),
  Refusal: fromSdk("JobMarket", "Refusal", typedData.refusal),
  EnclaveBinding: fromSdk("NodeRegistry", "EnclaveBinding", typedData.enclaveBinding),
  Publication: fromContract("DatasetRegistry", "Publication"),
  WriterPublication: fromContract("DatasetRegistry", "WriterPublication"),
  WriterRemoval: fromContract("DatasetRegistry", "WriterRemoval"),
  KeyBoxDeposit: fromSdk("DatasetRegistry", "KeyBoxDeposit", typedData.keyBoxDeposit),
  AppDomain: fromSdk("AppRegistry", "AppDomain", appTypedData.appDomain),
  DomainProof: fromSdk("AppRegistry", "DomainProof", appTypedData.domainProof),
  AppConsent: fromSdk("AppRegistry", "AppConsent", appTypedData.appConsent),
  RecoveryVeto: fromSdk("OwnerKeys", "RecoveryVeto", recoveryTypedData.recoveryVeto),
  RecoveryAnswer: fromSdk("OwnerKeys", "RecoveryAnswer", recoveryTypedData.recoveryAnswer),
} as const satisfies Record<string, MessageKind>;
