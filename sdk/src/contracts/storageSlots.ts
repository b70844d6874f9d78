/**
 * Where the contracts keep what enclaves and guardians read through storage proofs: docs/protocol.md sections 3.5, 4.2, 5.1
 * and 5.2. The layout is as stable as the contracts' functions are. Words are the 32 bytes of one slot; in a packed word the
 * first field lies in the lowest bits.
 */
import {
  type Address,
  concatHex,
  encodeAbiParameters,
  getAddress,
  type Hex,
  hexToBigInt,
  hexToString,
  keccak256,
  slice as sliceHex,
  toHex,
} from "viem";
import { PersonaError } from "../errors/index.ts";
import type { DatasetState } from "./chainView.ts";
import { type JobStatus, jobStatus } from "./jobStatus.ts";
import type { EnclaveKeyState } from "./nodeView.ts";

const datasetStatus = ["none", "active", "erased", "erasing"] as const;
const grantStatus = ["none", "active", "revoked"] as const;
const recoveryStatus = ["none", "open", "vetoed"] as const;
const nodeStatus = ["none", "active", "exiting", "exited", "draining"] as const;
const keyState = ["none", "active", "draining", "frozen", "destroyed"] as const;

/** What GrantRegistry remembers of a grant; its Terms come as calldata. Times and `measurementEpoch` are Unix seconds. */
export type GrantSlot = {
  readonly status: (typeof grantStatus)[number];
  readonly uses: number;
  readonly outputBytes: bigint;
  readonly ownerEpoch: number;
  readonly keyEpoch: number;
  readonly measurementEpoch: number;
  readonly expiresAt: number;
  readonly followUpgrades: boolean;
};

/**
 * First slot of a job; the commitment fills the next one: the hash of its parameters, or the receipt's digest once one has
 * ended it. `dueBy` in Unix seconds, 0 while open; `claimDelay` in blocks from `raceBlock`.
 */
export type JobSlot = {
  readonly signer: Address;
  readonly status: JobStatus;
  readonly attempt: number;
  readonly tainted: boolean;
  readonly raceBlock: number;
  readonly dueBy: number;
  readonly claimDelay: number;
};

/** First slot of a dataset; `headHash` fills the next one. */
export type DatasetSlot = Pick<DatasetState, "owner" | "keyEpoch" | "version" | "status">;

/** First slot of an enclave key; `measurement` and `kemKeyHash` fill the next two. */
export type EnclaveKeySlot = Pick<EnclaveKeyState, "nodeId" | "keyClass" | "state" | "sealUntil" | "openUntil"> & {
  readonly verifierKind: number;
  readonly vendor: number;
  readonly registeredAt: number;
  /** Unix seconds at which governance allowed the measurement. */
  readonly measurementEpoch: number;
  /** How many measurements had been banned when the key was registered. */
  readonly bansSeen: number;
};

/** First slot of a node; its operator is the owner of its token. `stake` in the stake token's smallest unit. */
export type NodeSlot = {
  readonly stake: bigint;
  readonly status: (typeof nodeStatus)[number];
  readonly roles: number;
};

/** What governance says of a measurement: `epoch` in Unix seconds, 0 where it was never allowed. */
export type MeasurementSlot = { readonly epoch: number; readonly banned: boolean };

/** Third slot of a custody. `delay` in seconds. */
export type CustodySlot = { readonly secondWallet: Address; readonly delay: number; readonly version: number };

/** Second slot of a recovery request; `deviceKeyId` fills the first. Times are Unix seconds. */
export type RecoverySlot = {
  readonly requestedAt: number;
  readonly ripeAt: number;
  readonly version: number;
  /** What this version does not know counts for nothing. */
  readonly status: (typeof recoveryStatus)[number] | "unknown";
};

/** DatasetRegistry, section 3.5. */
export function datasetSlots(datasetId: Hex): { readonly dataset: Hex; readonly headHash: Hex } {
  const place = placeOf(datasetId, 0n);
  return { dataset: place, headHash: after(place, 1n) };
}

/** GrantRegistry, section 4.2. Grants lie below their owner, so that nobody writes where another's are looked for. */
export const grantSlot = (owner: Address, grantHash: Hex): Hex =>
  placeOf(grantHash, hexToBigInt(placeOf(addressWord(owner), 0n)));

/** GrantRegistry, section 4.2: the word is the owner's present epoch; a grant of another one is revoked. */
export const ownerEpochSlot = (owner: Address): Hex => placeOf(addressWord(owner), 1n);

/** NodeRegistry, section 5.1. */
export function enclaveKeySlots(signer: Address): {
  readonly key: Hex;
  readonly measurement: Hex;
  readonly kemKeyHash: Hex;
} {
  const place = placeOf(addressWord(signer), 0n);
  return { key: place, measurement: after(place, 1n), kemKeyHash: after(place, 2n) };
}

/** NodeRegistry, section 5.1. `endpoint` begins a string: the first of its words has its length. */
export function nodeSlots(nodeId: number): { readonly node: Hex; readonly operator: Hex; readonly endpoint: Hex } {
  const key = toHex(nodeId, { size: 32 });
  return { node: placeOf(key, 1n), operator: placeOf(key, 12n), endpoint: placeOf(key, 2n) };
}

/** MeasurementPolicy, section 5.1. */
export const measurementSlot = (measurement: Hex): Hex => placeOf(measurement, 1n);

