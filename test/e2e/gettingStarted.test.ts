/** docs/getting-started.md, as a newcomer types it: its commands, in order, as they stand there. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { cachedBrowser } from "../../scripts/sdk/cachedBrowser.ts";
import { openTemplate, type TemplatePage } from "../../scripts/sdk/openTemplate.ts";
import { addressOf } from "../../scripts/sdk/tryTemplate.ts";
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
    `npm() { case "\${3:-}" in persona) script=node/src/cli/persona.ts ;; sample) script=scripts/sample.ts ;; create-app) script=scripts/createApp.ts ;; *) command npm "$@"; return ;; esac; shift 4; node --no-warnings "${repositoryRoot}/$script" "$@"; }`,
    'persona() { npm run -s persona -- "$@"; }',
  ].join("\n");

  function start(script: string, { detached = false } = {}): ChildProcess {
    const { INIT_CWD: _, ...env } = process.env;
    return spawn("bash", ["-c", `${prelude}\n${script}`], {
      cwd: folder,
      env,
      detached,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function run(script: string): Promise<string> {
    // A reader has one terminal for all of it: where one step leaves it, the next begins.
    const child = start(`${script}\n[ "$PWD" = "${folder}" ] || { echo "the terminal is elsewhere now" >&2; exit 1; }`);
    const texts = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (texts.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (texts.stderr += text));
    const [code] = await once(child, "close");
    expect(code, `${script}\n${texts.stdout}\n${texts.stderr}`).to.equal(0);
    expect(texts.stdout).to.not.match(drivesTerminal);
    return texts.stdout;
  }

  /** One thing that the guide has its reader do, in its order. */
  type Step =
    | { readonly kind: "sh"; readonly code: string }
    | { readonly kind: "background"; readonly code: string }
    | { readonly kind: "page"; readonly label: string; readonly file: string | undefined };

  async function readSteps(): Promise<Step[]> {
    const text = await readFile(join(repositoryRoot, "docs/getting-started.md"), "utf8");
    // Commands, and what is pressed in the page: bold, with the file that goes in or comes out.
    const found = text.matchAll(/^```sh( background)?\n(.*?)^```$|\*\*([^*\n]+)\*\*(?:[^`*\n]*`([\w.-]+)`)?/gms);
    return [...found].map(([, background, code, label, file]) => {
      if (label !== undefined) return { kind: "page", label, file };
      // The folder is this test's, and an alias is a terminal's.
      const own = (code ?? "").replace("mkdir -p .run/start && cd .run/start\n", "").replace(/^alias .*\n/m, "");
      const command = own.replaceAll("../../examples/", `${repositoryRoot}/examples/`);
      return { kind: background === undefined ? "sh" : "background", code: command };
    });
  }

  async function runNetwork(code: string): Promise<void> {
    network = start(
      `exec ${code.replace("persona ", `node --no-warnings ${repositoryRoot}/node/src/cli/persona.ts `)}`,
    );
    let said = "";
    for (const stream of [network.stdout, network.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (said += text));
    while (!existsSync(join(folder, "net/network.json"))) {
      expect(network.exitCode, said).to.equal(null);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Steps of which a machine without the npm registry or a browser is not capable; the rest of the guide does not need them. */
  const inPage = (step: Step) => step.kind === "page" || /\bapp\b|in-page|page-grant/.test(step.code);

  it("default: every command works, in order, as written, and the result is there", async () => {
    const steps = (await readSteps()).filter(
      (step) => !inPage(step) && !(step.kind === "sh" && /revoke/.test(step.code)),
    );
    expect(steps.length).to.be.above(7);
    const printed: string[] = [];
    for (const step of steps) {
      if (step.kind === "sh") printed.push(await run(step.code));
      else if (step.kind === "background") await runNetwork(step.code);
    }
    const all = printed.join("");
    expect(all).to.include("Nothing is wrong.").and.include("We reward years of good posts.").and.include("stands");
    const { result, jobId } = JSON.parse(await readFile(join(folder, "result.json"), "utf8"));
    expect(result[0]).to.have.all.keys("year", "posts", "likes");
    expect(all).to.include(`result of job ${jobId}`);
  });

  it("default: and so does the page", async function () {
    const browser = cachedBrowser();
    if ("missing" in browser) return skipLoudly(this, browser.missing);
    if (!(await reachesRegistry())) return skipLoudly(this, "the npm registry cannot be reached");
    let server: ChildProcess | undefined;
    let page: TemplatePage | undefined;
    let url = "";
    try {
      for (const step of (await readSteps()).filter(inPage)) {
        if (step.kind === "sh") await run(step.code);
        else if (step.kind === "background") {
          server = start(step.code, { detached: true });
          if (server.stdout !== null) url = await addressOf(server.stdout);
        } else {
          page ??= await openTemplate({ executablePath: browser.path, url });
          const { label, file } = step;
          if (file === "page-grant.cbor") await page.choose(label, join(folder, file));
          else await page.press(label, file === undefined ? undefined : join(folder, file));
        }
      }
      const found = await page?.readResult();
      expect(Number(found?.score)).to.be.above(0);
      expect(found?.provenance).to.include("engagement").and.include("dataset 0x");
    } finally {
      await page?.close();
      if (server?.pid !== undefined && server.exitCode === null) {
        // npm, a shell and Vite: a terminal ends all of them, too.
        process.kill(-server.pid, "SIGTERM");
        await once(server, "close");
      }
    }
  });

  it("default: and the owner ends it", async () => {
    const [last] = (await readSteps()).filter((step) => step.kind === "sh" && /revoke/.test(step.code));
    expect(last?.kind === "sh" && (await run(last.code))).to.include("all grants revoked");
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

function skipLoudly(test: Mocha.Context, why: string): void {
  process.stderr.write(`\n  SKIPPED: the guide's page was not tried. ${why}\n\n`);
  test.skip();
}

async function reachesRegistry(): Promise<boolean> {
  const registry = process.env["npm_config_registry"] ?? "https://registry.npmjs.org";
  const answer = await fetch(`${registry.replace(/\/$/, "")}/react/19.3.1`, {
    signal: AbortSignal.timeout(20_000),
  }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}
