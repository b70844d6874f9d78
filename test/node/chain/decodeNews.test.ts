import { encodeStruct, jobMarketAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { encodeAbiParameters, encodeEventTopics, getAddress, type Hex } from "viem";
import { bloomBits, mayHold } from "../../../node/src/chain/stream/bloom.ts";
import { decodeNews, newsTopics } from "../../../node/src/chain/stream/decodeNews.ts";
import { createRandom, mutate, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const address = () => getAddress(`0x${randomHex32(random).slice(26)}`);
const number = () => random.integer(2 ** 31);

/** The log that the ABI makes of an event. */
function logOf(eventName: string, args: Record<string, unknown>): { topics: Hex[]; data: Hex } {
  const event = jobMarketAbi.find((item) => item.type === "event" && item.name === eventName);
  if (event?.type !== "event") throw new TypeError(eventName);
  const topics = encodeEventTopics({ abi: [event], eventName, args } as never) as Hex[];
  const rest = event.inputs.filter(({ indexed }) => !indexed);
  return { topics, data: encodeAbiParameters(rest as never, rest.map(({ name }) => args[name ?? ""]) as never) };
}

describe("decodeNews", () => {
  const jobId = randomHex32(random);
  const [signer, requester] = [address(), address()];
  const [nodeId, attempt, dueBy, code] = [number(), number(), number(), random.integer(63)];
  const params = randomStruct("JobParams", random);
  const receipt = randomStruct("Receipt", random);
  const by = { jobId, nodeId, signer };

  it("default: every event as the ABI encodes it", () => {
    const cases = [
      [
        "JobSubmitted",
        { jobId, requester, salt: randomHex32(random), params },
        { name: "submitted", requester, params: encodeStruct("JobParams", params) },
      ],
      ["JobClaimed", { ...by, attempt, dueBy }, { name: "claimed", nodeId, signer, attempt, dueBy }],
      ["JobSettled", { ...by, receipt }, { name: "settled", nodeId, signer }],
      ["JobFailed", { ...by, code, usesReturned: true, receipt }, { name: "failed", nodeId, signer, code }],
      ["JobReopened", { ...by, code, attempt, tainted: false }, { name: "reopened", nodeId, signer, code, attempt }],
      ["JobTimedOut", { ...by, quarantined: true }, { name: "timedOut", nodeId, signer }],
      ["JobCancelled", { jobId, requester, usesReturned: false }, { name: "cancelled" }],
    ] as const;
    for (const [eventName, args, news] of cases)
      expect(decodeNews(logOf(eventName, args))).to.deep.equal({ jobId, news });
    expect(newsTopics.length).to.equal(cases.length);
  });

  it("error: a log that is cut or of another event", () => {
    const claimed = logOf("JobClaimed", { ...by, attempt, dueBy });
    for (const log of [
      { ...claimed, data: claimed.data.slice(0, 100) as Hex },
      { ...claimed, topics: claimed.topics.slice(0, 3) },
      { ...claimed, topics: [] },
      { ...claimed, topics: [randomHex32(random), ...claimed.topics.slice(1)] },
      { ...claimed, data: `0x${"ff".repeat(64)}` as Hex },
    ])
      expect(() => decodeNews(log)).to.throw(RangeError);
  });

  it("error: damaged logs are refused or read, and nothing else is thrown", () => {
    const log = logOf("JobSubmitted", { jobId, requester, salt: randomHex32(random), params });
    for (let i = 0; i < 300; i++) {
      const data = `0x${Buffer.from(mutate(Buffer.from(log.data.slice(2), "hex"), random)).toString("hex")}` as Hex;
      try {
        decodeNews({ ...log, data });
      } catch (error) {
        expect(error).to.be.instanceOf(RangeError);
      }
    }
  });
});

describe("bloomBits", () => {
  it("default: what was put in may be there; what was not is almost never", () => {
    const bloom = new Uint8Array(256);
    const inside = Array.from({ length: 20 }, () => randomHex32(random));
    for (const value of inside) for (const [byte, mask] of bloomBits(value)) bloom[byte] = (bloom[byte] ?? 0) | mask;
    expect(inside.every((value) => mayHold(bloom, bloomBits(value)))).to.equal(true);
    const strangers = Array.from({ length: 1_000 }, () => randomHex32(random));
    expect(strangers.filter((value) => mayHold(bloom, bloomBits(value))).length).to.be.below(10);
  });
});
