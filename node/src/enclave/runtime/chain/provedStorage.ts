import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Address, Hex } from "viem";
import type { ProvedBlock } from "./blockHeader.ts";
import type { HostRpc } from "./hostRpc.ts";
import { type ProvedAccount, parseProof, proveAccount, proveSlots } from "./storageProof.ts";

/** Words of contracts' storage at a block, each proved against its state root. */
export type ProvedStorage = {
  /**
   * What is asked of one contract at one block while another question about it is on its way goes together in the next: a proof
   * costs an endpoint about as much for one slot as for many.
   * @throws PersonaError CHAIN_PROOF_INVALID, CHAIN_UNREACHABLE
   */
  words(block: ProvedBlock, contract: Address, slots: readonly Hex[]): Promise<readonly Hex[]>;
  account(block: ProvedBlock, address: Address): Promise<ProvedAccount>;
};

/** Words kept, of all contracts. */
const maxWords = 65_536;
/** Accounts at blocks kept. */
const maxAccounts = 1_024;
/** Slots of one proof. */
const maxSlots = 64;
/** An endpoint that takes a block in while it answers may prove another state than was asked for (anvil does): asked again after this. */
const againAfterMs = [20, 80, 200];

/**
 * A word is kept under the root of the storage that it was proved in: as long as a contract's storage is the same, from block
 * to block, nothing of it is asked for again but its root.
 */
export function createProvedStorage(rpc: HostRpc): ProvedStorage {
  const words = createKept<string, Hex>(maxWords);
  const accounts = createKept<string, Promise<ProvedAccount>>(maxAccounts);
  const asking = createBatches();

  const ask = async (block: ProvedBlock, contract: Address, slots: readonly Hex[]): Promise<ReadonlyMap<Hex, Hex>> => {
    const name = `${block.hash} ${contract}`;
    const before = await accounts.get(name)?.catch(() => undefined);
    const found = new Map<Hex, Hex>();
    for (const slot of before === undefined ? [] : slots) {
      const word = words.get(`${before?.storageHash} ${slot}`);
      if (word !== undefined) found.set(slot, word);
    }
    const missing = slots.filter((slot) => !found.has(slot));
    if (before !== undefined && missing.length === 0) return found;

    // By hash: what lies at this number may be another block by now.
    const proof = parseProof(await rpc("eth_getProof", [contract, missing, { blockHash: block.hash }]));
    const proving = before === undefined ? proveAccount(block.stateRoot, contract, proof.accountProof) : undefined;
    if (proving !== undefined) {
      accounts.set(name, proving);
      proving.catch(() => accounts.delete(name));
    }
    const { storageHash } = before ?? ((await proving) as ProvedAccount);
    if (missing.length === 0) return found;
    const nodes = proof.storageProof.flatMap(({ proof: path }) => path);
    const proved = await proveSlots(storageHash, missing, nodes);
    for (const [i, slot] of missing.entries()) {
      found.set(slot, proved[i] as Hex);
      words.set(`${storageHash} ${slot}`, proved[i] as Hex);
    }
    return found;
  };

  return {
    async words(block, contract, slots) {
      if (slots.length > maxSlots) throw new PersonaError("INTERNAL", "Too many slots for one proof.");
      const found = await asking(`${block.hash} ${contract}`, slots, (all) => asked(() => ask(block, contract, all)));
      return slots.map((slot) => found.get(slot) as Hex);
    },
    async account(block, address) {
      const name = `${block.hash} ${address}`;
      const known = accounts.get(name);
      if (known !== undefined) return known;
      await asked(() => ask(block, address, []));
      return accounts.get(name) as Promise<ProvedAccount>;
    },
  };
}

/** @throws PersonaError CHAIN_PROOF_INVALID when the endpoint goes on proving something else */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  for (const ms of againAfterMs) {
    try {
      return await ask();
    } catch (error) {
      if (!isPersonaError(error, "CHAIN_PROOF_INVALID")) throw error;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
  return ask();
}

type Answer = ReadonlyMap<Hex, Hex>;
type Batch = { readonly slots: Set<Hex>; readonly answer: Promise<Answer> };

/** One question a name at a time; what comes in the same turn, or while it waits for its answer, is the next one. */
function createBatches(): (name: string, slots: readonly Hex[], ask: Ask) => Promise<Answer> {
  const next = new Map<string, Batch>();
  const running = new Map<string, Promise<unknown>>();

  const start = (name: string, ask: Ask): Batch => {
    const slots = new Set<Hex>();
    const answer = Promise.resolve(running.get(name)).then(() => {
      if (next.get(name) === batch) next.delete(name);
      return ask([...slots]);
    });
    const batch: Batch = { slots, answer };
    next.set(name, batch);
    const ended: Promise<void> = answer
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (running.get(name) === ended) running.delete(name);
      });
    running.set(name, ended);
    return batch;
  };
  return (name, slots, ask) => {
    const known = next.get(name);
    const joined = known !== undefined && known.slots.size + slots.length <= maxSlots ? known : start(name, ask);
    for (const slot of slots) joined.slots.add(slot);
    return joined.answer;
  };
}

type Ask = (slots: readonly Hex[]) => Promise<Answer>;

/** The newest of what was put in. */
function createKept<key, value>(max: number): Pick<Map<key, value>, "get" | "set" | "delete"> {
  const kept = new Map<key, value>();
  return {
    get: (name) => kept.get(name),
    delete: (name) => kept.delete(name),
    set(name, value) {
      const [oldest] = kept.keys();
      if (kept.size >= max && oldest !== undefined && !kept.has(name)) kept.delete(oldest);
      kept.set(name, value);
      return kept;
    },
  };
}
