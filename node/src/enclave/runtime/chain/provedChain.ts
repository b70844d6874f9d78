import {
  type ChainView,
  contractSignatureCall,
  type Deployment,
  datasetSlots,
  decodeAddressSlot,
  decodeDatasetSlot,
  decodeEnclaveKeySlot,
  decodeGrantSlot,
  decodeJobSlot,
  decodeMeasurementSlot,
  decodeNodeSlot,
  decodeString,
  type EnclaveKeySlot,
  enclaveKeySlots,
  grantSlot,
  type JobInput,
  jobSlots,
  longStringSlots,
  measurementSlot,
  nodeSlots,
  ownerEpochSlot,
} from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, type Hex, hexToBigInt, isHex, numberToHex } from "viem";
import { type ProvedBlock, readBlockHeader } from "./blockHeader.ts";
import { type InputRecords, type JobRecord, type KeyStatus, readReason, releaseReason } from "./chainReasons.ts";
import { type HostRpc, unusable } from "./hostRpc.ts";
import { createProvedStorage } from "./provedStorage.ts";
import { provePublication } from "./provePublication.ts";
import { emptyCodeHash } from "./storageProof.ts";

/** Blocks whose headers are kept. */
const maxBlocks = 256;

/**
 * The chain as storage proofs show it: everything but ERC-1271 answers follows from one block hash. Whether that hash is the
 * chain's is for others to say: several endpoints, and for a supervisor the guardians, who sign the block they believe.
 * @param rpc one endpoint, through a host that may answer anything
 */
