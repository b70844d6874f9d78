import { PersonaError } from "@persona-protocol/sdk/errors";
import { hexToNumber, isHex } from "viem";
import { readHeader } from "../stream/readBlocks.ts";
import type { ChainPick } from "./ChainSource.ts";

/**
 * - `lagging`: so many blocks behind the others that its news is old
 * - `outvoted`: most of the others have another block at a height that all have
 * - `silent`: it did not answer, which says nothing about its chain
 */
export type EndpointView = "well" | "lagging" | "outvoted" | "wrong chain" | "silent";

export type Comparison = {
  /** In the order of the endpoints. */
  readonly endpoints: readonly { readonly view: EndpointView; readonly head: bigint | undefined }[];
  /** What they disagree about. */
  readonly error: PersonaError | undefined;
  /** No chain has a majority: nobody can say which of them lies. */
  readonly split: boolean;
};

/** Blocks behind the middle of all. */
const mostLag = 8n;
/** Blocks below the newest that all have: above it honest endpoints differ. */
const settled = 3n;

type Seen = { readonly pick: ChainPick; readonly head: bigint | undefined; readonly wrong: boolean };

/** Asks all for their newest block, and for one that all must have alike. */
export async function compareEndpoints(picks: readonly ChainPick[], chainId: number): Promise<Comparison> {
  const seen = await Promise.all(picks.map((pick) => look(pick, chainId)));
  const heads = seen.flatMap(({ head, wrong }) => (head === undefined || wrong ? [] : [head]));
  const middle = heads.toSorted((a, b) => Number(a - b))[heads.length >> 1] ?? 0n;
  const inTime = (head: bigint) => head + mostLag >= middle;
  const lowest = heads.filter(inTime).toSorted((a, b) => Number(a - b))[0] ?? middle;
  const at = lowest > settled ? lowest - settled : 0n;
  const hashes = await Promise.all(
    seen.map(async ({ pick, head, wrong }) => {
      if (head === undefined || wrong || head < at) return undefined;
      return (await readHeader(pick.request, at).catch(() => undefined))?.hash;
    }),
  );
  const groups = Map.groupBy(
    hashes.filter((hash) => hash !== undefined),
    (hash) => hash,
  );
  const votes = [...groups.values()].reduce((sum, { length }) => sum + length, 0);
  const majority = [...groups].find(([, { length }]) => 2 * length > votes)?.[0];
  const endpoints = seen.map(({ head, wrong }, i) => ({ view: viewOf(i), head: wrong ? undefined : head }));

  function viewOf(i: number): EndpointView {
    const { head, wrong } = seen[i] ?? { head: undefined, wrong: false };
    if (wrong) return "wrong chain";
    if (head === undefined) return "silent";
    const hash = hashes[i];
    if (majority !== undefined && hash !== undefined && hash !== majority) return "outvoted";
    return inTime(head) ? "well" : "lagging";
  }
  const names = (view: EndpointView) =>
    picks.flatMap(({ name }, i) => (endpoints[i]?.view === view ? [name] : [])).join(" ");
  const wrong = names("wrong chain");
  if (groups.size > 1) {
    const outvoted = names("outvoted");
    const text =
      majority === undefined
        ? "The chain endpoints tell of different chains, and none has a majority."
        : "A chain endpoint tells of another chain than most.";
    const data = { block: at, chains: groups.size, ...(outvoted === "" ? {} : { outvoted }) };
    return { endpoints, error: new PersonaError("CHAIN_DISAGREES", text, { data }), split: majority === undefined };
  }
  const error =
    wrong === ""
      ? undefined
      : new PersonaError("CHAIN_WRONG", "An endpoint serves another chain.", { data: { endpoints: wrong, chainId } });
  return { endpoints, error, split: false };
}

async function look(pick: ChainPick, chainId: number): Promise<Seen> {
  try {
    const [id, head] = await Promise.all([
      pick.request({ method: "eth_chainId", params: [] }),
      readHeader(pick.request, "latest"),
    ]);
    const wrong = !isHex(id) || hexToNumber(id) !== chainId;
    return { pick, head: head?.number, wrong };
  } catch {
    return { pick, head: undefined, wrong: false };
  }
}
