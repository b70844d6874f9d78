/** Who may read a guardian's log of a dataset, by what its chain endpoints say; over HTTP and a real chain: accessLog and contractAccounts. */
import { decodeLogQuery, encodeLogQuery, logTypedData } from "@persona-protocol/sdk/access";
import type { ChainBlock, ChainView, DatasetState } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { type Address, zeroAddress, zeroHash } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { checkLogQuery } from "../../../node/src/enclave/runtime/guardian/checkLogQuery.ts";
import { createGuardianChain } from "../../../node/src/enclave/runtime/guardian/guardianChain.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32 } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const deployment = randomDeployment(random);
const key = privateKeyToAccount(generatePrivateKey());
const contract: Address = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0";
const datasetId = randomHex32(random);
const guardian = 7;
const now = 1_000;
const blocks: readonly ChainBlock[] = Array.from({ length: 20 }, (_, i) => ({
  number: BigInt(i),
  hash: randomHex32(random),
  timestamp: BigInt(now - 19 + i),
}));
const confirmations = 5n;

type Said = {
  /** Whose the dataset is at a block; undefined where there is none. */
  readonly owner: (at: bigint) => Address | undefined;
  /** Whether the contract takes the key's signature at that block. */
  readonly takes?: (at: bigint) => boolean;
};

function viewOf({ owner, takes = () => false }: Said, asked: bigint[] = []): ChainView {
  const unused = async (): Promise<never> => {
    throw new Error("not asked for here");
  };
  return {
    deployment,
    block: async (tag) => {
      const block = tag === "latest" ? blocks.at(-1) : blocks.find(({ number }) => number === tag);
      if (block === undefined) throw new Error("no such block");
      return block;
    },
    dataset: async (_, at): Promise<DatasetState> => ({
      owner: owner(at) ?? zeroAddress,
      status: owner(at) === undefined ? "none" : "active",
      keyEpoch: 1,
      version: 1n,
      headHash: zeroHash,
    }),
    signedBy: async (account, _digest, _signature, at) => {
      asked.push(at);
      return account === contract && takes(at);
    },
    releasable: unused,
    readable: unused,
    enclaveKey: unused,
    node: unused,
    job: unused,
  };
}

async function ask(
  said: Said | readonly [ChainView, ...ChainView[]],
  changed: { issuedAt?: number; to?: number } = {},
) {
  const views = "owner" in said ? ([viewOf(said)] as const) : said;
  const query = {
    datasetId,
    guardian: changed.to ?? guardian,
    from: 0,
    limit: 9,
    since: 0,
    issuedAt: changed.issuedAt ?? now,
  };
  const signature = await key.signTypedData(logTypedData.query(deployment, query));
  const chain = createGuardianChain(views, { confirmations });
  return checkLogQuery({ chain, guardian }, decodeLogQuery(encodeLogQuery({ ...query, signature })));
}

describe("checkLogQuery", () => {
  const recent = (at: bigint) => at > 14n;

  it("default: the owner by its key, or by its contract's word, at both blocks", async () => {
    const asked: bigint[] = [];
    expect((await ask({ owner: () => key.address })).newest).to.equal(blocks[19]);
    await ask([viewOf({ owner: () => contract, takes: () => true }, asked)]);
    expect(asked).to.deep.equal([19n, 14n]);
  });

  it("error: OWNER_MISMATCH: a stranger, a former owner at once, a key that its contract has removed, no dataset", async () => {
    for (const said of [
      { owner: () => zeroAddress },
      { owner: () => undefined },
      { owner: (at) => (recent(at) ? zeroAddress : key.address) },
      { owner: () => contract, takes: (at) => !recent(at) },
    ] satisfies Said[])
      await expectError("OWNER_MISMATCH", () => ask(said));
  });

  it("error: GUARDIANS_UNAVAILABLE: a new owner, or key of a contract, until it is confirmed", async () => {
    for (const said of [
      { owner: (at) => (recent(at) ? key.address : zeroAddress) },
      { owner: (at) => (recent(at) ? key.address : undefined) },
      { owner: () => contract, takes: recent },
      { owner: (at) => (recent(at) ? key.address : contract), takes: () => true },
    ] satisfies Said[])
      await expectError("GUARDIANS_UNAVAILABLE", () => ask(said));
  });

  it("error: CHAIN_DISAGREES: one of two endpoints says that a stranger's contract is the owner", async () => {
    const [honest, lying] = [
      viewOf({ owner: () => zeroAddress }),
      viewOf({ owner: () => contract, takes: () => true }),
    ];
    await expectError("CHAIN_DISAGREES", () => ask([honest, lying]));
    await expectError("CHAIN_DISAGREES", () =>
      ask([viewOf({ owner: () => contract }), viewOf({ owner: () => contract, takes: () => true })]),
    );
  });

  it("error: REQUEST_INVALID: for another guardian, or another time", async () => {
    const said: Said = { owner: () => key.address };
    await expectError("REQUEST_INVALID", () => ask(said, { to: 8 }));
    for (const issuedAt of [now - 301, now + 301]) await expectError("REQUEST_INVALID", () => ask(said, { issuedAt }));
    await ask(said, { issuedAt: now - 300 });
  });
});
