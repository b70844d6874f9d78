/** When a version was published, out of a block's receipts: what a host may bring, and what it may not. */
import { datasetRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { encodeAbiParameters, encodeEventTopics, type Hex, keccak256, numberToHex, pad, toEventSelector } from "viem";
import { receiptProof } from "../../../node/src/enclave/receiptProof.ts";
import { ageObjection } from "../../../node/src/enclave/runtime/chain/ageObjection.ts";
import { provePublication } from "../../../node/src/enclave/runtime/chain/provePublication.ts";
import { publicationEvents } from "../../../sdk/src/access/publicationEvents.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomStruct } from "../../helpers/structs.ts";

const registry = pad("0xd1", { size: 20 });
const datasetId = pad("0xda7a", { size: 32 });
const word = pad("0x1", { size: 32 });
const head = {
  manifestDigest: word,
  keyBoxDigest: word,
  guardianSetHash: word,
  catalogueHash: word,
  catalogueLength: 1,
};

type Log = { address: Hex; topics: Hex[]; data: Hex };

function publishedLog(version: number, of = datasetId, address: Hex = registry): Log {
  const event = datasetRegistryAbi.find((item) => item.type === "event" && item.name === "DatasetPublished");
  if (event?.type !== "event" || event.name !== "DatasetPublished") throw new Error("no such event");
  const topics = encodeEventTopics({
    abi: datasetRegistryAbi,
    eventName: "DatasetPublished",
    args: { datasetId: of, owner: pad("0xa", { size: 20 }) },
  });
  const plain = event.inputs.filter((input) => !("indexed" in input && input.indexed));
  return { address, topics: topics as Hex[], data: encodeAbiParameters(plain, [version, 1, head, []] as never) };
}

const receiptOf = (type: Hex, logs: Log[]) => ({
  ...{ type, status: "0x1", cumulativeGasUsed: "0x5208", logsBloom: pad("0x", { size: 256 }), logs },
});

/** A block of these receipts. That the root is what a chain makes of them is shown on one, by test/e2e/writer.test.ts. */
async function blockOf(receipts: ReturnType<typeof receiptOf>[]) {
  const request = (async () => receipts) as never;
  const proof = (index: number) => receiptProof(request, ["0x10", index]);
  const [root = "0x"] = await proof(0);
  return { receiptsRoot: keccak256(root), proof };
}

describe("provePublication", () => {
  const other = publishedLog(9, pad("0x07e4", { size: 32 }));
  const receipts = [
    receiptOf("0x0", []),
    receiptOf("0x2", [other, publishedLog(4)]),
    receiptOf("0x2", [publishedLog(5, datasetId, pad("0xbad", { size: 20 }))]),
    ...Array.from({ length: 140 }, () => receiptOf("0x2", [other])),
    receiptOf("0x0", [publishedLog(6)]),
  ];
  const last = receipts.length - 1;
  let block: Awaited<ReturnType<typeof blockOf>>;
  before(async () => {
    block = await blockOf(receipts);
  });
  const ask = async (version: number, index: number, proof?: Hex[], receiptsRoot = block.receiptsRoot) =>
    provePublication(
      async () => proof ?? block.proof(index),
      { datasetRegistry: registry },
      { receiptsRoot },
      { datasetId, version: BigInt(version) },
      { blockNumber: 16n, index },
    );

  it("default: the registry's event of this dataset and version, in receipts with a type and without", async () => {
    expect(await ask(4, 1)).to.equal(true);
    expect(await ask(6, last)).to.equal(true);
  });

  it("behavior: another version, another contract's event, another place, and no transaction are proved, too", async () => {
    expect(await ask(5, 1), "another version").to.equal(false);
    expect(await ask(5, 2), "another contract").to.equal(false);
    expect(await ask(4, 0), "another transaction").to.equal(false);
    expect(await ask(4, 1_000), "none").to.equal(false);
    const empty = await blockOf([receiptOf("0x2", [])]);
    expect(await ask(4, 3, await empty.proof(3), empty.receiptsRoot)).to.equal(false);
  });

  it("error: CHAIN_PROOF_INVALID, CHAIN_UNREACHABLE: a proof of another place or block, one that was changed, none", async () => {
    const proof = await block.proof(1);
    const forged = await blockOf(
      receipts.map((receipt, i) => (i === 0 ? receiptOf("0x2", [publishedLog(7)]) : receipt)),
    );
    await expectError("CHAIN_PROOF_INVALID", async () => ask(7, 0, await forged.proof(0)));
    for (const [i, node] of proof.entries()) {
      const changed = `${node.slice(0, -1)}${node.endsWith("0") ? "1" : "0"}` as Hex;
      await expectError("CHAIN_PROOF_INVALID", async () => ask(4, 1, proof.with(i, changed)));
      // A node that is left out cannot become "there is nothing".
      if (proof.length > 1) await expectError("CHAIN_PROOF_INVALID", async () => ask(4, 1, proof.toSpliced(i, 1)));
    }
    await expectError("CHAIN_UNREACHABLE", async () => ask(4, 1, []));
    await expectError("CHAIN_UNREACHABLE", async () =>
      ask(
        4,
        1,
        Array.from({ length: 17 }, () => proof[0] as Hex),
      ),
    );
    await expectError("CHAIN_UNREACHABLE", async () => ask(4, 1, ["rubbish" as Hex]));
  });

  it("behavior: age in block time: at its limit, a second over, from the future, elsewhere, not said", async () => {
    const random = createRandom(testSeed());
    const scope = { ...randomStruct("Scope", random), maxAge: 100n };
    const input = { ...randomStruct("JobSpec", random).inputs[0], datasetId, version: 4n } as never;
    const chain = (posted: bigint, published: bigint | undefined) => ({
      block: async (number: bigint | "latest") => ({
        number: BigInt(number === "latest" ? 0 : number),
        hash: word,
        timestamp: posted,
      }),
      publishedAt: async () => published,
    });
    const age = (
      posted: bigint,
      published: bigint | undefined,
      place: readonly [number, number] | undefined = [16, 1],
    ) => ageObjection(chain(posted, published), input, { scope, published: place }, 20n);
    expect(await age(1_100n, 1_000n)).to.equal(undefined);
    expect(await age(1_101n, 1_000n)).to.equal("DATA_TOO_OLD");
    expect(await age(999n, 1_000n)).to.equal("DATA_TOO_OLD");
    expect(await age(1_000n, undefined)).to.equal("DATA_TOO_OLD");
    expect(await age(1_000n, 1_000n, [21, 0]), "after the job").to.equal("DATA_TOO_OLD");
    const none = { scope, published: undefined };
    expect(await ageObjection(chain(1_000n, 1_000n), input, none, 20n)).to.equal("DATA_TOO_OLD");
    const unlimited = { ...none, scope: { ...scope, maxAge: 0n } };
    expect(await ageObjection(chain(1_000n, undefined), input, unlimited, 20n)).to.equal(undefined);
  });

  it("default: the events that the SDK writes out are the registry's own", () => {
    const generated = datasetRegistryAbi.filter((item) => item.type === "event");
    for (const event of publicationEvents) {
      const same = generated.find(({ name }) => name === event.name);
      expect(same, event.name).to.not.equal(undefined);
      if (same !== undefined) expect(toEventSelector(event)).to.equal(toEventSelector(same));
      expect(event.inputs.map((one) => "indexed" in one && one.indexed === true)).to.deep.equal(
        same?.inputs.map((one) => "indexed" in one && one.indexed === true),
      );
    }
    expect(numberToHex(publicationEvents.length)).to.equal("0x3");
  });
});
