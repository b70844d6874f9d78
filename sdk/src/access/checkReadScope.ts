import { zeroHash } from "viem";
import { scopeHashOf } from "../contracts/coreTypedData.ts";
import { OutputClass } from "../contracts/structs.ts";
import type { ErrorCode } from "../errors/index.ts";
import { argsGranted, type ScopeCheck, segmentsGranted, versionGranted } from "./checkScope.ts";

/**
 * May this request read under this Scope? The first objection in the order of docs/protocol.md 4.3, or undefined. A request to
 * read runs nothing: no program, no arguments, no output, and the key it is sealed to is the one that the owner has signed.
 */
export function checkReadScope(check: ScopeCheck): ErrorCode | undefined {
  const { terms, scope, spec, input } = check;
  if (scopeHashOf(scope) !== terms.scopeHash) return "SCOPE_MISMATCH";
  if (spec.programId !== zeroHash || scope.programId !== zeroHash) return "PROGRAM_NOT_GRANTED";
  if (!segmentsGranted(check)) return "SEGMENT_NOT_GRANTED";
  if (!argsGranted(scope, check.args)) return "ARGS_NOT_GRANTED";
  const recipientGranted = scope.recipientKeyHash !== zeroHash && spec.resultKeyHash === scope.recipientKeyHash;
  const raw = scope.outputClass === OutputClass.raw && spec.outputClass === OutputClass.raw;
  if (!recipientGranted || !raw || spec.maxOutputBytes !== 0) return "OUTPUT_NOT_GRANTED";
  if (!versionGranted(scope, input.version)) return "VERSION_NOT_GRANTED";
  return undefined;
}
