import { access, constants, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { type ChainClient, type Deployment, nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import type { BlobReader } from "@persona-protocol/sdk/storage";
import type { Address } from "viem";
import type { NodeConfig } from "../config/nodeConfig.ts";
import type { EnclaveProcess } from "../enclave/startEnclave.ts";
import type { Check } from "./readiness.ts";

/** What the last look at the world has found; a fact that could not be had is undefined. */
export type NodeFacts = {
  blockNumber: bigint | undefined;
  blockAgeSeconds: number | undefined;
  balanceWei: bigint | undefined;
  freeDiskBytes: number | undefined;
  /** Unix seconds: until then the key takes shares, and claims or opens. */
  sealUntil: number | undefined;
  openUntil: number | undefined;
};

/** The part of a duty that checks look at; undefined while it starts. */
export type CheckedDuty = {
  readonly signer: string;
  readonly enclave: Pick<EnclaveProcess, "call">;
  /** Why nothing new is claimed; undefined when it is. */
  claims(): Promise<string | undefined>;
};

/** A key that ends sooner is as good as ended: what is claimed now may outlive it. */
const keyMarginSeconds = 3_600;
/** CID of no bytes, raw: a store answers for it whether it has it or not. */
const emptyCid = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
const active = 1;

/** The checks of a daemon, and the facts that they come by. */
export function createNodeChecks(options: {
  readonly config: NodeConfig;
  readonly client: ChainClient;
  readonly deployment: Deployment;
  readonly operator: Address;
  readonly store: Pick<BlobReader, "has">;
  readonly duty: () => CheckedDuty | undefined;
  /** Unix seconds. */
  readonly now?: () => number;
}): { readonly checks: readonly Check[]; readonly facts: NodeFacts } {
  const { config, client, deployment, operator, store, duty, now = () => Date.now() / 1_000 } = options;
  const facts: NodeFacts = {
    blockNumber: undefined,
    blockAgeSeconds: undefined,
    balanceWei: undefined,
    freeDiskBytes: undefined,
    sealUntil: undefined,
    openUntil: undefined,
  };
  const starting = "the node is starting";

  const run: Readonly<Record<Check["name"], Check["run"]>> = {
    duty: async () => (duty() === undefined ? starting : undefined),
    async chain() {
      facts.blockNumber = undefined;
      facts.blockAgeSeconds = undefined;
      const block = await client.getBlock().catch(() => undefined);
      if (block === undefined) return "the chain endpoint does not answer";
      facts.blockNumber = block.number;
      facts.blockAgeSeconds = Math.max(0, Math.round(now() - Number(block.timestamp)));
      if (facts.blockAgeSeconds <= config.maxBlockAgeSeconds) return undefined;
      return `the newest block is ${facts.blockAgeSeconds} seconds old, ${config.maxBlockAgeSeconds} are allowed`;
    },
    async enclave() {
      const current = duty();
      if (current === undefined) return starting;
      try {
        // It has no such method, and says so: then it is there, and reads its door.
        await current.enclave.call("ping", null, { timeoutMs: 4_000 });
        return undefined;
      } catch (error) {
        return isPersonaError(error, "REQUEST_INVALID") ? undefined : "the enclave does not answer";
      }
    },
    async key() {
      facts.sealUntil = undefined;
      facts.openUntil = undefined;
      const current = duty();
      if (current === undefined) return starting;
      const key = await client
        .readContract({
          address: deployment.nodeRegistry,
          abi: nodeRegistryAbi,
          functionName: "enclaveKeyOf",
          args: [current.signer as Address],
        })
        .catch(() => undefined);
      if (key === undefined) return "the chain does not say what the enclave's key is worth";
      if (key.nodeId === 0) return "the registry does not know the enclave's key";
      facts.sealUntil = key.sealUntil;
      facts.openUntil = key.openUntil;
      if (key.state !== active) return `the enclave's key is ${keyStates[key.state] ?? "unknown"}`;
      const left = key.openUntil - now();
      if (left <= 0) return "the enclave's key has expired";
      if (left < keyMarginSeconds) return `the enclave's key expires in ${Math.floor(left / 60)} minutes`;
      if (config.role === "guardian" && key.sealUntil <= now())
        return "the guardian's key takes no new shares: rotate it (persona node rotate)";
      return undefined;
    },
    async journal() {
      facts.freeDiskBytes = undefined;
      const written = await writeProbe(config.dataDir);
      if (written !== undefined) return `the data directory cannot be written (${written})`;
      const { bavail, bsize } = await statfs(config.dataDir);
      facts.freeDiskBytes = bavail * bsize;
      const wanted = config.minFreeDiskMb * 1024 * 1024;
      return facts.freeDiskBytes < wanted
        ? `${Math.floor(facts.freeDiskBytes / 1024 / 1024)} MiB are free for the data directory, ${config.minFreeDiskMb} are wanted`
        : undefined;
    },
    async balance() {
      facts.balanceWei = undefined;
      const balance = await client.getBalance({ address: operator }).catch(() => undefined);
      if (balance === undefined) return "the chain does not say the operator's balance";
      facts.balanceWei = balance;
      if (balance >= BigInt(config.minBalanceWei)) return undefined;
      return `the operator has ${balance} wei for gas, the floor is ${config.minBalanceWei}`;
    },
    async store() {
      if (config.kuboUrl === undefined) {
        const code = await access(config.storeDir, constants.R_OK | constants.X_OK).then(() => undefined, codeOf);
        if (code !== undefined) return `the store cannot be read (${code})`;
      }
      return store.has(emptyCid, { signal: AbortSignal.timeout(4_000) }).then(
        () => undefined,
        () => "the store does not answer",
      );
    },
    async claims() {
      const current = duty();
      return current === undefined ? starting : current.claims();
    },
  };
  return {
    facts,
    checks: Object.entries(run).map(([name, check]) => ({ name: name as Check["name"], run: check })),
  };
}

const keyStates = ["unknown", "active", "draining", "frozen", "destroyed"] as const;

/** Writes a file to the disk itself, where the journal is. @returns the system's code of what went wrong */
async function writeProbe(dataDir: string): Promise<string | undefined> {
  const file = join(dataDir, ".probe");
  try {
    const handle = await open(file, "w", 0o600);
    try {
      await handle.writeFile(Buffer.alloc(4_096));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rm(file, { force: true });
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
