import { type Hex, keccak256, zeroHash } from "viem";
import { scopeHashOf } from "../contracts/coreTypedData.ts";
import {
  ArgsRule,
  type InputSpec,
  type JobSpec,
  OutputClass,
  type Scope,
  type Terms,
  VersionRule,
} from "../contracts/structs.ts";
import type { ErrorCode } from "../errors/index.ts";

export type ScopeCheck = {
  readonly terms: Terms;
  readonly scope: Scope;
  readonly spec: JobSpec;
  readonly input: InputSpec;
  /** One commitment per segment index the dataset ever used; already checked against the chain's catalogueHash. */
  readonly catalogueHashAt: (length: number) => Hex | undefined;
  /** DAG-CBOR of the arguments, as committed in the spec. */
  readonly args: Uint8Array;
  /** Number of different owners among the job's inputs. */
  readonly owners: number;
};

/** CBOR of `{}`: what "no arguments" looks like. */
const noArgs = new Uint8Array([0xa0]);

/**
 * May this job run under this Scope? The first objection in the order of docs/protocol.md 4.3, or undefined.
 * Guardians and the supervisor run the same function on their own readings.
 */
export function checkScope(check: ScopeCheck): ErrorCode | undefined {
  const { terms, scope, spec, input } = check;
  if (scopeHashOf(scope) !== terms.scopeHash) return "SCOPE_MISMATCH";
  if (spec.programId !== scope.programId) return "PROGRAM_NOT_GRANTED";
  if (!segmentsGranted(check)) return "SEGMENT_NOT_GRANTED";
  if (!argsGranted(scope, check.args)) return "ARGS_NOT_GRANTED";
  if (!outputGranted(check)) return "OUTPUT_NOT_GRANTED";
  if (!versionGranted(scope, input.version)) return "VERSION_NOT_GRANTED";
  return undefined;
}

export function segmentsGranted({ scope, input, catalogueHashAt }: ScopeCheck): boolean {
  const asked = input.segments;
  if (asked === 0n || (asked & ~scope.segments) !== 0n) return false;
  // The grant spoke about a catalogue as it was: an index must still mean the same segment.
  return (
    asked >> BigInt(scope.catalogueLength) === 0n && catalogueHashAt(scope.catalogueLength) === scope.cataloguePrefix
  );
}

export function argsGranted(scope: Scope, args: Uint8Array): boolean {
  switch (scope.argsRule) {
    case ArgsRule.none:
      return args.length === noArgs.length && args[0] === noArgs[0];
    case ArgsRule.exact:
      return keccak256(args) === scope.argsHash;
    case ArgsRule.schema:
      // The program id covers the argument schema; the supervisor validates the values against it.
      return scope.argsHash !== zeroHash;
    default:
      return false;
  }
}

function outputGranted({ terms, scope, spec, owners }: ScopeCheck): boolean {
  const known = spec.outputClass >= OutputClass.aggregate && spec.outputClass <= OutputClass.raw;
  return (
    known &&
    spec.outputClass <= scope.outputClass &&
    spec.outputSchemaHash === scope.outputSchemaHash &&
    BigInt(spec.maxOutputBytes) <= terms.maxOutputBytes &&
    scope.minOwners >= 1 &&
    owners >= scope.minOwners
  );
}

export function versionGranted(scope: Scope, version: bigint): boolean {
  switch (scope.versionRule) {
    case VersionRule.exact:
      return version === scope.versionFrom;
    case VersionRule.range:
      return version >= scope.versionFrom && version <= scope.versionTo;
    case VersionRule.live:
      // Its age is asked of the chain, by whoever can; without a limit there is none that could be kept.
      return scope.maxAge > 0n && version >= scope.versionFrom;
    default:
      return false;
  }
}
