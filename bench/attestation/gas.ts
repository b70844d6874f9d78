/**
 * What attestation costs on chain, from receipts, by simulated TDX quotes of version 4 whose every byte has Intel's form: through
 * NodeRegistry, with all checks, in the steady state of a network (platform, TCB level and measurement are known).
 */
import { fileURLToPath } from "node:url";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { custom } from "viem";
import { connectGasChain } from "../gas/chain.ts";
import { makeScene } from "../gas/scene.ts";

export type AttestationGas = {
  /** `addEnclaveKey` by the operator. */
  readonly firstRegistration: number;
  /** `renewEnclaveKey` of the same key. */
  readonly renewal: number;
  /** `poke` of a key that stands. */
  readonly poke: number;
  /** `registerPck` of a platform's first key, where others are registered. */
  readonly pckRegistration: number;
  /** `addEnclaveKey` on a chain without the precompile of P-256. */
  readonly firstWithoutPrecompile: number;
};

const root = fileURLToPath(new URL("../..", import.meta.url));

export async function measureAttestationGas(): Promise<AttestationGas> {
  const { firstRegistration, renewal, poke, pckRegistration } = await measureOn("osaka");
  const { firstRegistration: firstWithoutPrecompile } = await measureOn("prague");
  return { firstRegistration, renewal, poke, pckRegistration, firstWithoutPrecompile };
}

async function measureOn(hardfork: "osaka" | "prague"): Promise<Omit<AttestationGas, "firstWithoutPrecompile">> {
  const hre = await createHardhatRuntimeEnvironment({ paths: { artifacts: "./.cache/no-artifacts" } }, {}, root);
  const connection = await hre.network.create({ network: "default", override: { hardfork } });
  try {
    const chain = connectGasChain(custom(connection.provider as never, { retryCount: 0 }), "hardhat");
    const scene = await makeScene(chain);
    const operator = chain.account(3);
    const { id } = await scene.registerNode(operator);
    // One key before: what a first key of all costs beside (none) is not measured.
    await scene.addKey(id, operator);
    const { node, gas: firstRegistration } = await scene.addKey(id, operator);
    const renewal = await scene.renewKey(node);
    const poke = await scene.poke(node);
    const pckRegistration = await scene.registerPlatform("two");
    return { firstRegistration, renewal, poke, pckRegistration };
  } finally {
    await connection.close();
  }
}
