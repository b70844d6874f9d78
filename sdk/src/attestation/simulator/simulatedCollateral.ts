import type { TcbStatus } from "../verdict.ts";
import { hexOf } from "../x509/index.ts";
import { SIMULATED_TEE_TCB_SVN, simulatedQe, ZERO_48 } from "./simulatedEnclaves.ts";
import { SIMULATED_COMPONENTS, SIMULATED_PCE_SVN, type SimulatedPlatform } from "./simulatedPlatform.ts";

export type SimulatedLevel = {
  readonly sgx: readonly number[];
  readonly tdx: readonly number[];
  readonly pceSvn: number;
  readonly status: TcbStatus;
  readonly advisories?: readonly string[];
  readonly date: string;
};

/** What a test changes; everything has a value that makes the simulated platform up to date. */
export type CollateralContents = {
  readonly tee: "sgx" | "tdx";
  readonly platform: Pick<SimulatedPlatform, "fmspc" | "pceId">;
  /** Unix seconds. */
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly evaluation?: number;
  readonly levels?: readonly SimulatedLevel[];
};

const SIMULATED_EVALUATION = 18;

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
const lower = (components: readonly number[], by: number): number[] => components.map((svn) => Math.max(0, svn - by));

/** From best to worst: up to date, hardening of software needed, out of date. */
const LEVELS: readonly SimulatedLevel[] = [
  {
    sgx: SIMULATED_COMPONENTS,
    tdx: [5, 0, 3, ...zeros(13)],
    pceSvn: SIMULATED_PCE_SVN,
    status: "UpToDate",
    date: "2024-11-13T00:00:00Z",
  },
  {
    sgx: lower(SIMULATED_COMPONENTS, 1),
    tdx: [5, 0, 2, ...zeros(13)],
    pceSvn: SIMULATED_PCE_SVN,
    status: "SWHardeningNeeded",
    advisories: ["SIMULATED-SA-00002"],
    date: "2024-03-13T00:00:00Z",
  },
  {
    sgx: lower(SIMULATED_COMPONENTS, 2),
    tdx: [4, 0, 1, ...zeros(13)],
    pceSvn: 11,
    status: "OutOfDate",
    advisories: ["SIMULATED-SA-00001", "SIMULATED-SA-00002"],
    date: "2023-08-09T00:00:00Z",
  },
];

/** The exact text of `tcbInfo`, version 3, as Intel writes it: without spaces. */
export function writeTcbInfo(contents: CollateralContents): string {
  const { tee, platform, levels = LEVELS } = contents;
  const [, major = 0] = SIMULATED_TEE_TCB_SVN;
  const module = { mrsigner: hexOf(ZERO_48), attributes: "0000000000000000", attributesMask: "FFFFFFFFFFFFFFFF" };
  const modules = {
    tdxModule: module,
    tdxModuleIdentities: [
      {
        id: `TDX_${major.toString(16).padStart(2, "0").toUpperCase()}`,
        ...module,
        tcbLevels: [
          { tcb: { isvsvn: 6 }, tcbDate: "2024-11-13T00:00:00Z", tcbStatus: "UpToDate" },
          {
            tcb: { isvsvn: 4 },
            tcbDate: "2024-03-13T00:00:00Z",
            tcbStatus: "OutOfDate",
            advisoryIDs: ["SIMULATED-SA-00003"],
          },
        ],
      },
    ],
  };
  const svns = (numbers: readonly number[]): { svn: number }[] => numbers.map((svn) => ({ svn }));
  return JSON.stringify({
    id: tee === "sgx" ? "SGX" : "TDX",
    version: 3,
    ...dates(contents),
    fmspc: hexOf(platform.fmspc).toUpperCase(),
    pceId: hexOf(platform.pceId).toUpperCase(),
    tcbType: 0,
    tcbEvaluationDataNumber: contents.evaluation ?? SIMULATED_EVALUATION,
    ...(tee === "tdx" && modules),
    tcbLevels: levels.map(({ sgx, tdx, pceSvn, status, advisories, date }) => ({
      tcb: {
        sgxtcbcomponents: svns(sgx),
        pcesvn: pceSvn,
        ...(tee === "tdx" && { tdxtcbcomponents: svns(tdx) }),
      },
      tcbDate: date,
      tcbStatus: status,
      ...(advisories !== undefined && { advisoryIDs: advisories }),
    })),
  });
}

/** The exact text of `enclaveIdentity`, version 2. */
export function writeQeIdentity(contents: CollateralContents): string {
  const { tee } = contents;
  const qe = simulatedQe(tee);
  return JSON.stringify({
    id: tee === "sgx" ? "QE" : "TD_QE",
    version: 2,
    ...dates(contents),
    tcbEvaluationDataNumber: contents.evaluation ?? SIMULATED_EVALUATION,
    miscselect: "00000000",
    miscselectMask: "FFFFFFFF",
    attributes: "11000000000000000000000000000000",
    attributesMask: "FBFFFFFFFFFFFFFF0000000000000000",
    mrsigner: hexOf(qe.mrSigner).toUpperCase(),
    isvprodid: qe.isvProdId,
    tcbLevels: [
      { tcb: { isvsvn: qe.isvSvn }, tcbDate: "2024-11-13T00:00:00Z", tcbStatus: "UpToDate" },
      {
        tcb: { isvsvn: qe.isvSvn - 1 },
        tcbDate: "2023-08-09T00:00:00Z",
        tcbStatus: "OutOfDate",
        advisoryIDs: ["SIMULATED-SA-00004"],
      },
    ],
  });
}

function dates({ issueDate, nextUpdate }: CollateralContents): { issueDate: string; nextUpdate: string } {
  return { issueDate: isoTime(issueDate), nextUpdate: isoTime(nextUpdate) };
}

/** "2025-06-19T10:56:11Z". */
function isoTime(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 19)}Z`;
}
