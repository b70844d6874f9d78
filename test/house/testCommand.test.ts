import { join } from "node:path";
import { expect } from "chai";
import { runSuite } from "../../scripts/test/runSuite.ts";
import { copyFromRepository, makeTree, repository, start } from "./house.ts";

const command = join(repository, "scripts/test.ts");

function runTests(files: Record<string, string>, args: string[] = []) {
  const root = makeTree({ "package.json": '{"type":"module"}', ...files });
  copyFromRepository(root, [".mocharc.json"]);
  return start([command, ...args], { cwd: root, env: { PERSONA_TEST_ROOT: root } }).ended;
}

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1);
const passing = 'it("a", () => {});';
const failing = 'it("b", () => { throw new Error("no"); });';
const skipping = `it.${"skip"}("c (skipped: no network)", () => {});`;

describe("npm test", function () {
  this.timeout(60_000); // Four of the command, one after the other.

  it("default: sums the suites and ends with one plain line", async () => {
    const { code, stdout } = await runTests({
      "test/sdk/a.test.ts": passing + skipping,
      "test/node/deep/b.test.ts": passing,
      "test/e2e/c.test.ts": passing,
    });
    expect(code).to.equal(0);
    expect(lastLine(stdout)).to.equal("3 passed, 0 failed, 1 skipped");
    expect(stdout).to.include("SKIPPED in sdk: c: no network");
  });

  it("behavior: one failing suite fails the command, and the others still run", async () => {
    const { code, stdout } = await runTests({
      "test/sdk/a.test.ts": passing + failing,
      "test/node/b.test.ts": passing,
    });
    expect(code).to.equal(1);
    expect(lastLine(stdout)).to.equal("2 passed, 1 failed");
    // Again at the end, for whoever sees only the end of a log.
    expect(stdout.split("\n").at(-4)).to.match(/^FAILED in sdk: .+: /);
  });

  it("behavior: --only and --grep choose; a suite that does not exist is refused", async () => {
    const files = { "test/sdk/a.test.ts": passing, "test/node/b.test.ts": failing };
    const only = await runTests(files, ["--only", "sdk"]);
    expect([only.code, lastLine(only.stdout)]).to.deep.equal([0, "1 passed, 0 failed"]);
    const grep = await runTests(files, ["--grep", "^a$"]);
    expect([grep.code, lastLine(grep.stdout)]).to.deep.equal([0, "1 passed, 0 failed"]);
    const unknown = await runTests(files, ["--only", "sdl"]);
    expect([unknown.code, unknown.stdout]).to.deep.equal([2, ""]);
  });

  it("behavior: stopped twice by the same signal, it stops its runners and still reports", async () => {
    const root = makeTree({
      "package.json": '{"type":"module"}',
      "test/sdk/a.test.ts": `${passing} it("long", async () => { console.log("waiting"); await new Promise(() => setInterval(() => {}, 1000)); });`,
    });
    const run = start([command], { cwd: root, env: { PERSONA_TEST_ROOT: root } });
    await run.said("stdout", "waiting");
    run.child.kill("SIGTERM");
    run.child.kill("SIGTERM");
    const { code, stdout } = await run.ended;
    expect(code).to.equal(1);
    expect(stdout).to.include("Stopped by SIGTERM");
    expect(lastLine(stdout)).to.equal("0 passed, 1 failed");
  });

  it("error: no test ran", async () => {
    for (const args of [[], ["--grep", "nothing"]]) {
      const { code, stdout } = await runTests(args.length > 0 ? { "test/sdk/a.test.ts": passing } : {}, args);
      expect(code).to.equal(1);
      expect(lastLine(stdout)).to.equal("0 passed, 1 failed");
    }
  });

  it("error: files that hold no test, do not load, end the process, or hold a focused test", async () => {
    for (const [text, problem] of [
      ["", "hold no test"],
      ['import "./nothing.ts";', "ended before its tests did"],
      [`${passing} it("x", () => process.exit(0));`, "ended before its tests did"],
      [`it.${"on"}ly("x", () => {});`, ""],
      [`before(() => { throw new Error("no"); }); ${passing}`, ""],
    ] as const) {
      const { code, stdout } = await runTests({ "test/sdk/a.test.ts": text, "test/node/b.test.ts": passing });
      expect(code, text).to.equal(1);
      expect(lastLine(stdout), text).to.equal("1 passed, 1 failed");
      expect(stdout).to.include(problem);
    }
  });
});

describe("runSuite", () => {
  const options = {
    root: repository,
    env: process.env,
    onOutput: () => {},
    signal: new AbortController().signal,
    exitMs: 200,
  };
  const program = (text: string) => runSuite(["--input-type=module", "-e", text], options);
  const send = (failed: number) => `process.send({ passed: 2, failed: ${failed}, skipped: [] });`;

  it("default: takes the counts that were sent", async () => {
    const outcome = await program(`${send(0)} process.disconnect();`);
    expect(outcome).to.include({ passed: 2, failed: 0, problem: undefined });
  });

  it("error: a process that does not end is stopped, and counts as one failure", async () => {
    const outcome = await program(`${send(0)} setInterval(() => {}, 1000);`);
    expect(outcome.failed).to.equal(1);
    expect(outcome.problem).to.include("left open");
  });

  it("error: an exit code that contradicts the counts", async () => {
    expect(await program(`${send(0)} process.exitCode = 7; process.disconnect();`)).to.include({
      passed: 2,
      failed: 1,
    });
    expect(await program(`${send(1)} process.disconnect();`)).to.include({ passed: 2, failed: 2 });
  });
});
