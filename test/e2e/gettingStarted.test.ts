/** docs/getting-started.md, as a newcomer types it: its commands, in order, as they stand there. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { drivesTerminal } from "../node/cli/persona.ts";

describe("docs/getting-started.md", function () {
  this.timeout(600_000);
  let folder: string;
  let network: ChildProcess | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-start-"));
  });
  after(async () => {
    if (network?.exitCode === null) {
      network.kill("SIGTERM");
      await once(network, "close");
    }
    await rm(folder, { recursive: true, force: true });
  });

  /** `npm run` finds the repository from any folder in it; here the folder is elsewhere, so that tests do not meet. */
  const prelude = [
    "set -euo pipefail",
    `npm() { ( [ "$1 $2" = "run -s" ] && case "$3" in persona) shift 4; exec node --no-warnings ${repositoryRoot}/node/src/cli/persona.ts "$@" ;; sample) shift 4; exec node --no-warnings ${repositoryRoot}/scripts/sample.ts "$@" ;; esac ); }`,
    'persona() { npm run -s persona -- "$@"; }',
  ].join("\n");

  function start(script: string): ChildProcess {
    const { INIT_CWD: _, ...env } = process.env;
    return spawn("bash", ["-c", `${prelude}\n${script}`], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  }

  async function run(script: string): Promise<string> {
    const child = start(script);
    const texts = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
    const [code] = await once(child, "close");
    expect(code, `${script}\n${texts.stdout}\n${texts.stderr}`).to.equal(0);
    expect(texts.stdout).to.not.match(drivesTerminal);
    return texts.stdout;
  }

  it("default: every command works, in order, as written, and the result is there", async () => {
    const text = await readFile(join(repositoryRoot, "docs/getting-started.md"), "utf8");
    const blocks = [...text.matchAll(/^```sh( background)?\n(.*?)^```$/gms)].map(([, background, code = ""]) => ({
      background: background !== undefined,
      code,
    }));
    expect(blocks.length).to.be.above(7);
    const printed: string[] = [];
    for (const { background, code } of blocks) {
      // The folder is this test's, and an alias is a terminal's.
      const own = code.replace("mkdir -p .run/start && cd .run/start\n", "").replace(/^alias .*\n/m, "");
      const command = own.replaceAll("../../examples/", `${repositoryRoot}/examples/`);
      if (!background) printed.push(await run(command));
      else {
        network = start(
          `exec ${command.replace("persona ", `node --no-warnings ${repositoryRoot}/node/src/cli/persona.ts `)}`,
        );
        let said = "";
        for (const stream of [network.stdout, network.stderr])
          stream?.setEncoding("utf8").on("data", (text: string) => (said += text));
        while (!existsSync(join(folder, "net/network.json"))) {
          expect(network.exitCode, said).to.equal(null);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    }
    const all = printed.join("");
    expect(all).to.include("Nothing is wrong.").and.include("We reward years of good posts.").and.include("stands");
    const { result, jobId } = JSON.parse(await readFile(join(folder, "result.json"), "utf8"));
    expect(result[0]).to.have.all.keys("year", "posts", "likes");
    expect(all).to.include(`result of job ${jobId}`).and.include("all grants revoked");
  });

  it("behavior: faults are made on purpose, and doctor finds them", async () => {
    expect(await run("persona dev --dir net --kill guardian-2 --warp 2d --json")).to.include("guardian-2");
    const found = await run("persona doctor --network net --json || true");
    const { findings } = JSON.parse(found.trim().split("\n")[0] ?? "") as {
      findings: { name: string; ok: boolean; found: string }[];
    };
    const guardians = findings.find(({ name }) => name === "guardians");
    expect(guardians?.ok).to.equal(false);
    expect(guardians?.found)
      .to.include("2 of 3")
      .and.match(/guardian \d: GUARDIANS_UNAVAILABLE/);
  });
});
