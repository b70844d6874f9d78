import { jobMarketAbi } from "@persona-protocol/sdk/contracts";
import { type Address, getAddress, type Hex, toEventSelector } from "viem";
import type { JobNews } from "./chainEvent.ts";

/** The parts of a log that say what it means. */
export type LogContent = { readonly topics: readonly Hex[]; readonly data: Hex };

const selectorOf = (eventName: string): Hex => {
  const item = jobMarketAbi.find((entry) => entry.type === "event" && entry.name === eventName);
  if (item?.type !== "event") throw new TypeError(`The market has no event ${eventName}.`);
  return toEventSelector(item);
};

/** 32-byte words of a log's data, counted from zero. */
type Words = (at: number) => string;

type Decoder = (topics: readonly Hex[], word: Words, data: Hex) => JobNews;

const nodeAndSigner = (topics: readonly Hex[]) => ({ nodeId: integer(topics[2]), signer: address(topics[3]) });

/**
 * By hand and by place, because a catch-up decodes tens of thousands of logs a second; test/node/chain/decodeNews.test.ts holds it
 * against the ABI.
 */
const decoders: ReadonlyMap<string, Decoder> = new Map<Hex, Decoder>([
  [
    selectorOf("JobSubmitted"),
    (topics, word, data) => {
      // data = salt ‖ offset of the parameters ‖ parameters: as a struct's own bytes they begin with the offset 0x20.
      if (BigInt(`0x${word(1)}`) !== 64n) throw new RangeError("the parameters are not where they must be");
      const params = new Uint8Array(Buffer.from(`${"20".padStart(64, "0")}${data.slice(2 + 128)}`, "hex"));
      return { name: "submitted", requester: address(topics[2]), params };
    },
  ],
  [
    selectorOf("JobClaimed"),
    (topics, word) => ({
      name: "claimed",
      ...nodeAndSigner(topics),
      attempt: integer(`0x${word(0)}`),
      dueBy: integer(`0x${word(1)}`),
    }),
  ],
  [selectorOf("JobSettled"), (topics) => ({ name: "settled", ...nodeAndSigner(topics) })],
  [
    selectorOf("JobFailed"),
    (topics, word) => ({ name: "failed", ...nodeAndSigner(topics), code: integer(`0x${word(0)}`) }),
  ],
  [
    selectorOf("JobReopened"),
    (topics, word) => ({
      name: "reopened",
      ...nodeAndSigner(topics),
      code: integer(`0x${word(0)}`),
      attempt: integer(`0x${word(1)}`),
    }),
  ],
  [selectorOf("JobTimedOut"), (topics) => ({ name: "timedOut", ...nodeAndSigner(topics) })],
  [selectorOf("JobCancelled"), () => ({ name: "cancelled" })],
]);

/** First topics of the events that are news. */
export const newsTopics: readonly Hex[] = [...decoders.keys()] as Hex[];

/** @throws RangeError when the log is none of the market's */
export function decodeNews({ topics, data }: LogContent): { readonly jobId: Hex; readonly news: JobNews } {
  const [selector, jobId] = topics;
  const decode = decoders.get(selector ?? "");
  if (decode === undefined || jobId === undefined) throw new RangeError("no event of the market");
  const word = (at: number): string => {
    const text = data.slice(2 + 64 * at, 66 + 64 * at);
    if (text.length !== 64) throw new RangeError("the log is too short");
    return text;
  };
  return { jobId, news: decode(topics, word, data) };
}

function integer(word: string | undefined): number {
  const value = Number(word ?? Number.NaN);
  if (!Number.isSafeInteger(value)) throw new RangeError("no small number");
  return value;
}

function address(word: Hex | undefined): Address {
  if (word === undefined || !word.startsWith(`0x${"0".repeat(24)}`)) throw new RangeError("no address");
  return getAddress(`0x${word.slice(26)}`);
}
