import { z } from "zod";
import { evidenceKinds } from "../enclave/runtime/evidenceKind.ts";

/** Relative ones are relative to the file that holds them, or to the folder that the command was called in. */
const path = z.string().min(1).meta({ setting: "path" });
/** Its path or query may hold a key: such a URL is neither logged nor taken from a flag or the environment. */
const url = z.url().meta({ setting: "url" });
const urls = (max: number) => z.array(z.url()).max(max).default([]).meta({ setting: "url" });

/**
 * The whole configuration of a daemon: file, flags, environment, defaults, help and docs/node-config.md come from here. Secrets
 * come from the files it names, never from a flag or the environment.
 */
export const nodeConfigSchema = z.strictObject({
  role: z.enum(["worker", "guardian", "ingestor"]).describe("what this node does"),
  rpcUrl: url.describe("JSON-RPC endpoint of the chain"),
  rpcUrls: urls(7).describe(
    "further JSON-RPC endpoints of the same chain: when one fails, another is asked; when they disagree, nothing new is begun. Enclaves on other chains than local ones want at least one more",
  ),
  rpcWsUrl: z
    .url({ protocol: /^wss?$/ })
    .meta({ setting: "url" })
    .optional()
    .describe("websocket endpoint of the same chain: tells of new blocks at once; without it the chain is polled"),
  deployment: path.describe("JSON file with the contract addresses"),
  keystore: path.describe("operator's account keystore"),
  passphraseFile: path.meta({ setting: "path", secret: true }).describe("file that holds the keystore's passphrase"),
  dataDir: path.describe("this node's own state: journal, sealed keys, deposits"),
  storeDir: path.describe("local IPFS block store it reads"),
  kuboUrl: url.optional().describe("RPC endpoint of a Kubo daemon to read instead of storeDir"),
  host: z
    .string()
    .default("127.0.0.1")
    .describe("address to listen on (guardian; an ingestor listens on loopback alone)"),
  port: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe("port to listen on (guardian, ingestor); 0 picks a free one"),
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
  journalUrlFile: path
    .meta({ setting: "path", secret: true })
    .optional()
    .describe(
      "file that holds the URL of a PostgreSQL database, postgres://…, in which several workers of this operator share their journal; without it the journal is a file in dataDir (worker)",
    ),
  verifier: z.string().min(1).describe("address of the evidence verifier to register with"),
  sourcesDir: path
    .optional()
    .describe("folder of the schedule that `persona sources` writes to: sources, consents, ingest.json (ingestor)"),
  writerPassphraseFile: path
    .meta({ setting: "path", secret: true })
    .optional()
    .describe("file that holds the passphrase of the writers' keystores that the sources name (ingestor)"),
  enclaveSocket: path
    .optional()
    .describe("Unix socket of an enclave that runs elsewhere (docs/enclave.md); without it the node starts its own"),
  enclaveVsock: z
    .string()
    .regex(/^\d{1,10}:\d{1,10}$/)
    .optional()
    .describe("CID:PORT of an enclave in a virtual machine, in place of enclaveSocket (docs/enclave.md, The door)"),
  replicaUrls: urls(8).describe(
    "replicas that hold this guardian's keys where its platform has nothing to seal with (docs/enclave.md, Replicas)",
  ),
  replicaOf: z
    .number()
    .int()
    .positive()
    .max(2 ** 32 - 1)
    .optional()
    .describe("node id of the guardian whose keys this daemon holds instead of being a guardian itself"),
  evidence: z
    .enum(evidenceKinds)
    .default("simulated")
    .describe("where the enclave's evidence comes from; simulated proves nothing and is refused off local chains"),
  evidencePath: path
    .optional()
    .describe(
      "the platform's place: the folder report of configfs-tsm, the agent's socket (dstack), the helper persona-nsm (nitro)",
    ),
  quorumUrls: urls(32).describe(
    "verifier nodes of the quorum that the verifier counts (Nitro, SNP); without them evidence goes to it as it is",
  ),
  evidencePrivilegeLevel: z.number().int().min(0).max(3).optional().describe("SNP: VMPL of the report (configfs-tsm)"),
  enclaveBundle: path
    .optional()
    .describe("folder of a built enclave (docs/enclave.md); without it the sources beside the daemon are built"),
  metricsHost: z
    .string()
    .default("127.0.0.1")
    .describe("address of /metrics, /healthz and /readyz; nothing guards them"),
  metricsPort: z.number().int().min(0).max(65_535).default(0).describe("their port; 0 picks a free one"),
  adminSocket: path
    .optional()
    .describe("Unix socket of `persona node status`, `drain` and `exit`; without it admin.sock in dataDir"),
  logLevel: z
    .enum(["debug", "info", "warn", "error"])
    .default("info")
    .describe("least grave lines that are logged; they go to stderr as JSON"),
  stopSeconds: z
    .number()
    .int()
    .min(1)
    .max(3_600)
    .default(30)
    .describe("longest time that a stop may take; what is left then is ended, and goes on at the next start"),
  maxBlockAgeSeconds: z
    .number()
    .int()
    .min(5)
    .max(86_400)
    .default(180)
    .describe("a newest block that is older means that the chain endpoint stands still: not ready"),
  minBalanceWei: z
    .string()
    .regex(/^\d{1,29}$/)
    .default("10000000000000000")
    .describe("less of the chain's own money on the operator's account, for gas: not ready, and an alarm"),
  minFreeDiskMb: z
    .number()
    .int()
    .min(0)
    .max(1_048_576)
    .default(256)
    .describe("less free space where dataDir is, in MiB: not ready, and a guardian takes no more deposits"),
  maxKeyDays: z
    .number()
    .int()
    .min(1)
    .max(400)
    .default(28)
    .describe(
      "a worker's enclave key is renewed until it is so old; then the daemon ends with 75 and starts with a fresh one",
    ),
});

export type NodeConfig = z.infer<typeof nodeConfigSchema>;
