/**
 * What each call costs, from receipts, on Hardhat's chain and on anvil. Steady state: counters and balances are not zero, the
 * allowance is given, the grant registered; `firstUse` is the same call the first time. Writes docs/gas.md.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MinedChainKind, startChain } from "../node/src/dev/chainProcess.ts";
import { createProcesses } from "../node/src/dev/processes.ts";
import { connectGasChain } from "./gas/chain.ts";
import { type GasFigures, measureGas } from "./gas/measureGas.ts";
import { writeGasDocs } from "./gas/writeGasDocs.ts";

export async function run({ log }: { readonly log: (line: string) => void }): Promise<object> {
  const hardhat = await measureOn("hardhat", log);
  const anvil = await measureOn("anvil", log);
  await writeGasDocs(hardhat, anvil);
  return { gas: hardhat.steady, firstUse: hardhat.firstUse, anvil: anvil.steady };
}

async function measureOn(kind: MinedChainKind, log: (line: string) => void): Promise<GasFigures> {
  const logDir = await mkdtemp(join(tmpdir(), "persona-gas-"));
  const processes = createProcesses(logDir);
  try {
    const url = await startChain(processes, kind, 0, new AbortController().signal);
    return await measureGas(connectGasChain(url, kind), kind, (line) => log(`${kind}: ${line}`));
  } finally {
    await processes.stopAll();
    await rm(logDir, { recursive: true, force: true });
  }
}
