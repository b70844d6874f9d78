import type { AttestationRule } from "../rules.ts";
import { RuleBroken } from "../rules.ts";
import type { TcbStatus } from "../verdict.ts";
import type { JsonObject } from "./jsonValues.ts";

/** What Intel says of a level: of a platform, a quoting enclave or a TDX module. */
export type TcbJudgement = {
  readonly status: TcbStatus;
  readonly advisories: readonly string[];
  /** Unix seconds: what was known on that day is repaired. */
  readonly tcbDate: number;
};

type Part = { readonly config: boolean; readonly software: boolean; readonly old: boolean };

const parts: Readonly<Record<Exclude<TcbStatus, "Revoked">, Part>> = {
  UpToDate: { config: false, software: false, old: false },
  SWHardeningNeeded: { config: false, software: true, old: false },
  ConfigurationNeeded: { config: true, software: false, old: false },
  ConfigurationAndSWHardeningNeeded: { config: true, software: true, old: false },
  OutOfDate: { config: false, software: false, old: true },
  OutOfDateConfigurationNeeded: { config: true, software: false, old: true },
};

/** Status, advisories and date of one level in Intel's JSON. @throws RuleBroken */
export function readJudgement(level: JsonObject, rule: AttestationRule): TcbJudgement {
  const status = level.string("tcbStatus");
  if (!isTcbStatus(status)) throw new RuleBroken(rule, `The status ${JSON.stringify(status)} is not known.`);
  return { status, advisories: level.optionalStrings("advisoryIDs"), tcbDate: level.time("tcbDate") };
}

/** All together are as good as the worst of each kind of trouble: revoked, out of date, configuration, software. */
export function converge(judgements: readonly [TcbJudgement, ...TcbJudgement[]]): TcbJudgement {
  return {
    status: judgements.map(({ status }) => status).reduce(worse),
    advisories: [...new Set(judgements.flatMap(({ advisories }) => advisories))].sort(),
    tcbDate: Math.min(...judgements.map(({ tcbDate }) => tcbDate)),
  };
}

function worse(left: TcbStatus, right: TcbStatus): TcbStatus {
  if (left === "Revoked" || right === "Revoked") return "Revoked";
  const [one, other] = [parts[left], parts[right]];
  const config = one.config || other.config;
  if (one.old || other.old) return config ? "OutOfDateConfigurationNeeded" : "OutOfDate";
  if (one.software || other.software) return config ? "ConfigurationAndSWHardeningNeeded" : "SWHardeningNeeded";
  return config ? "ConfigurationNeeded" : "UpToDate";
}

function isTcbStatus(text: string): text is TcbStatus {
  return text === "Revoked" || Object.hasOwn(parts, text);
}
