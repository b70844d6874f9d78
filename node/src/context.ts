import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { ChainClient, Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type BlobReader, type BlobStore, openKeystore, readerOf } from "@persona-protocol/sdk/storage";
import type { Logger } from "pino";
import { type Address, bytesToHex, getAddress, isAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { systemClock } from "./chain/clock.ts";
import { type OpenChain, openChain } from "./chain/openChain.ts";
import type { NodeConfig } from "./config/nodeConfig.ts";
import { readJson } from "./config/readJson.ts";
import { type EnclaveBundle, enclaveBundle, ingestBundle, openEnclaveBundle } from "./enclave/bundle/enclaveBundle.ts";
import type { HostEvidence } from "./enclave/evidence/HostEvidence.ts";
import { openHostEvidence } from "./enclave/evidence/openHostEvidence.ts";
import { deploymentSchema } from "./enclave/runtime/deploymentSchema.ts";
import { detectIsolation, type Isolation } from "./enclave/runtime/isolation.ts";
import { createLogger } from "./operations/createLogger.ts";
import { createKuboStore, createLocalIpfs } from "./storage/index.ts";

/** All that a duty of the daemon may use. */
export type Context = {
  readonly config: NodeConfig;
  readonly log: Logger;
  /** All endpoints together; closed by whoever has made the context. */
  readonly chain: OpenChain;
  /** Counts what somebody must be told of, for metrics: endpoints that disagree, a nonce that another program took. */
  readonly alarm: (error: PersonaError) => void;
  /** The chain's, behind which all endpoints are. */
  readonly client: ChainClient;
  readonly deployment: Deployment;
  readonly operator: Address;
  readonly verifier: Address;
  /** A daemon reads; what is stored, and what is let go, is its owner's to say. */
  readonly store: BlobReader;
  readonly isolation: Isolation;
  /** What this daemon's enclaves run. */
  readonly bundle: EnclaveBundle;
  /** The platform that their evidence comes from; undefined where it is simulated. */
  readonly evidence: HostEvidence | undefined;
};

/** @throws PersonaError CONFIG_INVALID, KEYSTORE_*, CHAIN_UNREACHABLE, CHAIN_WRONG, DEPLOYMENT_UNKNOWN */
export async function createContext(
  config: NodeConfig,
  log: Logger = createLogger({ role: config.role, level: config.logLevel }),
  alarm: (error: PersonaError) => void = () => {},
): Promise<Context> {
  const deployment = readDeployment(config.deployment);
  const account = privateKeyToAccount(bytesToHex(await openAccount(config)));
  const urls = [config.rpcUrl, ...config.rpcUrls];
  const chain = await openChain({
    urls,
    wsUrl: config.rpcWsUrl,
    deployment,
    account,
    clock: systemClock,
    log,
    onAlarm: alarm,
  });
  if (!isAddress(config.verifier)) throw new PersonaError("CONFIG_INVALID", "verifier is not an address.");
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  return {
    config,
    log,
    chain,
    alarm,
    client: chain.client,
    deployment,
    operator: account.address,
    verifier: getAddress(config.verifier),
    store: readerOf(await openStore(config)),
    isolation: detectIsolation(),
    bundle: bundleOf(config),
    evidence: openHostEvidence(config),
  };
}

function bundleOf({ enclaveBundle: folder, role }: NodeConfig): EnclaveBundle {
  if (folder !== undefined) return openEnclaveBundle(folder);
  return role === "ingestor" ? ingestBundle() : enclaveBundle();
}

/** Also for who writes. */
export async function openStore({ kuboUrl, storeDir }: NodeConfig): Promise<BlobStore> {
  if (kuboUrl === undefined) return createLocalIpfs({ path: storeDir });
  // Loaded where it is asked for: no other node pays for it.
  const { create } = await import("kubo-rpc-client");
  return createKuboStore(create({ url: kuboUrl }));
}

/** @throws PersonaError DEPLOYMENT_UNKNOWN */
export function readDeployment(file: string): Deployment {
  const parsed = deploymentSchema.safeParse(readJson(file));
  if (!parsed.success)
    throw new PersonaError("DEPLOYMENT_UNKNOWN", `${file} does not hold a deployment.`, { cause: parsed.error });
  return parsed.data;
}

async function openAccount({ keystore, passphraseFile }: NodeConfig): Promise<Uint8Array> {
  const { kind, secret } = await openKeystore(readText(keystore), readText(passphraseFile).trimEnd());
  if (kind === "account") return secret;
  throw new PersonaError("KEYSTORE_INVALID", "This keystore holds an owner's root key, not an operator's account.", {
    data: { keystore },
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", `${file} cannot be read.`, { cause });
  }
}
