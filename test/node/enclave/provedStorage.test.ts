import { expect } from "chai";
import { concat, type Hex, keccak256, pad, toRlp } from "viem";
import type { ProvedBlock } from "../../../node/src/enclave/runtime/chain/blockHeader.ts";
import type { HostRpc } from "../../../node/src/enclave/runtime/chain/hostRpc.ts";
import { createProvedStorage } from "../../../node/src/enclave/runtime/chain/provedStorage.ts";
import { expectError } from "../../helpers/errors.ts";

const contract = "0x00000000000000000000000000000000000000c1";
const slot = pad("0x05", { size: 32 });

/** A trie of one leaf, whose path has 64 nibbles (Yellow Paper, appendix D). */
function leafOf(key: Hex, value: Hex) {
  const node = toRlp([concat(["0x20", keccak256(key)]), value]);
  return { root: keccak256(node), proof: [node] };
}

/** A chain's state with one contract that has one word, and what `eth_getProof` says of it. */
function stateWith(word: Hex) {
  const storage = leafOf(slot, toRlp(word));
  const account = leafOf(contract, toRlp(["0x01", "0x", storage.root, keccak256("0x00")]));
  const storageProof = [{ key: slot, proof: storage.proof }];
  return { root: account.root, proof: { accountProof: account.proof, storageProof } };
}

const blockWith = (stateRoot: Hex) => ({ hash: keccak256(stateRoot), stateRoot }) as unknown as ProvedBlock;

describe("createProvedStorage", () => {
  it("behavior: an endpoint that takes a block in meanwhile proves another state, and is asked again", async () => {
    const [ours, next] = [stateWith("0x07"), stateWith("0x08")];
    const mixed = { ...ours.proof, storageProof: next.proof.storageProof };
    const answers = [next.proof, mixed, ours.proof];
    const rpc: HostRpc = async () => answers.shift();
    const found = await createProvedStorage(rpc).words(blockWith(ours.root), contract, [slot]);
    expect(found).to.deep.equal([pad("0x07", { size: 32 })]);
    expect(answers).to.have.lengthOf(0);
  });

  it("error: CHAIN_PROOF_INVALID: one that goes on proving another state, asked four times and no more", async () => {
    const [ours, other] = [stateWith("0x07"), stateWith("0x08")];
    let asked = 0;
    const rpc: HostRpc = async () => {
      asked += 1;
      return other.proof;
    };
    const storage = createProvedStorage(rpc);
    await expectError("CHAIN_PROOF_INVALID", () => storage.words(blockWith(ours.root), contract, [slot]));
    expect(asked).to.equal(4);
  });
});