export function createProvedChain(rpc: HostRpc, deployment: Deployment): ChainView {
  const storage = createProvedStorage(rpc);
  /** As of the last time that the endpoint was asked for the block. */
  const blocks = new Map<bigint, ProvedBlock>();

  const fetchBlock = async (tag: "latest" | bigint): Promise<ProvedBlock> => {
    const answer = await rpc("eth_getBlockByNumber", [tag === "latest" ? tag : numberToHex(tag), false]);
    if (answer === null) throw unusable("no block");
    const block = readBlockHeader(answer);
    if (tag !== "latest" && block.number !== tag) throw unusable("another block than was asked for");
    const [oldest] = blocks.keys();
    if (blocks.size >= maxBlocks && oldest !== undefined) blocks.delete(oldest);
    blocks.delete(block.number);
    blocks.set(block.number, block);
    return block;
  };
  const blockAt = async (number: bigint): Promise<ProvedBlock> => blocks.get(number) ?? fetchBlock(number);
  const wordsAt = async (number: bigint, contract: Address, slots: readonly Hex[]) =>
    storage.words(await blockAt(number), contract, slots) as Promise<Hex[]>;

  const dataset = async (datasetId: Hex, number: bigint) => {
    const slots = datasetSlots(datasetId);
    const [word, headHash] = await wordsAt(number, deployment.datasetRegistry, [slots.dataset, slots.headHash]);
    return { ...decodeDatasetSlot(word as Hex), headHash: headHash as Hex };
  };
  const job = async (jobId: Hex, number: bigint): Promise<JobRecord> => {
    const slots = jobSlots(jobId);
    const [word, commitment] = await wordsAt(number, deployment.jobMarket, [slots.job, slots.commitment]);
    return { ...decodeJobSlot(word as Hex), commitment: commitment as Hex };
  };
  const enclaveKey = async (signer: Address, number: bigint) => {
    const slots = enclaveKeySlots(signer);
    const wanted = [slots.key, slots.measurement, slots.kemKeyHash];
    const [word, measurement, kemKeyHash] = await wordsAt(number, deployment.nodeRegistry, wanted);
    return { ...decodeEnclaveKeySlot(word as Hex), measurement: measurement as Hex, kemKeyHash: kemKeyHash as Hex };
  };
  const isBanned = async (measurement: Hex, number: bigint): Promise<boolean> => {
    const [word] = await wordsAt(number, deployment.measurementPolicy, [measurementSlot(measurement)]);
    const { epoch, banned } = decodeMeasurementSlot(word as Hex);
    return epoch === 0 || banned;
  };
  /** A key with its node's part in it, as NodeRegistry.keyStatusOf. */
  const keyStatus = async (signer: Address, number: bigint): Promise<KeyStatus> => {
    const { measurement, ...key } = await enclaveKey(signer, number);
    if (key.state === "none") return { ...key, keyClass: 0, banned: false, stake: 0n };
    const [[word], banned] = await Promise.all([
      wordsAt(number, deployment.nodeRegistry, [nodeSlots(key.nodeId).node]),
      isBanned(measurement, number),
    ]);
    const { stake, status } = decodeNodeSlot(word as Hex);
    return { ...key, state: stateOf(key.state, status), banned, stake };
  };
  const recordsOf = async ({ owner, grantHash, datasetId }: JobInput, number: bigint): Promise<InputRecords> => {
    const [found, [grant, ownerEpoch]] = await Promise.all([
      dataset(datasetId, number),
      wordsAt(number, deployment.grantRegistry, [grantSlot(owner, grantHash), ownerEpochSlot(owner)]),
    ]);
    const epoch = Number(hexToBigInt(ownerEpoch as Hex) & 0xffff_ffffn);
    return { dataset: found, grant: decodeGrantSlot(grant as Hex), ownerEpoch: epoch };
  };

  return {
    deployment,
    async block(tag) {
      const { number, hash, timestamp } = await fetchBlock(tag);
      return { number, hash, timestamp };
    },
    async releasable({ jobId, params }, input, signer, number) {
      const granted = params.order.inputs[input];
      // Asked for before it is known that it is wanted: one round of reads.
      const records = granted === undefined ? undefined : recordsOf(granted, number);
      records?.catch(() => {});
      const [{ timestamp }, key, record] = await Promise.all([
        blockAt(number),
        keyStatus(signer, number),
        job(jobId, number),
      ]);
      const facts = { key, job: record, params, input, signer, timestamp };
      return releaseReason(facts, async () => (await records) ?? missing());
    },
    async readable(jobId, order, number) {
      const [granted] = order.inputs;
      const [{ timestamp }, record, records] = await Promise.all([
        blockAt(number),
        job(jobId, number),
        granted === undefined ? undefined : recordsOf(granted, number),
      ]);
      return readReason(record, order, timestamp, async () => records ?? missing());
    },
    dataset,
    async enclaveKey(signer, number) {
      const [key, { state, banned }] = await Promise.all([enclaveKey(signer, number), keyStatus(signer, number)]);
      const { nodeId, keyClass, sealUntil, openUntil, measurement, kemKeyHash } = key;
      return { nodeId, keyClass, state, sealUntil, openUntil, measurement, kemKeyHash, banned };
    },
    async node(nodeId, number) {
      const slots = nodeSlots(nodeId);
      const wanted = [slots.node, slots.operator, slots.endpoint];
      const [word, operator, endpoint] = await wordsAt(number, deployment.nodeRegistry, wanted);
      const more = longStringSlots(slots.endpoint, endpoint as Hex);
      const rest = more.length === 0 ? [] : await wordsAt(number, deployment.nodeRegistry, more);
      return {
        operator: decodeAddressSlot(operator as Hex),
        endpoint: decodeString(endpoint as Hex, rest),
        roles: decodeNodeSlot(word as Hex).roles,
      };
    },
    async job(jobId, number) {
      const { status, attempt, signer, dueBy, commitment, raceBlock } = await job(jobId, number);
      return { status, attempt, signer, dueBy, commitment, raceBlock };
    },
    async publishedAt(publication, place) {
      const block = await blockAt(place.blockNumber);
      return (await provePublication(rpc, deployment, block, publication, place)) ? block.timestamp : undefined;
    },
    async signedBy(account, digest, signature, number) {
      // No contract, no answer of one: that much is proved. What a contract answers is the endpoint's word.
      const { codeHash } = await storage.account(await blockAt(number), account);
      if (codeHash === emptyCodeHash) return false;
      const answer = await rpc("eth_call", [
        { data: contractSignatureCall(account, digest, signature) },
        numberToHex(number),
      ]);
      if (!isHex(answer)) throw unusable("no bytes");
      return answer !== "0x" && BigInt(answer) === 1n;
    },
  };
}

/** As NodeAccounts._stateOf: what a node has left, its keys have. */
function stateOf(state: EnclaveKeySlot["state"], node: ReturnType<typeof decodeNodeSlot>["status"]) {
  if (node === "exited") return "destroyed";
  return node !== "active" && state === "active" ? "draining" : state;
}

function missing(): never {
  throw new PersonaError("INTERNAL", "The order has no such input.");
}
