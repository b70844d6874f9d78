import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { z } from "zod";
import { sources } from "../../node/src/deploy/artifacts.ts";
import type { deployContracts, LocalDeployment } from "../../node/src/dev/deployContracts.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { bundleKey } from "../../node/src/enclave/bundle/bundleKey.ts";
import { enclaveBundle, ingestBundle } from "../../node/src/enclave/bundle/enclaveBundle.ts";
import { deploymentSchema, plainDeployment } from "../../node/src/enclave/runtime/deploymentSchema.ts";

/** The simulated machine's collateral lasts 30 days from the deployment on. */
const oldestMs = 24 * 60 * 60_000;
const folder = join(repositoryRoot, ".cache/deployed");

const address = z.custom<`0x${string}`>((value) => typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value));
const savedSchema = z.object({
  local: z.object({
    deployment: deploymentSchema,
    token: address,
    verifier: address,
    pckRegistry: address,
    tcbPolicy: address,
  }),
  /** As anvil dumped it: accounts, blocks, transactions and their logs. */
  state: z.string(),
});

/** As this process has loaded its code: what is on the disk later may be another one. */
const sourcesAtStart = hashOfSources();

/**
 * `deployContracts` on a new anvil: what these very contracts and sources deployed there within the last day is loaded, blocks
 * and logs included, and costs a hundredth. The first to ask deploys, as everybody did. Where somebody edits the sources
 * meanwhile, nothing is loaded and nothing kept.
 */
export const deployOnAnvil: typeof deployContracts = async (client, options = { raceUnit: 0n }) => {
  const isEdited = () => hashOfSources() !== sourcesAtStart;
  const builds = [enclaveBundle(), ingestBundle()].map(({ measurement }) => measurement).join(" ");
  const key = createHash("sha256").update(`${sourcesAtStart} ${builds} ${options.raceUnit}`).digest("hex");
  const file = join(folder, `${key.slice(0, 32)}.json`);
  if (existsSync(file) && Date.now() - statSync(file).mtimeMs < oldestMs && !isEdited()) {
    const { local, state } = savedSchema.parse(JSON.parse(await readFile(file, "utf8")));
    if (!(await ask(client, "anvil_loadState", state))) throw new Error("anvil did not take its own state");
    return local;
  }
  // Ignition takes half a second to load.
  const { deployContracts: deploy } = await import("../../node/src/dev/deployContracts.ts");
  const local = await deploy(client, options);
  if (!isEdited()) await save(file, local, await ask(client, "anvil_dumpState"));
  return local;
};

/** Whole or not at all, however many do it at once; what other sources made goes. */
async function save(file: string, local: LocalDeployment, state: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > oldestMs) await rm(path, { force: true });
  }
  const mine = `${file}.${randomUUID()}`;
  await writeFile(mine, JSON.stringify({ local: { ...local, deployment: plainDeployment(local.deployment) }, state }));
  await rename(mine, file);
}

/** All that a deployment is made of: compiled contracts, what deploys them, and the enclave that it allows. */
function hashOfSources(): string {
  const hash = createHash("sha256").update(`${bundleKey(repositoryRoot)}\0`);
  const contracts = Object.entries(sources).map(([name, source]) => join("artifacts", source, `${name}.json`));
  const code = ["deploy", "dev", "attestation"].flatMap((name) => filesBelow(`node/src/${name}`));
  for (const path of [...contracts, ...code]) {
    const file = join(repositoryRoot, path);
    // What is not compiled is said by who deploys it.
    const content = existsSync(file) ? createHash("sha256").update(readFileSync(file)).digest("hex") : "absent";
    hash.update(`${path}\0${content}\0`);
  }
  return hash.digest("hex");
}

function filesBelow(path: string): string[] {
  const entries = readdirSync(join(repositoryRoot, path), { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => file.slice(repositoryRoot.length)).sort();
}

function ask(client: ChainClient, method: string, ...params: readonly unknown[]): Promise<unknown> {
  return (client.request as (call: { method: string; params: readonly unknown[] }) => Promise<unknown>)({
    method,
    params,
  });
}
