import { mkdir } from "node:fs/promises";
import { type DeploymentParameters, type DeploymentResult, deploy } from "@nomicfoundation/ignition-core";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Abi, getAddress, isAddressEqual } from "viem";
import { artifactResolver, readArtifact } from "./artifacts.ts";
import { requireTrustedRoot } from "./attestationRoot.ts";
import { noteSigned, readJournal, recoverLost } from "./journal.ts";
import {
  addressOf,
  type ContractName,
  type PlannedContract,
  type ProtocolAddresses,
  predictAddresses,
  protocolContracts,
} from "./protocolContracts.ts";
import { moduleId, protocolModule } from "./protocolModule.ts";
import type { ConstructorParameters, GovernanceParameters } from "./protocolParameters.ts";
import { governanceCalls } from "./roles.ts";
import { signingProvider } from "./signingProvider.ts";

export type DeployedProtocol = {
  readonly contracts: readonly PlannedContract[];
  readonly addresses: ProtocolAddresses;
  readonly startNonce: number;
};

/**
 * Deploys the protocol with Ignition, or goes on with a deployment that was interrupted, and sets its roles.
 * @throws PersonaError DEPLOYMENT_FAILED; what was done stays in the journal, and the same call goes on from there
 */
export async function deployProtocol(options: {
  /** Signs as the deployer, which must send nothing else meanwhile. */
  readonly client: ChainClient;
  /** With test money and the simulated TEE: local chains only. */
  readonly simulated: boolean;
  readonly constructors: ConstructorParameters;
  readonly governance: GovernanceParameters;
  /** Where Ignition keeps what it did. Without it an interrupted deployment is lost: for chains that end with us. */
  readonly journalDir?: string;
  readonly confirmations: number;
  readonly onProgress?: (text: string) => void;
}): Promise<DeployedProtocol> {
  const { client, simulated, constructors, governance, journalDir, confirmations, onProgress = () => {} } = options;
  const deployer = client.account.address;
  requireTrustedRoot(client.chain.id, constructors);
  // Of a new deployment: Ignition itself watches over the later ones.
  let wantedFirst: number | undefined;
  const provider = signingProvider(client, async (transaction) => {
    if (wantedFirst !== undefined && transaction.nonce !== wantedFirst)
      throw new PersonaError(
        "DEPLOYMENT_FAILED",
        "The deployer has just sent something else: every prediction is wrong.",
        {
          data: { got: transaction.nonce, wanted: wantedFirst },
        },
      );
    wantedFirst = undefined;
    onProgress(`transaction ${transaction.nonce}: ${transaction.hash}`);
    if (journalDir !== undefined) await noteSigned(journalDir, transaction);
  });

  const journaled = await startNonceOf(client, journalDir, provider);
  const startNonce = journaled ?? (await client.getTransactionCount({ address: deployer, blockTag: "pending" }));
  if (journaled === undefined) wantedFirst = startNonce;
  const contracts = protocolContracts({ simulated });
  const predicted = predictAddresses(contracts, deployer, startNonce);
  const abis = await readAbis(contracts);
  const parameters: DeploymentParameters = {
    [moduleId({ simulated })]: {
      ...constructors,
      ...Object.fromEntries(contracts.map(({ name }) => [`${name}Address`, addressOf(predicted, name)])),
      governanceCalls: [...governanceCalls({ addresses: predicted, abis, deployer, parameters: governance })],
    },
  };
  if (journalDir !== undefined) await mkdir(journalDir, { recursive: true });
  const result = await deploy({
    config: { blockPollingInterval: client.pollingInterval, requiredConfirmations: confirmations },
    artifactResolver: artifactResolver({ withBuildInfo: journalDir !== undefined }),
    provider,
    ignitionModule: protocolModule({ simulated }),
    deploymentParameters: parameters,
    accounts: [deployer],
    defaultSender: deployer,
    ...(journalDir === undefined ? {} : { deploymentDir: journalDir }),
  }).catch((cause: Error) => {
    throw new PersonaError("DEPLOYMENT_FAILED", `The deployment stopped: ${cause.message}`, {
      data: { deployer, journal: journalDir ?? "none" },
      cause,
    });
  });
  const addresses = requirePredicted(addressesOf(result, contracts), predicted);
  return { contracts, addresses, startNonce };
}

/** Addresses were told to contracts before they existed: one that is elsewhere makes the whole deployment worthless. */
export function requirePredicted(got: ProtocolAddresses, predicted: ProtocolAddresses): ProtocolAddresses {
  for (const name of Object.keys(predicted) as ContractName[]) {
    const wanted = addressOf(predicted, name);
    if (!isAddressEqual(addressOf(got, name), wanted))
      throw new PersonaError("DEPLOYMENT_FAILED", `${name} is not at the address that the other contracts were told.`, {
        data: { got: addressOf(got, name), wanted },
      });
  }
  return got;
}

/** From the journal, never from the present nonce, as soon as one transaction may have been sent. */
async function startNonceOf(
  client: ChainClient,
  journalDir: string | undefined,
  provider: ReturnType<typeof signingProvider>,
): Promise<number | undefined> {
  if (journalDir === undefined) return undefined;
  const journal = await readJournal(journalDir);
  if (journal.chainId !== undefined && journal.chainId !== client.chain.id)
    throw new PersonaError("CHAIN_WRONG", "The journal is of a deployment on another chain.", {
      data: { journal: journalDir, got: client.chain.id, wanted: journal.chainId },
    });
  await recoverLost(journal, provider);
  return (await readJournal(journalDir)).startNonce;
}

async function readAbis(contracts: readonly PlannedContract[]): Promise<Partial<Record<ContractName, Abi>>> {
  const entries = await Promise.all(contracts.map(async ({ name }) => [name, (await readArtifact(name)).abi]));
  return Object.fromEntries(entries);
}

function addressesOf(result: DeploymentResult, contracts: readonly PlannedContract[]): ProtocolAddresses {
  if (result.type !== "SUCCESSFUL_DEPLOYMENT")
    throw new PersonaError("DEPLOYMENT_FAILED", `The deployment stopped: ${result.type}.`, {
      data: { details: describe(result) },
    });
  return Object.fromEntries(
    contracts.map(({ name }) => {
      const found = Object.values(result.contracts).find(({ contractName }) => contractName === name);
      if (found === undefined) throw new PersonaError("INTERNAL", `Ignition says nothing of ${name}.`);
      return [name, getAddress(found.address)];
    }),
  );
}

function describe(result: Exclude<DeploymentResult, { type: "SUCCESSFUL_DEPLOYMENT" }>): string {
  if ("errors" in result)
    return Object.entries(result.errors)
      .map(([future, errors]) => `${future}: ${errors.join(", ")}`)
      .join("; ");
  return [
    ...result.failed.map(({ futureId, error }) => `${futureId} failed: ${error}`),
    ...result.timedOut.map(({ futureId }) => `${futureId} timed out: run the same command again`),
  ].join("; ");
}
