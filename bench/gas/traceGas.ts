import type { Hex } from "viem";

export type GasParts = Readonly<Record<string, number>>;

type StructLog = { readonly op: string; readonly gas: number; readonly gasCost: number; readonly depth: number };
export type GasTrace = { readonly gas: number; readonly structLogs: readonly StructLog[] };

const CALLS = new Set(["CALL", "STATICCALL", "DELEGATECALL"]);

/**
 * Where a transaction's gas went, by opcode, from debug_traceTransaction. The cost of a call is that of the opcode itself:
 * what runs below it is counted there, and a precompile, which has no opcodes, under its call.
 */
export function gasByOpcode({ gas, structLogs }: GasTrace, input: Hex): GasParts {
  const parts: Record<string, number> = {};
  const add = (name: string, cost: number) => {
    parts[name] = (parts[name] ?? 0) + cost;
  };
  add("intrinsic", 21_000);
  add("calldata", calldataGas(input));
  for (const [index, step] of structLogs.entries()) {
    const next = structLogs[index + 1];
    if (CALLS.has(step.op)) add(step.op, costOfCall(structLogs, index));
    else add(step.op, next && next.depth === step.depth ? step.gas - next.gas : step.gasCost);
  }
  const counted = Object.values(parts).reduce((sum, cost) => sum + cost, 0);
  if (gas !== counted) add("refund and rest", gas - counted);
  return parts;
}

/** What is left before the call, less what is left after it, less what the callee's own steps have used. */
function costOfCall(logs: readonly StructLog[], index: number): number {
  const step = logs[index];
  const inner = logs[index + 1];
  if (!step || !inner) return 0;
  if (inner.depth <= step.depth) return step.gas - inner.gas;
  const back = logs.findIndex(({ depth }, later) => later > index && depth === step.depth);
  const after = logs[back];
  const last = logs[back - 1];
  if (!after || !last) return 0;
  const used = inner.gas - (last.gas - last.gasCost);
  return step.gas - after.gas - used;
}

function calldataGas(input: Hex): number {
  let gas = 0;
  for (let at = 2; at < input.length; at += 2) gas += input.slice(at, at + 2) === "00" ? 4 : 16;
  return gas;
}
