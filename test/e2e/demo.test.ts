/** The main job as a person runs it: through the launcher, with real processes, judged by its one line of JSON. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";

type Run = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Starts the demo in a process group of its own, so that its children can be told from those of other tests. */
function startDemo(args: readonly string[], script = "scripts/demo/main.ts") {
  const child = spawn(process.execPath, [join(repositoryRoot, "scripts/run.mjs"), script, ...args], {
    cwd: repositoryRoot,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const done = once(child, "close").then(([code]): Run => ({ code, stdout, stderr }));
  return { child, done, stderrHas: (text: string) => stderr.includes(text) };
}

/** Processes that were started, directly or not, for this run directory. */
function processesOf(runDir: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return ""; // It has ended in the meantime.
      }
    })
    .filter((command) => command.includes(runDir));
}

const runDirs = () => readdirSync(join(repositoryRoot, ".run")).filter((name) => name.startsWith("demo-"));

describe("npm run demo", function () {
  this.timeout(180_000);
  let folder: string;

  before(async () => {
    await mkdir(join(repositoryRoot, ".run"), { recursive: true });
    folder = await mkdtemp(join(tmpdir(), "persona-demo-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("default: from the sample archive to a verified receipt, and everything that must fail fails", async () => {
    const { code, stdout, stderr } = await startDemo(["--json"]).done;
    expect(code, stderr).to.equal(0);
    const lines = stdout.trimEnd().split("\n");
    const report = JSON.parse(lines.at(-1) ?? "");
    expect(report).to.include({ ok: true, receiptVerified: true, leaks: 0 });
    expect(report.records).to.be.greaterThan(20_000);
    expect(report.result).to.deep.equal(report.expected);
    expect(report.result.posts).to.be.greaterThan(10_000);
    expect(report.result.score).to.be.greaterThan(0);
    expect(report.refused).to.deep.equal({
      revoked: "GRANT_REVOKED",
      program: "PROGRAM_NOT_GRANTED",
      segment: "SEGMENT_NOT_GRANTED",
      tampered: "DIGEST_MISMATCH",
      stranger: "NODE_KEY_UNKNOWN",
      exhausted: "GRANT_EXHAUSTED",
    });
    expect(report.gas).to.include.keys(
      "registerNode",
      "registerDataset",
      "grant",
      "revoke",
      "submitJob",
      "claimJob",
      "settleJob",
    );
    expect(report.ms).to.include.keys("install", "boot", "ingest", "publish", "grant", "jobToReceipt", "total");
    expect(runDirs(), "the run directory is gone").to.deep.equal([]);
  });

  it("behavior: Ctrl-C leaves no process and no file behind", async () => {
    const { child, done, stderrHas } = startDemo([]);
    while (!stderrHas("starting chain")) await sleep(20);
    await sleep(1_500); // Somewhere in the middle of starting a dozen processes.
    const [runDir = ""] = runDirs();
    child.kill("SIGINT");
    const { code, stderr } = await done;
    expect(code).to.equal(130);
    expect(stderr).to.include("CANCELLED").and.not.include("    at ");
    expect(processesOf(runDir)).to.deep.equal([]);
    expect(runDirs()).to.deep.equal([]);
  });

  const badArchives: readonly { readonly name: string; readonly code: string; make(path: string): Promise<void> }[] = [
    { name: "missing", code: "ARCHIVE_NOT_FOUND", make: async () => {} },
    { name: "not a zip", code: "ARCHIVE_NOT_ZIP", make: (path) => writeFile(path, "hello") },
    {
      name: "cut off",
      code: "ARCHIVE_NOT_ZIP",
      async make(path) {
        await writeSampleArchive(path, { posts: 50, likes: 10 });
        await writeFile(path, readFileSync(path).subarray(0, 2_000));
      },
    },
  ];
  for (const { name, code, make } of badArchives) {
    it(`error: an archive that is ${name}: says so, exit code 1, nothing half-written`, async () => {
      const path = join(folder, `${code}-${name}.zip`);
      await make(path);
      const run = await startDemo(["--json", "--archive", path]).done;
      expect(run.code).to.equal(1);
      expect(run.stdout).to.equal("");
      expect(JSON.parse(run.stderr.trimEnd().split("\n").at(-1) ?? ""))
        .to.deep.include({ ok: false })
        .and.to.have.nested.property("error.code", code);
      expect(run.stderr).to.not.include("    at ");
      expect(runDirs()).to.deep.equal([]);
    });
  }

  it("error: a port in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const path = join(folder, "small.zip");
    await writeSampleArchive(path, { posts: 50, likes: 10 });
    const run = await startDemo(["--json", "--archive", path, "--port", String((server.address() as AddressInfo).port)])
      .done;
    server.close();
    expect(run.code).to.equal(1);
    expect(run.stderr).to.include("PORT_IN_USE");
    expect(runDirs()).to.deep.equal([]);
  });

  it("error: a chain that is not there", async () => {
    const config = join(folder, "config.json");
    const deployment = {
      chainId: 31_337,
      fromBlock: "0",
      ...Object.fromEntries(
        [
          "datasetRegistry",
          "grantRegistry",
          "nodeRegistry",
          "measurementPolicy",
          "jobMarket",
          "appRegistry",
          "ownerKeys",
        ].map((name, i) => [name, `0x${String(i + 1).padStart(40, "0")}`]),
      ),
    };
    await writeFile(join(folder, "deployment.json"), JSON.stringify(deployment));
    await writeFile(join(folder, "passphrase"), "secret");
    const { sealKeystore } = await import("@persona-protocol/sdk/storage");
    await writeFile(
      join(folder, "keystore.json"),
      JSON.stringify(await sealKeystore({ kind: "account", secret: new Uint8Array(32).fill(7), passphrase: "secret" })),
    );
    await writeFile(
      config,
      JSON.stringify({
        role: "worker",
        rpcUrl: "http://127.0.0.1:9",
        deployment: "deployment.json",
        keystore: "keystore.json",
        passphraseFile: "passphrase",
        dataDir: "data",
        storeDir: "store",
        verifier: `0x${"1".repeat(40)}`,
      }),
    );
    const run = await startDemo(["node", "start", "--config", config, "--json"], "node/src/cli/persona.ts").done;
    expect(run.code).to.equal(75);
    expect(run.stderr).to.include("CHAIN_UNREACHABLE").and.not.include("    at ");
  });
});
