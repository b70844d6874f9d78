// npm run verify:contracts -- --network NAME: sources of a deployment to a block explorer; --export DIR writes them instead.
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { verifyContract } from "@nomicfoundation/hardhat-verify/verify";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { configVariable } from "hardhat/config";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { encodeAbiParameters } from "viem";
import config from "../hardhat.config.ts";
import { runCommand } from "../node/src/cli/runCommand.ts";
import { readArtifact, sources } from "../node/src/deploy/artifacts.ts";
import {
  addressOf,
  type PlannedContract,
  protocolContracts,
  resolveArguments,
} from "../node/src/deploy/protocolContracts.ts";
import { repositoryRoot } from "../node/src/dev/repositoryRoot.ts";
import { readBuild, settingsHash } from "./deploy/build.ts";
import {
  addressesOf,
  type DeploymentRecord,
  readRecord,
  recordFile,
  transactionsOf,
} from "./deploy/deploymentRecord.ts";
import { readNetwork } from "./deploy/network.ts";

const explorers = ["sourcify", "blockscout", "etherscan"] as const;
const usage = `npm run verify:contracts -- --network NAME [--explorer ${explorers.join("|")}] [--rpc-url URL] [--export DIR]

The URL may also come from PERSONA_RPC_URL; etherscan needs ETHERSCAN_API_KEY. --export asks no network: it writes the standard
JSON input, compiler, address and encoded constructor arguments of each contract, as every explorer's form takes them.`;

await runCommand(main, { json: false });

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      network: { type: "string" },
      explorer: { type: "string", default: "sourcify" },
      "rpc-url": { type: "string" },
      export: { type: "string" },
      // Where the record is: another folder in tests.
      root: { type: "string", default: repositoryRoot },
      "sourcify-url": { type: "string" },
    },
  });
  const explorer = explorers.find((name) => name === values.explorer);
  if (values.network === undefined || explorer === undefined) throw new PersonaError("USAGE", usage);
  const root = resolve(values.root);
  const network = await readNetwork(root, values.network);
  const record = await readRecord(recordFile(root, network.chainId));
  await requireSameBuild(record);
  const constructors = network.constructors(record.deployer);
  const addresses = addressesOf(record);
  const contracts = protocolContracts(record).map((contract) => ({
    contract,
    args: resolveArguments(contract, addresses, constructors),
  }));

  if (values.export !== undefined) {
    for (const { contract, args } of contracts) await exportContract(resolve(values.export), record, contract, args);
    return;
  }
  const rpcUrl = values["rpc-url"] ?? process.env["PERSONA_RPC_URL"];
  if (rpcUrl === undefined) throw new PersonaError("USAGE", "Give --rpc-url or PERSONA_RPC_URL.");
  const sourcifyUrl = values["sourcify-url"];
  const hre = await createHardhatRuntimeEnvironment(
    {
      ...config,
      networks: { [network.name]: { type: "http", chainType: "generic", url: rpcUrl, chainId: network.chainId } },
      verify: {
        etherscan: { apiKey: configVariable("ETHERSCAN_API_KEY") },
        sourcify: sourcifyUrl === undefined ? {} : { apiUrl: sourcifyUrl },
      },
    },
    { network: network.name },
    repositoryRoot,
  );
  const transactions = transactionsOf(record);
  for (const { contract, args } of contracts) {
    const { name } = contract;
    const creationTxHash = transactions[name];
    await verifyContract(
      {
        address: addressOf(addresses, name),
        constructorArgs: args,
        contract: `${sources[name]}:${name}`,
        provider: explorer,
        ...(creationTxHash === undefined ? {} : { creationTxHash }),
      },
      hre,
    ).catch((cause: Error) => {
      throw new PersonaError("DEPLOYMENT_FAILED", `${name} could not be verified: ${cause.message}`, { cause });
    });
  }
}

/** Other settings make other bytecode; the explorer would only say that it does not match. */
async function requireSameBuild({ build }: DeploymentRecord): Promise<void> {
  const { compiler, input } = await readBuild(repositoryRoot, "JobMarket");
  if (build === undefined || (build.compiler === compiler && build.settingsHash === settingsHash(input))) return;
  throw new PersonaError(
    "CONFIG_INVALID",
    "This tree compiles with other settings than the deployment was made with.",
    {
      data: {
        got: `${compiler} ${settingsHash(input)}`,
        wanted: `${build.compiler} ${build.settingsHash}`,
        commit: build.commit,
      },
    },
  );
}

async function exportContract(
  folder: string,
  record: DeploymentRecord,
  { name }: PlannedContract,
  args: readonly unknown[],
): Promise<void> {
  const { abi } = await readArtifact(name);
  const { compiler, source, input } = await readBuild(repositoryRoot, name);
  const inputs = abi.find((entry) => entry.type === "constructor")?.inputs ?? [];
  const form = {
    chainId: record.chainId,
    address: addressOf(addressesOf(record), name),
    contract: `${source}:${name}`,
    compiler: `v${compiler}`,
    constructorArguments: encodeAbiParameters(inputs, args),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.input.json`), `${JSON.stringify(input)}\n`);
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(form, null, 2)}\n`);
  process.stdout.write(`${join(folder, name)}.json and ${name}.input.json written.\n`);
}
