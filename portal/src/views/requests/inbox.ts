import { decodeAccessRequest } from "@persona-protocol/sdk";
import { useQuery } from "@tanstack/react-query";
import { type Address, keccak256, stringToBytes } from "viem";
import { refreshAll } from "../../app/queryClient.ts";
import { keep, letGo, readAllKept, readKept } from "../../vault/database.ts";

/** A request that somebody has handed to the owner, and what became of it. It lies in this browser alone. */
export type Kept = {
  readonly id: string;
  /** In lower case. */
  readonly owner: string;
  readonly text: string;
  /** Unix seconds. */
  readonly receivedAt: number;
  readonly answer?: { readonly how: "signed" | "on chain" | "denied"; readonly at: number; readonly package?: string };
};

/** Longer than any request may be, with room for the link around it. */
const maxTextLength = 140_000;
const maxKept = 200;

/**
 * A request's text, out of whatever it came in: a link, a sentence, a message that has wrapped it. Undefined where there is none. One
 * that cannot be read is given back all the same: it is shown with what is wrong with it.
 */
export function requestTextOf(pasted: string): string | undefined {
  if (pasted.length > maxTextLength) return undefined;
  const pattern = /persona-access-1\.[\w-]+/;
  const asItStands = pattern.exec(pasted)?.[0];
  const unwrapped = pattern.exec(pasted.replaceAll(/\s+/g, ""))?.[0];
  return [asItStands, unwrapped].find((text) => text !== undefined && isRequest(text)) ?? asItStands;
}

function isRequest(text: string): boolean {
  try {
    decodeAccessRequest(text);
    return true;
  } catch {
    return false;
  }
}

const idOf = (owner: string, text: string) => `${owner} ${keccak256(stringToBytes(text))}`;

/** Keeps it until it is answered. @returns false when it was there before, or there are too many */
export async function receive(chainId: number, owner: Address, text: string): Promise<boolean> {
  const id = idOf(owner.toLowerCase(), text);
  if ((await readKept(chainId, "requests", id)) !== undefined) return false;
  if ((await readAllKept(chainId, "requests")).length >= maxKept) return false;
  const kept: Kept = { id, owner: owner.toLowerCase(), text, receivedAt: Math.floor(Date.now() / 1_000) };
  await keep(chainId, "requests", id, kept);
  await refreshAll();
  return true;
}

export async function answer(chainId: number, request: Kept, given: NonNullable<Kept["answer"]>): Promise<void> {
  await keep(chainId, "requests", request.id, { ...request, answer: given } satisfies Kept);
  await refreshAll();
}

export async function forget(chainId: number, { id }: Kept): Promise<void> {
  await letGo(chainId, "requests", id);
  await refreshAll();
}

export function useInbox(chainId: number, owner: Address) {
  return useQuery({
    queryKey: ["inbox", chainId, owner.toLowerCase()],
    queryFn: async () => {
      const all = (await readAllKept(chainId, "requests")) as readonly Kept[];
      return all.filter((each) => each.owner === owner.toLowerCase()).sort((a, b) => b.receivedAt - a.receivedAt);
    },
  });
}
