import { existsSync } from "node:fs";
import { appendFile, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type EIP1193Provider, trackTransaction, wipe } from "@nomicfoundation/ignition-core";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { Hex } from "viem";
import { z } from "zod";
import { artifactResolver } from "./artifacts.ts";
import type { SignedTransaction } from "./signingProvider.ts";

/** Of Ignition's own journal, what we read: which nonce was given to which future, and whether it was sent. */
const messages = z.looseObject({
  type: z.string(),
  futureId: z.string().optional(),
  nonce: z.number().optional(),
  chainId: z.number().optional(),
});
const signedSchema = z.object({
  nonce: z.number(),
  hash: z.custom<Hex>((value) => typeof value === "string"),
  raw: z.custom<Hex>((value) => typeof value === "string"),
});

export type Journal = {
  readonly dir: string;
  /** Nonce of the first transaction that was prepared, or undefined when none was: nothing can have been sent. */
  readonly startNonce: number | undefined;
  readonly chainId: number | undefined;
  /** Prepared with a nonce, but not known to have been sent: the process died in between. */
  readonly lost: { readonly futureId: string; readonly nonce: number } | undefined;
};

/** @param dir of one deployment on one chain: Ignition keeps `journal.jsonl` in it, we keep `signed.jsonl` beside it */
export async function readJournal(dir: string): Promise<Journal> {
  let startNonce: number | undefined;
  let chainId: number | undefined;
  let lost: Journal["lost"];
  const sent = new Set<string>();
  for (const line of await lines(join(dir, "journal.jsonl"))) {
    const { type, futureId = "", nonce, ...message } = messages.parse(JSON.parse(line));
    if (type === "DEPLOYMENT_INITIALIZE") chainId = message.chainId;
    // One that was sent before is sent again with a higher fee: Ignition goes on with the earlier hash.
    if (type === "TRANSACTION_PREPARE_SEND" && nonce !== undefined && !sent.has(futureId)) {
      startNonce ??= nonce;
      lost = { futureId, nonce };
    }
    if (type === "TRANSACTION_SEND") sent.add(futureId);
    if (type === "WIPE_APPLY") {
      sent.delete(futureId);
      if (lost?.futureId === futureId && lost.nonce === startNonce) startNonce = undefined;
    }
    if ((type === "TRANSACTION_SEND" || type === "WIPE_APPLY") && lost?.futureId === futureId) lost = undefined;
  }
  return { dir, startNonce, chainId, lost };
}

/** Remembers a signed transaction before it is sent. */
export async function noteSigned(dir: string, transaction: SignedTransaction): Promise<void> {
  await mkdir(dir, { recursive: true });
  const handle = await open(join(dir, "signed.jsonl"), "a");
  try {
    await appendFile(handle, `\n${JSON.stringify(transaction)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Ignition refuses to go on when it was killed between choosing a nonce and learning the hash. We signed before sending and
 * kept what we signed: the same bytes are sent again, which cannot happen twice, and Ignition is told the hash. Where nothing
 * was signed nothing was sent, and the nonce is free.
 */
export async function recoverLost(journal: Journal, provider: EIP1193Provider): Promise<void> {
  const { dir, lost } = journal;
  if (lost === undefined) return;
  const signed = (await lines(join(dir, "signed.jsonl"))).flatMap((line) => parseSigned(line));
  const transaction = signed.findLast(({ nonce }) => nonce === lost.nonce);
  if (transaction === undefined) return wipe(dir, artifactResolver({ withBuildInfo: false }), lost.futureId);
  const find = () => provider.request({ method: "eth_getTransactionByHash", params: [transaction.hash] });
  if ((await find()) === null) await provider.request({ method: "eth_sendRawTransaction", params: [transaction.raw] });
  if ((await find()) === null)
    throw new PersonaError("DEPLOYMENT_FAILED", "A transaction was sent again and the endpoint does not show it.", {
      data: { hash: transaction.hash, nonce: transaction.nonce, journal: dir },
    });
  await trackTransaction(dir, transaction.hash, provider);
}

/** A line that a kill has cut off was not sent: it is whole on the disk before that. */
function parseSigned(line: string): SignedTransaction[] {
  try {
    return [signedSchema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}

async function lines(file: string): Promise<string[]> {
  if (!existsSync(file)) return [];
  return (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
}
