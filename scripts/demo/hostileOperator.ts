/**
 * An operator who follows its own interest: it runs the real enclave build on a registered node, and sits where every host
 * sits, between the enclave and the world. The demo plays it to put questions to guardians that an honest node would not.
 */
import { decodeReleaseAnswer, postToGuardian, type ReleaseAnswer } from "@persona-protocol/sdk/access";
import { type BuiltJob, failureName } from "@persona-protocol/sdk/compute";
import {
  type ChainClient,
  callContract,
  decodeStruct,
  encodeStruct,
  jobMarketAbi,
  jobOrderHashOf,
  nodeRegistryAbi,
} from "@persona-protocol/sdk/contracts";
import { codeOfReason, PersonaError } from "@persona-protocol/sdk/errors";
import { cidOfDigest, collectBytes } from "@persona-protocol/sdk/storage";
import { bytesToHex, parseEther } from "viem";
import { bringReceipt } from "../../node/src/compute/bringReceipts.ts";
import type { Network } from "../../node/src/dev/startNetwork.ts";
import { parseEnclaveKeys, registerEnclaveKey, registerNode } from "../../node/src/enclave/registerEnclave.ts";
import { relayChain } from "../../node/src/enclave/relayChain.ts";
import { plainDeployment } from "../../node/src/enclave/runtime/deploymentSchema.ts";
import { detectIsolation } from "../../node/src/enclave/runtime/isolation.ts";
import { type EnclaveProcess, startEnclave } from "../../node/src/enclave/startEnclave.ts";

/** For the bonds of its claims. */
const stake = parseEther("1000");

export type HostileOperator = {
  readonly nodeId: number;
  /** Claims a job that names this node, lets its enclave run it, and returns what the guardians and the enclave said. */
  run(job: BuiltJob, tricks?: Tricks): Promise<RunReport>;
  /** Claims now; `run` then does not claim again. */
  claim(job: BuiltJob): Promise<void>;
  stop(): Promise<void>;
};

type Tricks = { readonly flipBitInBlob?: boolean };

type RunReport = {
  /** What each guardian that was asked answered: `RELEASED` or the code of its refusal. */
  readonly guardians: readonly { readonly guardian: number; readonly answer: string }[];
  /** The failure in the receipt that the enclave signed; undefined for a result. */
  readonly failure: string | undefined;
  /** Takes the receipt to the market. */
  readonly settle: () => Promise<void>;
};

export async function startHostileOperator(network: Network): Promise<HostileOperator> {
  const client = await network.fundedClient();
  const { deployment, verifier, store } = network;
  let tricks: Tricks = {};
  let heard: { guardian: number; answer: string }[] = [];
  const enclave: EnclaveProcess = startEnclave({
    role: "worker",
    isolation: detectIsolation(),
    log: () => {},
    methods: {
      ...relayChain(client.request),
      block: async (params) => store.getBlock(cidOfDigest((params as { digest: `0x${string}` }).digest, "dag-cbor")),
      async blob(params) {
        const { cid, offset, length } = params as { cid: string; offset: number; length: number };
        const bytes = await collectBytes(store.get(cid, { offset, length }));
        if (tricks.flipBitInBlob === true) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        return bytes;
      },
      async ask(params) {
        const { guardian, body } = params as { guardian: number; body: Uint8Array };
        const answer = await askGuardian(client, network, guardian, body);
        heard.push({ guardian, answer: nameOf(decodeReleaseAnswer(answer)) });
        return answer;
      },
    },
  });
  try {
    const context = { client, deployment, operator: client.account.address, verifier };
    const { signer } = parseEnclaveKeys(await enclave.call("start", { deployment: plainDeployment(deployment) }));
    const nodeId = await registerNode(context, { role: "worker", stake, endpoint: "" });
    await registerEnclaveKey(context, enclave, { signer, nodeId, role: "worker" });
    return {
      nodeId,
      async claim({ jobId, params: { order, offer } }) {
        await callContract(client, {
          address: deployment.jobMarket,
          abi: jobMarketAbi,
          functionName: "claimJob",
          args: [jobId, offer, jobOrderHashOf(order), signer],
        });
      },
      async run(job, wanted = {}) {
        tricks = wanted;
        heard = [];
        const { attempt } = await client.readContract({
          address: deployment.jobMarket,
          abi: jobMarketAbi,
          functionName: "jobOf",
          args: [job.jobId],
        });
        const answer = (await enclave.call(
          "run",
          { jobId: job.jobId, params: encodeStruct("JobParams", job.params), attempt },
          { timeoutMs: 30_000 },
        )) as { receipt: Uint8Array; signature: Uint8Array; ciphertext: Uint8Array };
        const receipt = decodeStruct("Receipt", answer.receipt);
        const { jobId, params } = job;
        const [signature, ciphertext] = [bytesToHex(answer.signature), bytesToHex(answer.ciphertext)];
        return {
          guardians: heard,
          failure: receipt.code === 0 ? undefined : (failureName(receipt.code) ?? String(receipt.code)),
          settle: async () =>
            void (await bringReceipt(
              { send: (call) => callContract(client, call), deployment },
              { jobId, params, receipt, signature, ciphertext },
            )),
        };
      },
      stop: () => enclave.stop(),
    };
  } catch (error) {
    await enclave.stop();
    throw error;
  }
}

/** Sends a release request straight to a guardian. */
export async function askGuardian(
  client: ChainClient,
  { deployment }: Pick<Network, "deployment">,
  guardian: number,
  body: Uint8Array,
): Promise<Uint8Array> {
  const { endpoint } = await client.readContract({
    address: deployment.nodeRegistry,
    abi: nodeRegistryAbi,
    functionName: "nodeOf",
    args: [guardian],
  });
  return postToGuardian(endpoint, "/release", body, { maxBytes: 1024 * 1024, signal: AbortSignal.timeout(10_000) });
}

/** `RELEASED`, or the code of a refusal. */
export function nameOf(answer: ReleaseAnswer): string {
  if (answer.status === "released") return "RELEASED";
  const code = codeOfReason(answer.refusal.reason);
  if (code === undefined)
    throw new PersonaError("INTERNAL", "A guardian refused with a reason that does not exist.", {
      data: { reason: answer.refusal.reason },
    });
  return code;
}
