import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Artifact, ArtifactResolver, BuildInfo } from "@nomicfoundation/ignition-core";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Abi, Hex } from "viem";
import { z } from "zod";
import { repositoryRoot } from "../dev/repositoryRoot.ts";
import type { ContractName } from "./protocolContracts.ts";

/** Source of each contract, as the compiler was told it: where its artifact lies. */
export const sources: Readonly<Record<ContractName, string>> = {
  AccessManager: "@openzeppelin/contracts/access/manager/AccessManager.sol",
  DevToken: "contracts/dev/DevToken.sol",
  DatasetRegistry: "contracts/storage/DatasetRegistry.sol",
  MeasurementPolicy: "contracts/attestation/MeasurementPolicy.sol",
  PckRegistry: "contracts/attestation/PckRegistry.sol",
  TcbPolicy: "contracts/attestation/TcbPolicy.sol",
  DcapVerifier: "contracts/attestation/DcapVerifier.sol",
  QuorumVerifier: "contracts/attestation/QuorumVerifier.sol",
  GrantRegistry: "contracts/access/GrantRegistry.sol",
  NodeMetadata: "contracts/compute/NodeMetadata.sol",
  NodeRegistry: "contracts/compute/NodeRegistry.sol",
  AppRegistry: "contracts/access/AppRegistry.sol",
  JobMarket: "contracts/compute/JobMarket.sol",
  OwnerKeys: "contracts/storage/OwnerKeys.sol",
};

const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x([0-9a-f]{2})*$/.test(value), "not bytecode");
const ranges = z.array(z.object({ start: z.number(), length: z.number() }));
const artifactSchema = z.looseObject({
  _format: z.string(),
  contractName: z.string(),
  sourceName: z.string(),
  abi: z.custom<Abi>((value) => Array.isArray(value)),
  bytecode: hex,
  deployedBytecode: hex,
  immutableReferences: z.record(z.string(), ranges).default({}),
  /** No contract of ours links a library; `hex` would refuse the placeholder. */
  linkReferences: z.record(z.string(), z.never()),
  deployedLinkReferences: z.record(z.string(), z.never()),
  buildInfoId: z.string(),
  inputSourceName: z.string(),
});

export type ContractArtifact = z.output<typeof artifactSchema>;

/** @throws PersonaError PROCESS_FAILED when it is not compiled */
export async function readArtifact(name: ContractName): Promise<ContractArtifact> {
  const file = join(repositoryRoot, "artifacts", sources[name], `${name}.json`);
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new PersonaError("PROCESS_FAILED", `The contract ${name} is not compiled.`, { data: { file }, cause });
  });
  return artifactSchema.parse(JSON.parse(text));
}

/** @param withBuildInfo copies the compiler's input of each contract into Ignition's journal: 1 MB, for `ignition verify` */
export function artifactResolver({ withBuildInfo }: { readonly withBuildInfo: boolean }): ArtifactResolver {
  const load = async (name: string): Promise<ContractArtifact> => {
    if (!(name in sources)) throw new PersonaError("INTERNAL", `No source is known of the contract ${name}.`);
    return readArtifact(name as ContractName);
  };
  return {
    // Hardhat's own type wants mutable arrays where ours are read-only.
    loadArtifact: async (name) => (await load(name)) as unknown as Artifact,
    async getBuildInfo(name) {
      if (!withBuildInfo) return undefined;
      const { buildInfoId } = await load(name);
      const file = join(repositoryRoot, "artifacts/build-info", `${buildInfoId}.json`);
      return JSON.parse(await readFile(file, "utf8")) as BuildInfo;
    },
  };
}
