/**
 * Evidence of TDX and SEV-SNP guests by the kernel's configfs-tsm (Linux 6.7 and later,
 * Documentation/ABI/testing/configfs-tsm-report): make a directory, write 64 bytes to `inblob`, read `outblob`.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { HostEvidence, PlatformEvidence } from "./HostEvidence.ts";
import { snpReportBytes, trimTdxQuote } from "./trimEvidence.ts";
import { nodeTsmFiles, type TsmFiles } from "./tsmFiles.ts";

const tsmReportRoot = "/sys/kernel/config/tsm/report";

/** The kernel's own limit of every blob. */
const maxBlobBytes = 32 * 1024;
const maxTextBytes = 64;
const pauseMs = 50;

/** Another may come through at the next try: the kernel said so, or somebody else wrote to our report. */
const passing = new Set(["EBUSY", "EWOULDBLOCK", "EAGAIN", "EINTR"]);

export function configfsTsm({
  root = tsmReportRoot,
  privilegeLevel,
  timeoutMs = 20_000,
  files = nodeTsmFiles,
}: {
  /** The folder `report` of the mounted configfs-tsm. */
  readonly root?: string;
  /** SNP: VMPL of the report, 0 to 3; by default the kernel's own. */
  readonly privilegeLevel?: number;
  /** For all tries together. A TDX quote waits for the host's quoting service. */
  readonly timeoutMs?: number;
  readonly files?: TsmFiles;
} = {}): HostEvidence {
  return {
    kind: "configfs-tsm",
    async quote(reportData) {
      if (reportData.length !== 64) throw new PersonaError("REQUEST_INVALID", "Report data has 64 bytes.");
      const until = performance.now() + timeoutMs;
      for (;;) {
        const left = until - performance.now();
        const tried = await inTime(left, () => askOnce({ root, privilegeLevel, files }, reportData));
        if (tried !== "again") return tried;
        if (performance.now() + pauseMs >= until) throw tooSlow(timeoutMs);
        await sleep(pauseMs);
      }
    },
  };
}

type Place = { readonly root: string; readonly privilegeLevel: number | undefined; readonly files: TsmFiles };

/** One report in a directory of its own, which no other asker of the same user writes to by mistake. */
async function askOnce({ root, privilegeLevel, files }: Place, reportData: Uint8Array): Promise<Answer> {
  const place = join(root, `persona-${randomUUID()}`);
  const at = (name: string) => join(place, name);
  const text = async (name: string) => new TextDecoder().decode(await files.read(at(name), maxTextBytes)).trim();
  try {
    await files.mkdir(place);
    try {
      const provider = await text("provider");
      if (provider !== "tdx_guest" && provider !== "sev_guest") {
        throw unavailable("This kernel's TSM provider is not one of those that verifiers read.", { provider });
      }
      const from = generationOf(await text("generation"));
      let writes = 0;
      if (provider === "sev_guest" && privilegeLevel !== undefined) {
        const floor = await text("privlevel_floor");
        if (!/^[0-3]$/.test(floor) || privilegeLevel < Number(floor) || privilegeLevel > 3) {
          throw unavailable("This guest may not ask for a report of that privilege level.", { privilegeLevel, floor });
        }
        await files.write(at("privlevel"), new TextEncoder().encode(String(privilegeLevel)));
        writes += 1;
      }
      await files.write(at("inblob"), reportData);
      writes += 1;
      const outblob = await files.read(at("outblob"), maxBlobBytes);
      const auxblob = provider === "sev_guest" ? await files.read(at("auxblob"), maxBlobBytes) : undefined;
      // Our writes and no others lie between: configfs reports no error of a binary attribute's write, so a lost one shows here too.
      if (generationOf(await text("generation")) !== BigInt.asUintN(64, from + BigInt(writes))) return "again";
      return provider === "tdx_guest" ? { evidence: trimTdxQuote(outblob) } : snpEvidence(outblob, auxblob);
    } finally {
      await files.rmdir(place);
    }
  } catch (cause) {
    if (isPersonaError(cause)) throw cause;
    const code = errnoOf(cause);
    if (code !== undefined && passing.has(code)) return "again";
    throw new PersonaError("EVIDENCE_UNAVAILABLE", explain(code), { cause, data: { root, code: code ?? "none" } });
  }
}

type Answer = PlatformEvidence | "again";

function snpEvidence(outblob: Uint8Array, auxblob: Uint8Array | undefined): PlatformEvidence {
  const certificates = auxblob !== undefined && auxblob.length > 0 ? { certificates: auxblob } : {};
  return { evidence: snpReportBytes(outblob), ...certificates };
}

/** @throws PersonaError EVIDENCE_UNAVAILABLE; the counter is an unsigned long. */
function generationOf(text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw unavailable("The report's generation is no number.", { generation: text });
  return BigInt(text);
}

const errnoOf = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;

function explain(code: string | undefined): string {
  if (code === "ENOENT")
    return "There is no configfs-tsm here: an older kernel, or it is not mounted into this container.";
  if (code === "ENXIO") return "No TSM provider is loaded, or the host's quoting service does not answer.";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "This user may not use configfs-tsm.";
  if (code === "EFBIG") return "The platform's evidence is larger than the kernel's limit.";
  return "configfs-tsm failed.";
}

const unavailable = (text: string, data: Record<string, string | number>) =>
  new PersonaError("EVIDENCE_UNAVAILABLE", text, { data });

const tooSlow = (timeoutMs: number) => unavailable("configfs-tsm gave no evidence in time.", { timeoutMs });

/** A read that waits in the kernel cannot be called back: it ends by itself, and cleans up then. */
async function inTime<Value>(leftMs: number, work: () => Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow(Math.round(leftMs))), Math.max(leftMs, 0));
  const working = work();
  working.catch(() => {});
  try {
    return await Promise.race([working, promise]);
  } finally {
    clearTimeout(timer);
  }
}
