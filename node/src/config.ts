import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import { evidenceKinds } from "./enclave/runtime/evidenceKind.ts";

const path = z.string().min(1);

/** The whole configuration of a daemon. Secrets come from the files it names, never from a flag or the environment. */
const nodeConfigSchema = z.strictObject({
  role: z.enum(["worker", "guardian"]).describe("what this node does"),
  rpcUrl: z.url().describe("JSON-RPC endpoint of the chain"),
  rpcUrls: z
    .array(z.url())
    .max(7)
    .default([])
    .describe(
      "further JSON-RPC endpoints of the same chain: when one fails, another is asked; when they disagree, nothing new is begun. Enclaves on other chains than local ones want at least one more",
    ),
  rpcWsUrl: z
    .url({ protocol: /^wss?$/ })
    .optional()
    .describe("websocket endpoint of the same chain: tells of new blocks at once; without it the chain is polled"),
  deployment: path.describe("JSON file with the contract addresses"),
  keystore: path.describe("operator's account keystore"),
  passphraseFile: path.describe("file that holds the keystore's passphrase"),
  dataDir: path.describe("this node's own state: journal, sealed keys, deposits"),
  storeDir: path.describe("local IPFS block store it reads"),
  kuboUrl: z.url().optional().describe("RPC endpoint of a Kubo daemon to read instead of storeDir"),
  host: z.string().default("127.0.0.1").describe("address to listen on (guardian)"),
  port: z.number().int().min(0).max(65_535).default(0).describe("port to listen on (guardian); 0 picks a free one"),
  gateway: z.boolean().default(true).describe("serve what the store holds as a trustless IPFS gateway"),
  gatewayHost: z.string().default("127.0.0.1").describe("address the gateway listens on"),
  gatewayPort: z.number().int().min(0).max(65_535).default(0).describe("port of the gateway; 0 picks a free one"),
  stake: z.string().regex(/^\d+$/).default("0").describe("stake in the token's smallest unit, on first registration"),
  confirmations: z
    .number()
    .int()
    .min(0)
    .max(1_000)
    .default(0)
    .describe("blocks behind the newest that count as confirmed"),
  gasFloorWei: z
    .string()
    .regex(/^\d{1,29}$/)
    .default("5000000000000000")
    .describe("no job is claimed while the operator's account has less beyond what is under way, in wei (worker)"),
  maxFeeGwei: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9})?$/)
    .default("500")
    .describe("no transaction offers more for gas, however long it waits, in gwei (worker)"),
  maxPriorityFeeGwei: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9})?$/)
    .default("5")
    .describe("most of it that goes to the block's maker, in gwei (worker)"),
  pollMs: z.number().int().min(10).max(60_000).default(1_000).describe("how often the chain is read"),
  maxJobs: z.number().int().min(1).max(64).default(2).describe("jobs claimed and run at once (worker)"),
  minFee: z
    .string()
    .regex(/^\d{1,29}$/)
    .default("0")
    .describe("lowest fee a job is claimed for, in the smallest unit of the token it pays in (worker)"),
  claimMarginSeconds: z
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(30)
    .describe("least time from claim to deadline that a job must give to be claimed, in seconds (worker)"),
  maxQueue: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe("jobs that may wait to be claimed; further ones are left to others (worker)"),
  minFreeMemoryMb: z
    .number()
    .int()
    .min(0)
    .max(1_048_576)
    .default(512)
    .describe(
      "no job is begun while the machine, or this process's control group, has less memory left, in MiB (worker)",
    ),
  crashLimit: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe("a job during whose step the daemon or its enclave ended so often is quarantined (worker)"),
  verifier: path.describe("address of the evidence verifier to register with"),
  enclaveSocket: path
    .optional()
    .describe("Unix socket of an enclave that runs elsewhere (docs/enclave.md); without it the node starts its own"),
  evidence: z
    .enum(evidenceKinds)
    .default("simulated")
    .describe("where the enclave's evidence comes from; simulated proves nothing and is refused off local chains"),
  evidencePath: path
    .optional()
    .describe(
      "the platform's place: the folder report of configfs-tsm, the agent's socket (dstack), the helper persona-nsm (nitro)",
    ),
  quorumUrls: z
    .array(z.url())
    .max(32)
    .default([])
    .describe(
      "verifier nodes of the quorum that the verifier counts (Nitro, SNP); without them evidence goes to it as it is",
    ),
  evidencePrivilegeLevel: z.number().int().min(0).max(3).optional().describe("SNP: VMPL of the report (configfs-tsm)"),
  enclaveBundle: path
    .optional()
    .describe("folder of a built enclave (docs/enclave.md); without it the sources beside the daemon are built"),
});

export type NodeConfig = z.infer<typeof nodeConfigSchema>;

/** The settings as JSON Schema, for docs/node-config.md. */
export const nodeConfigJsonSchema = () => z.toJSONSchema(nodeConfigSchema, { io: "input" });

/** Reads a JSON configuration file; relative paths in it are relative to it. @throws PersonaError CONFIG_INVALID */
export function loadNodeConfig(file: string): NodeConfig {
  const value = readJson(file);
  const parsed = nodeConfigSchema.safeParse(value);
  if (!parsed.success) {
    throw new PersonaError("CONFIG_INVALID", `${file} is not a valid configuration. ${z.prettifyError(parsed.error)}`);
  }
  const config = parsed.data;
  const here = (name: string) => resolve(dirname(file), name);
  return {
    ...config,
    deployment: here(config.deployment),
    keystore: here(config.keystore),
    passphraseFile: here(config.passphraseFile),
    dataDir: here(config.dataDir),
    storeDir: here(config.storeDir),
    ...(config.enclaveSocket === undefined ? {} : { enclaveSocket: here(config.enclaveSocket) }),
    // An http URL of dstack's simulator is no path.
    ...(config.evidencePath === undefined || config.evidencePath.startsWith("http:")
      ? {}
      : { evidencePath: here(config.evidencePath) }),
    ...(config.enclaveBundle === undefined ? {} : { enclaveBundle: here(config.enclaveBundle) }),
  };
}

/** @throws PersonaError CONFIG_INVALID when the file is missing or not JSON */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new PersonaError("CONFIG_INVALID", `${file} cannot be read as JSON.`, { cause });
  }
}
