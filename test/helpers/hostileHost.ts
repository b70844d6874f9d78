/** A host that sits between a real supervisor process and the world, and tells it whatever a test wants. */
import { postToGuardian } from "@persona-protocol/sdk/access";
import { type BuiltJob, failureName } from "@persona-protocol/sdk/compute";
import { type ChainClient, decodeStruct, encodeStruct, type Receipt } from "@persona-protocol/sdk/contracts";
import { cidOfDigest, collectBytes } from "@persona-protocol/sdk/storage";
import { type Hex, parseEther } from "viem";
import { createRpcRelay } from "../../node/src/chain/rpcRelay.ts";
import { parseEnclaveKeys, registerEnclaveKey, registerNode } from "../../node/src/enclave/registerEnclave.ts";
import { relayChain } from "../../node/src/enclave/relayChain.ts";
import { plainDeployment } from "../../node/src/enclave/runtime/deploymentSchema.ts";
import { detectIsolation } from "../../node/src/enclave/runtime/isolation.ts";
import { type EnclaveProcess, startEnclave } from "../../node/src/enclave/startEnclave.ts";
import { endpointOf, type Scene } from "./guardianScene.ts";

/** What the supervisor asks its host for. */
export type HostMethod = "rpc" | "block" | "blob" | "ask";

/** Stands between a question and its honest answer, which it may also not ask for. */
type Lie = (params: never, honest: () => Promise<unknown>) => unknown;

export type HostileHost = {
  readonly enclave: EnclaveProcess;
  readonly signer: Hex;
  readonly client: ChainClient;
  readonly nodeId: number;
  /** In the place of honest answers, until it is emptied. */
  lies: Partial<Record<HostMethod, Lie>>;
  /** Every question so far, with the size of an answer in bytes. */
  readonly asked: { readonly method: HostMethod; readonly params: Record<string, unknown>; bytes: number }[];
  /** Resolves when every question so far has its answer: a guardian's may come after the result. */
  settled(): Promise<unknown>;
  /** The honest chain. */
  chain(method: string, params: unknown): Promise<unknown>;
  /** Lets the enclave run a job that it has claimed. */
  run(job: BuiltJob, choice?: RunChoice): Promise<Outcome>;
};

type RunChoice = { readonly jobId?: Hex; readonly params?: BuiltJob["params"]; readonly attempt?: number };

type Outcome = {
  readonly receipt: Receipt;
  readonly signature: Uint8Array;
  readonly ciphertext: Uint8Array;
  /** Name of the receipt's code; `RESULT` for none. */
  readonly name: string;
  /** What the enclave tells its operator. */
  readonly failure: string | null;
};

export async function startHostileHost(scene: Pick<Scene, "network" | "owner">): Promise<HostileHost> {
  const { network } = scene;
  const { deployment, verifier, store } = network;
  const client = await network.fundedClient();
  const relay = createRpcRelay(network.rpcUrl);
  const chain = relayChain(relay.request);
  const asked: HostileHost["asked"] = [];
  const honest: Record<HostMethod, (params: never) => Promise<unknown>> = {
    rpc: async (params) => chain["rpc"]?.(params),
    block: ({ digest }: { digest: Hex }) => store.getBlock(cidOfDigest(digest, "dag-cbor")),
    blob: ({ cid, offset, length }: { cid: string; offset: number; length: number }) =>
      collectBytes(store.get(cid, { offset, length })),
    ask: async ({ guardian, body }: { guardian: number; body: Uint8Array }) =>
      postToGuardian(await endpointOf(scene as Scene, guardian), "/release", body, {
        maxBytes: 1024 * 1024,
        signal: AbortSignal.timeout(10_000),
      }),
  };
  const underWay: Promise<unknown>[] = [];
  const host: { lies: HostileHost["lies"] } = { lies: {} };
  const answered = (method: HostMethod) => (params: unknown) => {
    const answering = answer(method, params);
    underWay.push(answering);
    return answering;
  };
  const answer = async (method: HostMethod, params: unknown) => {
    const entry = { method, params: params as Record<string, unknown>, bytes: -1 };
    asked.push(entry);
    const truth = () => honest[method](params as never);
    const lie = host.lies[method];
    const answer = await (lie === undefined ? truth() : lie(params as never, truth));
    if (answer instanceof Uint8Array) entry.bytes = answer.length;
    return answer;
  };
  const enclave = startEnclave({
    role: "worker",
    isolation: detectIsolation(),
    log: () => {},
    methods: { rpc: answered("rpc"), block: answered("block"), blob: answered("blob"), ask: answered("ask") },
  });
  void enclave.ended.then(() => relay.close());
  const context = { client, deployment, operator: client.account.address, verifier };
  const { signer } = parseEnclaveKeys(await enclave.call("start", { deployment: plainDeployment(deployment) }));
  const nodeId = await registerNode(context, { role: "worker", stake: parseEther("2000"), endpoint: "" });
  await registerEnclaveKey(context, enclave, { signer, nodeId, role: "worker" });
  return Object.assign(host, {
    enclave,
    signer,
    client,
    nodeId,
    asked,
    settled: () => Promise.allSettled(underWay),
    chain: (method: string, params: unknown) => relay.request({ method, params }),
    async run(job: BuiltJob, { jobId = job.jobId, params = job.params, attempt = 1 }: RunChoice = {}) {
      const answer = (await enclave.call(
        "run",
        { jobId, params: encodeStruct("JobParams", params), attempt },
        { timeoutMs: 40_000 },
      )) as { receipt: Uint8Array; signature: Uint8Array; ciphertext: Uint8Array; failure: string | null };
      const receipt = decodeStruct("Receipt", answer.receipt);
      return { ...answer, receipt, name: receipt.code === 0 ? "RESULT" : (failureName(receipt.code) ?? "unknown") };
    },
  });
}
