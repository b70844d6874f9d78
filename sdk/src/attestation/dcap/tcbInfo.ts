import { RuleBroken } from "../rules.ts";
import { type JsonObject, readJson } from "./jsonValues.ts";
import { readJudgement, type TcbJudgement } from "./tcbStatus.ts";

/** Intel's TCB info, version 3: levels of a family of platforms, and of the TDX modules on them. */
export type TcbInfo = {
  readonly id: string;
  readonly version: number;
  /** Unix seconds. */
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly fmspc: Uint8Array;
  readonly pceId: Uint8Array;
  readonly tcbEvaluationDataNumber: number;
  /** From best to worst. */
  readonly levels: readonly PlatformLevel[];
  /** TDX: the module of major version 0. It has no levels of its own. */
  readonly module: ModuleIdentity | undefined;
  /** TDX: modules of other major versions, by "TDX_03" and the like. */
  readonly modules: ReadonlyMap<string, ModuleIdentity & { readonly levels: readonly SvnLevel[] }>;
};

export type PlatformLevel = TcbJudgement & {
  /** 16 of each. */
  readonly sgx: readonly number[];
  readonly pceSvn: number;
  readonly tdx: readonly number[] | undefined;
};

type ModuleIdentity = {
  readonly mrSigner: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
};

/** Covers a security version that is not below its own. */
export type SvnLevel = TcbJudgement & { readonly isvSvn: number };

const RULE = "tcb-info-format";
const COMPONENTS = 16;

/** @throws RuleBroken */
export function readTcbInfo(text: string): TcbInfo {
  const json = readJson(text, RULE);
  const module = json.optionalObject("tdxModule");
  return {
    id: json.string("id"),
    version: json.number("version", 255),
    issueDate: json.time("issueDate"),
    nextUpdate: json.time("nextUpdate"),
    fmspc: json.bytes("fmspc", 6),
    pceId: json.bytes("pceId", 2),
    tcbEvaluationDataNumber: json.number("tcbEvaluationDataNumber", 0xffff_ffff),
    levels: json.objects("tcbLevels").map(readPlatformLevel),
    module: module === undefined ? undefined : readModule(module),
    modules: new Map(
      json
        .optionalObjects("tdxModuleIdentities")
        .map((identity) => [
          identity.string("id"),
          { ...readModule(identity), levels: identity.objects("tcbLevels").map((level) => readSvnLevel(level, RULE)) },
        ]),
    ),
  };
}

/** @throws RuleBroken */
export function readSvnLevel(level: JsonObject, rule: "tcb-info-format" | "qe-identity-format"): SvnLevel {
  return { isvSvn: level.object("tcb").number("isvsvn", 65_535), ...readJudgement(level, rule) };
}

function readPlatformLevel(level: JsonObject): PlatformLevel {
  const tcb = level.object("tcb");
  const components = (name: string): number[] => tcb.objects(name).map((component) => component.number("svn", 255));
  const sgx = components("sgxtcbcomponents");
  const tdx = tcb.optionalObjects("tdxtcbcomponents").map((component) => component.number("svn", 255));
  if (sgx.length !== COMPONENTS || (tdx.length !== 0 && tdx.length !== COMPONENTS)) {
    throw new RuleBroken(RULE, "A level does not have 16 components.");
  }
  return {
    sgx,
    pceSvn: tcb.number("pcesvn", 65_535),
    tdx: tdx.length === 0 ? undefined : tdx,
    ...readJudgement(level, RULE),
  };
}

function readModule(module: JsonObject): ModuleIdentity {
  return {
    mrSigner: module.bytes("mrsigner", 48),
    attributes: module.bytes("attributes", 8),
    attributesMask: module.bytes("attributesMask", 8),
  };
}
