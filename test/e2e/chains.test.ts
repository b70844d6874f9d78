/** The whole road on the other chain clients: what a node believes of one of them must hold on all. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import type { ChainKind } from "../../node/src/dev/chainProcess.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { findServer } from "../helpers/findServer.ts";

async function runDemo(kind: ChainKind): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const launcher = join(repositoryRoot, "scripts/run.mjs");
  const child = spawn(process.execPath, [launcher, "scripts/demo/main.ts", "--chain", kind, "--json"], {
    cwd: repositoryRoot,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

for (const kind of ["anvil", "geth"] as const satisfies readonly ChainKind[]) {
  const found = kind === "geth" ? findServer("geth") : { binary: "" };
  describe(`npm run demo -- --chain ${kind}`, function () {
    this.timeout(240_000);
    if ("reason" in found) {
      it.skip(`default: the whole road (skipped: ${found.reason})`);
      return;
    }
    it("default: to a verified receipt, and everything that must fail fails", async () => {
      const { code, stdout, stderr } = await runDemo(kind);
      expect(code, stderr + stdout).to.equal(0);
      const report = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
      expect(report).to.include({ ok: true, receiptVerified: true, leaks: 0 });
      expect(report.result).to.deep.equal(report.expected);
      expect(report.refused).to.deep.equal({
        revoked: "GRANT_REVOKED",
        program: "PROGRAM_NOT_GRANTED",
        segment: "SEGMENT_NOT_GRANTED",
        tampered: "DIGEST_MISMATCH",
        stranger: "NODE_KEY_UNKNOWN",
        exhausted: "GRANT_EXHAUSTED",
      });
    });
  });
}
