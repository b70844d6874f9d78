/** One of several chain endpoints that is always a block ahead, and lies about that block alone, which nobody else has. */
import type { ReleaseCall } from "@persona-protocol/sdk/access";
import type { ChainBlock, ChainView, EnclaveKeyState } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { zeroAddress, zeroHash } from "viem";
import type { EnclaveIdentity } from "../../../node/src/enclave/runtime/enclaveIdentity.ts";
import { askChain } from "../../../node/src/enclave/runtime/guardian/askChain.ts";
import { createErasures } from "../../../node/src/enclave/runtime/guardian/erasures.ts";
import { createGuardianChain, headsOf } from "../../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { requireOwnKey } from "../../../node/src/enclave/runtime/guardian/ownKey.ts";
import { expectError } from "../../helpers/errors.ts";

const revokedAt = 200n;
const blockOf = (number: bigint): ChainBlock => ({
  number,
  hash: `0x${number.toString(16).padStart(64, "0")}`,
  timestamp: number,
});
/** At `revokedAt` the grant is revoked and the guardian's own key frozen. `lies` says at which blocks it denies that. */
const endpoint = (head: () => bigint, lies: (at: bigint) => boolean = () => false): ChainView => {
  const isOver = (at: bigint) => !lies(at) && at >= revokedAt;
  const key = { nodeId: 1, keyClass: 2, sealUntil: 1e6, openUntil: 1e6, measurement: zeroHash, kemKeyHash: zeroHash };
  return {
    deployment: { chainId: 1 },
    block: async (tag: "latest" | bigint) => blockOf(tag === "latest" ? head() : tag),
    releasable: async (_job: unknown, _input: number, _signer: string, at: bigint) =>
      isOver(at) ? "GRANT_REVOKED" : undefined,
    job: async () => ({ status: "claimed", attempt: 1, signer: zeroAddress, dueBy: 9, commitment: zeroHash }),
    enclaveKey: async (_signer: string, at: bigint): Promise<EnclaveKeyState> => ({
      ...key,
      state: isOver(at) ? "frozen" : "active",
      banned: false,
    }),
    dataset: async (_id: string, at: bigint) => ({ owner: zeroAddress, status: lies(at) ? "erased" : "active" }),
  } as unknown as ChainView;
};
const request = { request: { jobId: zeroHash, input: 0, attempt: 1 }, params: { order: { inputs: [] } } };
const call = request as unknown as ReleaseCall;
const identity = { account: { address: zeroAddress } } as unknown as EnclaveIdentity;

describe("an endpoint that is ahead of all others", () => {
  const confirmations = 64n;

  it("error: hides no revocation and no freeze, wherever the honest ones are", async () => {
    for (const lag of [0n, 1n, 16n]) {
      let head = revokedAt - 1n;
      const hostile = endpoint(
        () => head + 1n,
        (at) => at === head + 1n,
      );
      // A slow one, or one that plays slow together with the other.
      const slow = endpoint(() => head + 1n - lag);
      const chain = createGuardianChain([endpoint(() => head), slow, hostile], { confirmations });
      const objectionAt = async (at: bigint) => {
        head = at;
        return (await askChain(chain.view, call, zeroAddress, await chain.look())).objection;
      };
      const ownKey = async () => {
        for (const block of headsOf(await chain.look())) await requireOwnKey({ chain, identity, nodeId: 1 }, block);
      };
      if (lag > 0n) {
        expect(await objectionAt(revokedAt - 2n), "it stops nothing, either").to.equal(undefined);
        await ownKey();
        expect(await objectionAt(revokedAt), `lag ${lag}`).to.equal("GRANT_REVOKED");
        await expectError("GUARDIANS_UNAVAILABLE", ownKey);
      } else {
        // Somebody else has the block as well, and says so.
        await expectError("CHAIN_DISAGREES", () => objectionAt(revokedAt));
      }
    }
  });

  it("error: vouches for no key, also where the newest block of all others is the confirmed one", async () => {
    const hostile = endpoint(
      () => revokedAt + 1n,
      (at) => at === revokedAt + 1n,
    );
    const chain = createGuardianChain([endpoint(() => revokedAt), hostile], { confirmations: 0n });
    const heads = headsOf(await chain.look());
    expect(heads.map(({ number }) => number)).to.deep.equal([revokedAt + 1n, revokedAt]);
    await requireOwnKey({ chain, identity, nodeId: 1 }, blockOf(revokedAt + 1n));
    await expectError("GUARDIANS_UNAVAILABLE", () => requireOwnKey({ chain, identity, nodeId: 1 }, blockOf(revokedAt)));
  });

  it("error: erases nothing", async () => {
    const hostile = endpoint(
      () => revokedAt + 1n,
      () => true,
    );
    const chain = createGuardianChain([endpoint(() => revokedAt), hostile], { confirmations: 0n });
    const destroyed: unknown[] = [];
    const erasures = createErasures({
      chain,
      log: { append: async (_entry, make) => make(zeroHash) },
      host: {
        kept: async () => [zeroHash],
        deposit: async () => undefined,
        destroy: async (all) => void destroyed.push(all),
        expire: async (datasetId) => destroyed.push(datasetId),
      },
      forget() {},
    });
    await erasures.sweep([zeroHash]).catch(() => 0);
    expect(destroyed).to.deep.equal([]);
  });
});