/** Where the bytes of a string lie that does not fit into its own slot, as words; none for one of at most 31 bytes. */
export function longStringSlots(slot: Hex, word: Hex): readonly Hex[] {
  const length = hexToBigInt(word);
  if (length % 2n === 0n) return [];
  const words = (length / 2n + 31n) / 32n;
  if (words > maxStringWords) throw new PersonaError("CHAIN_PROOF_INVALID", "The string is longer than any of ours.");
  return Array.from({ length: Number(words) }, (_, i) => after(keccak256(slot), BigInt(i)));
}

/** @param words of {@link longStringSlots} */
export function decodeString(word: Hex, words: readonly Hex[]): string {
  const length = hexToBigInt(word);
  if (length % 2n === 0n) return hexToString(sliceHex(word, 0, Number(length & 0xffn) / 2));
  return hexToString(sliceHex(concatHex(words), 0, Number(length / 2n)));
}

/** Strings of the contracts are shorter. */
const maxStringWords = 64n;

/** JobMarket, section 5.2. */
export function jobSlots(jobId: Hex): { readonly job: Hex; readonly commitment: Hex } {
  const place = placeOf(jobId, 0n);
  return { job: place, commitment: after(place, 1n) };
}

/** OwnerKeys, section 3.4. */
export function custodySlots(owner: Address): {
  readonly rootKeyId: Hex;
  readonly planHash: Hex;
  readonly custody: Hex;
} {
  const place = placeOf(addressWord(owner), 0n);
  return { rootKeyId: place, planHash: after(place, 1n), custody: after(place, 2n) };
}

/** OwnerKeys, section 3.4. Requests lie below their owner, by requester. */
export function recoverySlots(
  owner: Address,
  requester: Address,
): { readonly deviceKeyId: Hex; readonly request: Hex } {
  const place = placeOf(addressWord(requester), hexToBigInt(placeOf(addressWord(owner), 1n)));
  return { deviceKeyId: place, request: after(place, 1n) };
}

/** OwnerKeys, section 3.4: the word is the digest of the owner's backup. */
export const backupSlot = (owner: Address): Hex => placeOf(addressWord(owner), 2n);

export function decodeCustodySlot(word: Hex): CustodySlot {
  const read = fieldsOf(word);
  return { secondWallet: addressOf(read(160)), delay: Number(read(32)), version: Number(read(32)) };
}

export function decodeRecoverySlot(word: Hex): RecoverySlot {
  const read = fieldsOf(word);
  return {
    requestedAt: Number(read(40)),
    ripeAt: Number(read(40)),
    version: Number(read(32)),
    status: recoveryStatus[Number(read(8))] ?? "unknown",
  };
}

export function decodeDatasetSlot(word: Hex): DatasetSlot {
  const read = fieldsOf(word);
  return {
    owner: addressOf(read(160)),
    keyEpoch: Number(read(32)),
    version: read(48),
    status: datasetStatus[Number(read(8))] ?? "none",
  };
}

export function decodeGrantSlot(word: Hex): GrantSlot {
  const read = fieldsOf(word);
  return {
    status: grantStatus[Number(read(8))] ?? "none",
    uses: Number(read(32)),
    outputBytes: read(64),
    ownerEpoch: Number(read(32)),
    keyEpoch: Number(read(32)),
    measurementEpoch: Number(read(40)),
    expiresAt: Number(read(40)),
    followUpgrades: read(8) !== 0n,
  };
}

export function decodeEnclaveKeySlot(word: Hex): EnclaveKeySlot {
  const read = fieldsOf(word);
  return {
    nodeId: Number(read(32)),
    keyClass: Number(read(8)),
    state: keyState[Number(read(8))] ?? "none",
    verifierKind: Number(read(8)),
    vendor: Number(read(8)),
    registeredAt: Number(read(40)),
    sealUntil: Number(read(40)),
    openUntil: Number(read(40)),
    measurementEpoch: Number(read(40)),
    bansSeen: Number(read(32)),
  };
}

export function decodeNodeSlot(word: Hex): NodeSlot {
  const read = fieldsOf(word);
  const stake = read(96);
  read(32);
  return { stake, status: nodeStatus[Number(read(8))] ?? "none", roles: Number(read(8)) };
}

export function decodeMeasurementSlot(word: Hex): MeasurementSlot {
  const read = fieldsOf(word);
  return { epoch: Number(read(40)), banned: read(8) !== 0n };
}

/** A slot that holds an account and nothing else. */
export const decodeAddressSlot = (word: Hex): Address => addressOf(fieldsOf(word)(160));

export function decodeJobSlot(word: Hex): JobSlot {
  const read = fieldsOf(word);
  return {
    signer: addressOf(read(160)),
    status: jobStatus[Number(read(8))] ?? "none",
    attempt: Number(read(8)),
    tainted: read(8) !== 0n,
    raceBlock: Number(read(32)),
    dueBy: Number(read(32)),
    claimDelay: Number(read(8)),
  };
}

/** Where Solidity keeps `mapping(bytes32 => …)` of this slot for this key. */
const placeOf = (key: Hex, slot: bigint): Hex =>
  keccak256(encodeAbiParameters([{ type: "bytes32" }, { type: "uint256" }], [key, slot]));

const after = (place: Hex, slots: bigint): Hex => toHex(BigInt.asUintN(256, hexToBigInt(place) + slots), { size: 32 });

const addressWord = (address: Address): Hex => toHex(hexToBigInt(address), { size: 32 });

const addressOf = (word: bigint): Address => getAddress(toHex(word, { size: 20 }));

/** Takes fields out of a word, from its lowest bits upwards. */
function fieldsOf(word: Hex): (bits: number) => bigint {
  let rest = hexToBigInt(word);
  return (bits) => {
    const field = BigInt.asUintN(bits, rest);
    rest >>= BigInt(bits);
    return field;
  };
}
