/**
 * The compute supervisor: holds the enclave's keys, collects shares, decrypts, hands plaintext to a sandbox process and signs
 * the receipt. It has no network and no files; its host carries bytes, and every byte is checked.
 */

import { decodeStruct, encodeStruct } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Hex, hexToBytes } from "viem";
import { z } from "zod";
import { openHostChain, requireDeployment, requireSameDeployment } from "../chain/hostChain.ts";
import { deploymentSchema } from "../deploymentSchema.ts";
import { openDoor } from "../door.ts";
import { createEnclaveIdentity, makeRegistration, nextKeyEpoch } from "../enclaveIdentity.ts";
import { type GuardianChain, headsOf } from "../guardian/guardianChain.ts";
import { isolationOf } from "../isolation.ts";
import { bundleMains, readBundle, requireMeasured, sandboxCodeOf, sandboxFilesOf } from "../measuredBundle.ts";
import { openEvidence } from "../openEvidence.ts";
import { encodeRegistration, registrationFacts } from "../registrationMessage.ts";
import { restingAfterWork } from "../releaseMemory.ts";
import { createWorkerHost } from "./host.ts";
import { createJobLatch } from "./jobLatch.ts";
import { runJob } from "./runJob.ts";
import { createSandboxPool } from "./sandboxPool.ts";

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
const latch = createJobLatch();
const worked = restingAfterWork();
worked();
let chain: GuardianChain | undefined;

const host = openDoor({
  socket: process.argv[4],
  onEnd: () => sandboxes.close(),
  methods: {
    async start(params) {
      const { deployment, endpoints } = startParams.parse(params);
      const known = requireDeployment(deployment);
      if (chain !== undefined) requireSameDeployment(chain.view.deployment, known);
      chain ??= openHostChain(host, known, { endpoints, confirmations: 0n });
      const { measurement } = await opening;
      return { signer: identity.account.address, kemKey: identity.kem.publicKey, measurement };
    },
    async register(params) {
      const evidence = await opening;
      return encodeRegistration(
        await makeRegistration(identity, evidence, requireChain().view.deployment, registrationFacts.parse(params)),
      );
    },
    async run(value) {
      const { jobId, params, attempt } = runParams.parse(value);
      const { view, look } = requireChain();
      const context = {
        chain: view,
        heads: async () => headsOf(await look()),
        host: createWorkerHost(host),
        jobId,
        params: decodeStruct("JobParams", params),
        attempt,
        sandboxes,
        latch,
      };
      const signed = await latch.once(jobId, attempt, async () =>
        runJob({ ...context, identity: await nextKeyEpoch(identity) }),
      );
      const { receipt, signature, ciphertext, releases, failure } = signed;
      worked();
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
const opening = openEvidence(process.argv[3], bundle.measurement, host);
opening.catch(() => {});

function requireChain(): GuardianChain {
  if (chain === undefined) throw new PersonaError("ENCLAVE_FAILED", "The enclave is not started yet.");
  return chain;
}
