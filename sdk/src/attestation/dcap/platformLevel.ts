import { RuleBroken } from "../rules.ts";
import type { PckExtension } from "./pckExtension.ts";
import type { PlatformLevel, TcbInfo } from "./tcbInfo.ts";

/**
 * The first, hence best level whose every version the platform has reached.
 *
 * @param teeTcbSvn of a TD's report; undefined for SGX
 * @throws RuleBroken
 */
export function findPlatformLevel(
  { levels }: TcbInfo,
  { components, pceSvn }: PckExtension,
  teeTcbSvn: Uint8Array | undefined,
): PlatformLevel {
  const level = levels.find(
    ({ sgx, tdx, pceSvn: wanted }) =>
      sgx.every((svn, at) => svn <= (components[at] ?? -1)) &&
      wanted <= pceSvn &&
      (teeTcbSvn === undefined || (tdx !== undefined && coversTdx(tdx, teeTcbSvn))),
  );
  if (level !== undefined) return level;
  const versions = [components.join("."), `PCE ${pceSvn}`, ...(teeTcbSvn === undefined ? [] : [teeTcbSvn.join(".")])];
  throw new RuleBroken("platform-tcb-level", `No level covers ${versions.join(", ")}.`);
}

/** From major version 1 on, the first two components are the module's version, and judged by its own levels. */
function coversTdx(tdx: readonly number[], teeTcbSvn: Uint8Array): boolean {
  const from = teeTcbSvn[1] === 0 ? 0 : 2;
  return tdx.every((svn, at) => at < from || svn <= (teeTcbSvn[at] ?? -1));
}
