/**
 * The compute supervisor: holds the enclave's keys, collects shares, decrypts, hands plaintext to a sandbox process and signs
 * the receipt. It has no network and no files; its host carries bytes, and every byte is checked.
 */

import { type ChainView, decodeStruct, encodeStruct } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, hexToBytes } from "viem";
import { z } from "zod";
import { openHostChain, requireDeployment } from "../chain/hostChain.ts";
import { deploymentSchema } from "../deploymentSchema.ts";
import { createEnclaveIdentity, makeRegistration } from "../enclaveIdentity.ts";
import { isolationOf } from "../isolation.ts";
import { bundleMains, readBundle, requireMeasured, sandboxCodeOf, sandboxFilesOf } from "../measuredBundle.ts";
import { openEvidence } from "../openEvidence.ts";
import { createPeer } from "../peer.ts";
import { encodeRegistration, registrationFacts } from "../registrationMessage.ts";
import { createWorkerHost } from "./host.ts";
import { latchName, runJob, type SignedReceipt } from "./runJob.ts";
import { createSandboxPool } from "./sandboxPool.ts";

// The terminal's Ctrl-C reaches every process of the group; this one ends when its host closes the door.
process.on("SIGINT", () => {});

const startParams = z.strictObject({
  deployment: deploymentSchema,
  /** How many chain endpoints the host relays to: all of them must agree. */
  endpoints: z.number().int().min(1).max(8).default(1),
});
/** In lower case only: the latch below compares texts. */
const hex32 = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value));
const runParams = z.strictObject({
  jobId: hex32,
  params: z.instanceof(Uint8Array),
  attempt: z.number().int().min(0).max(255),
});

const folder = import.meta.dirname;
const bundle = readBundle(folder);
// The engine too: no sandbox starts with another one than the measured.
requireMeasured(folder, bundle.files, [bundleMains.worker, ...sandboxFilesOf(bundle.files)]);
const sandboxes = createSandboxPool(isolationOf(process.argv[2]), sandboxCodeOf(folder));
const identity = await createEnclaveIdentity();
/** One receipt per job and attempt, whatever the host asks. */
const receipts = new Map<string, Promise<SignedReceipt>>();
let chain: ChainView | undefined;

const peer = createPeer({
  input: process.stdin,
  output: process.stdout,
  methods: {
    async start(params) {
      const { deployment, endpoints } = startParams.parse(params);
      chain = openHostChain(peer, requireDeployment(deployment), { endpoints, confirmations: 0n }).view;
      const { measurement } = await opening;
      return { signer: identity.account.address, kemKey: identity.kem.publicKey, measurement };
    },
    async register(params) {
      const evidence = await opening;
      return encodeRegistration(
        await makeRegistration(identity, evidence, requireChain().deployment, registrationFacts.parse(params)),
      );
    },
    async run(value) {
      const { jobId, params, attempt } = runParams.parse(value);
      const context = {
        chain: requireChain(),
        host: createWorkerHost(peer),
        identity,
        jobId,
        params: decodeStruct("JobParams", params),
        attempt,
        sandboxes,
      };
      const name = latchName(context);
      const running = receipts.get(name) ?? runJob(context);
      receipts.set(name, running);
      // Nothing was signed: the host may ask again when the chain has moved.
      running.catch(() => receipts.delete(name));
      const { receipt, signature, ciphertext, releases, failure } = await running;
      return {
        receipt: encodeStruct("Receipt", receipt),
        signature: hexToBytes(signature),
        ciphertext,
        releases: releases.map((hash) => hexToBytes(hash)),
        failure: failure ?? null,
      };
    },
  },
});

/** Asked for once; whoever starts the enclave hears why there is none. */
const opening = openEvidence(process.argv[3], bundle.measurement, peer);
opening.catch(() => {});

void peer.closed.then(() => {
  sandboxes.close();
  process.exit(0);
});

function requireChain(): ChainView {
  if (chain === undefined) throw new PersonaError("ENCLAVE_FAILED", "The enclave is not started yet.");
  return chain;
}
