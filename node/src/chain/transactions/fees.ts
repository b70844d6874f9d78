import { PersonaError } from "@persona-protocol/sdk/errors";
import type { TransactionAttempt } from "./TransactionStore.ts";

/** Wei per gas. */
export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/** What the chain asks for now, and an endpoint advises. Wei per gas. */
export type FeeMarket = { readonly baseFeePerGas: bigint; readonly tip: bigint };

export type FeeLimits = {
  /** No transaction offers more, however long it waits. Wei per gas. */
  readonly maxFeePerGas: bigint;
  /** What goes to the block's maker is an endpoint's advice: no more than this is believed. Wei per gas. */
  readonly maxPriorityFeePerGas: bigint;
};

/** What a node's pool wants at least for a replacement is 10 %; an eighth leaves room for rounding. */
const raise = (fee: bigint): bigint => fee + fee / 8n + 1n;
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/**
 * Fees of a first attempt, or of one that replaces `last`. Twice the base fee lasts for six full blocks.
 * @returns undefined when a replacement would go beyond the limits: it waits
 */
export function nextFees(market: FeeMarket, limits: FeeLimits, last: TransactionAttempt | undefined): Fees | undefined {
  const tip = smaller(market.tip, limits.maxPriorityFeePerGas);
  const wanted = 2n * market.baseFeePerGas + tip;
  if (last === undefined) {
    const maxFeePerGas = smaller(wanted, limits.maxFeePerGas);
    return { maxFeePerGas, maxPriorityFeePerGas: smaller(tip, maxFeePerGas) };
  }
  const maxFeePerGas = larger(wanted, raise(last.maxFeePerGas));
  const maxPriorityFeePerGas = larger(tip, raise(last.maxPriorityFeePerGas));
  const tipLimit = larger(limits.maxPriorityFeePerGas, 1n) * 2n;
  if (maxFeePerGas > limits.maxFeePerGas || maxPriorityFeePerGas > tipLimit) return undefined;
  return { maxFeePerGas: larger(maxFeePerGas, maxPriorityFeePerGas), maxPriorityFeePerGas };
}

/** @throws PersonaError CHAIN_UNREACHABLE for a chain before EIP-1559 */
export function baseFeeOf(block: { readonly baseFeePerGas: bigint | null }): bigint {
  if (block.baseFeePerGas === null)
    throw new PersonaError("CHAIN_UNREACHABLE", "The newest block names no base fee (EIP-1559).");
  return block.baseFeePerGas;
}
