import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { copyFromRepository, makeTree, start } from "./house.ts";

/**
 * Stands in for npm: "installs" this very Node as the project's, and notes that it was called. `hold` makes it wait for its
 * end, `fail` makes it fail as npm fails.
 */
const FAKE_NPM = `
import { appendFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
appendFileSync("npm.log", process.argv[2] + " " + process.pid + "\\n");
if (existsSync("fail")) { console.error("npm error code E404\\nnpm error 404 no such package"); process.exit(1); }
if (existsSync("hold")) { console.log("holding"); setInterval(() => {}, 1000); }
else {
  mkdirSync("node_modules/node/bin", { recursive: true });
  if (!existsSync("node_modules/node/bin/node")) symlinkSync(process.execPath, "node_modules/node/bin/node");
  writeFileSync("node_modules/node/package.json", JSON.stringify({ version: process.versions.node }));
}
`;

const FAKE_HARDHAT = `
const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require("node:fs");
appendFileSync("hardhat.log", (process.env.HARDHAT_CONFIG ?? "build") + "\\n");
if (existsSync("broken")) { console.log("Error: expected ';'"); process.exit(1); }
mkdirSync("artifacts", { recursive: true });
writeFileSync("artifacts/A.json", "{}");
`;

const TARGET = `
process.stdout.write(JSON.stringify({
  args: process.argv.slice(2),
  installMs: Number(process.env.PERSONA_INSTALL_MS),
  path: process.env.PATH?.split(":")[0],
}));
process.exitCode = 3;
`;

function makeProject(files: Record<string, string> = {}): { root: string; npm: string } {
  const tree = makeTree({
    "bin/npm-cli.js": FAKE_NPM,
    "bin/package.json": '{"type":"module"}',
    "root/package.json": JSON.stringify({ type: "module", devDependencies: { node: process.versions.node } }),
    "root/package-lock.json": "{}",
    "root/target.ts": TARGET,
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`root/${path}`, text])),
  });
  const root = join(tree, "root");
  mkdirSync(join(root, "scripts"), { recursive: true });
  copyFromRepository(root, ["scripts/run.mjs", "scripts/run"]);
  return { root, npm: join(tree, "bin/npm-cli.js") };
}

type Project = ReturnType<typeof makeProject>;

const startRun = ({ root, npm }: Project, args: string[] = ["target.ts"], env: Record<string, string> = {}) =>
  start([join(root, "scripts/run.mjs"), ...args], { cwd: root, env: { npm_execpath: npm, ...env } });

/** A process of the command whose reader goes away at once, as `head` may. */
async function withoutReader(project: Project, target: string): Promise<{ code: number | null; stderr: string }> {
  const { root, npm } = project;
  const child = spawn(process.execPath, [join(root, "scripts/run.mjs"), target], {
    cwd: root,
    env: { ...process.env, npm_execpath: npm },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = await once(child, "close");
  return { code, stderr };
}

const logOf = ({ root }: Project, file = "npm.log") => {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
};

describe("run.mjs", () => {
  it("default: installs once, then runs the target with its arguments, exit code and a clean stdout", async () => {
    const project = makeProject();
    const first = await startRun(project, ["target.ts", "--json", "a b"]).ended;
    expect(first.code).to.equal(3);
    const told = JSON.parse(first.stdout);
    expect(told.args).to.deep.equal(["--json", "a b"]);
    expect(told.installMs).to.be.greaterThan(0);
    expect(told.path).to.equal(join(project.root, "node_modules/.bin"));
    expect(first.stderr).to.include("Installing dependencies").and.to.include("Dependencies installed");

    const second = await startRun(project).ended;
    expect(JSON.parse(second.stdout).installMs).to.equal(0);
    expect(second.stderr).to.equal("");
    expect(logOf(project)).to.have.length(1);
  });

  it("behavior: a command whose reader has read enough ends quietly, and first what it has started", async () => {
    const lines = 'setInterval(() => console.log("a line"), 5);\n';
    const project = makeProject({
      "printing.ts": lines,
      "stopping.ts": `${lines}process.on("SIGTERM", () => { console.log("more"); console.error("stopped"); setTimeout(() => process.exit(), 50); });\n`,
      "failing.ts": 'process.stdout.emit("error", Object.assign(new Error("the disk is full"), { code: "ENOSPC" }));\n',
    });
    await startRun(project).ended;
    expect(await withoutReader(project, "printing.ts")).to.deep.equal({ code: 141, stderr: "" });
    expect(await withoutReader(project, "stopping.ts")).to.deep.equal({ code: 141, stderr: "stopped\n" });
    expect((await withoutReader(project, "failing.ts")).stderr).to.include("the disk is full");
  });

  it("behavior: installs again when a manifest or the lock has changed, or the Node is gone", async () => {
    const project = makeProject({ "package.json": manifest({ workspaces: ["sdk"] }), "sdk/package.json": "{}" });
    await startRun(project).ended;
    let installs = 1;
    for (const [file, text] of [
      ["package-lock.json", '{"a":1}'],
      ["sdk/package.json", '{"b":1}'],
      ["package.json", manifest({ workspaces: ["sdk"], description: "x" })],
    ] as const) {
      writeFileSync(join(project.root, file), text);
      await startRun(project).ended;
      installs += 1;
      expect(logOf(project), file).to.have.length(installs);
    }
  });

  it("behavior: two started at once install once, and both run", async () => {
    const project = makeProject();
    const both = await Promise.all([startRun(project).ended, startRun(project).ended]);
    for (const { code, stdout } of both) {
      expect(code).to.equal(3);
      expect(JSON.parse(stdout).args).to.deep.equal([]);
    }
    expect(logOf(project)).to.have.length(1);
    expect(existsSync(join(project.root, ".cache/run.lock"))).to.equal(false);
  });

  it("behavior: stopped while installing, it leaves no process and no lock, and the next run starts over", async () => {
    const project = makeProject({ hold: "", "node_modules/half/package.json": "{}" });
    const run = startRun(project);
    while (logOf(project).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    run.child.kill("SIGTERM");
    expect((await run.ended).code).to.equal(128 + 15);
    expect(isRunning(Number(logOf(project)[0]?.split(" ")[1]))).to.equal(false);
    expect(existsSync(join(project.root, ".cache/run.lock"))).to.equal(false);

    rmSync(join(project.root, "hold"));
    const next = await startRun(project).ended;
    expect(next.code).to.equal(3);
    expect(next.stderr).to.include("starting over");
    expect(existsSync(join(project.root, "node_modules/half"))).to.equal(false);
  });

  it("behavior: an install that fails keeps what was installed, and is tried again", async () => {
    const project = makeProject({ fail: "", "node_modules/kept/package.json": "{}" });
    for (const tries of [1, 2]) {
      const { code, stdout, stderr } = await startRun(project).ended;
      expect(code).to.equal(1);
      expect(stdout).to.equal("");
      expect(stderr).to.include("E404");
      expect(logOf(project)).to.have.length(tries);
    }
    expect(existsSync(join(project.root, "node_modules/kept/package.json"))).to.equal(true);
  });

  it("behavior: one SIGTERM or SIGINT reaches the target once, and its exit code is kept", async () => {
    const target = `
      let seen = 0;
      for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => { seen += 1; });
      process.stdout.write("ready");
      setInterval(() => { if (seen > 0) setTimeout(() => process.exit(40 + seen), 200); }, 5);
    `;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const run = startRun(makeProject({ "target.ts": target }));
      await run.said("stdout", "ready");
      run.child.kill(signal);
      run.child.kill(signal); // as npm and the terminal do
      expect((await run.ended).code).to.equal(41);
    }
  });

  it("behavior: a target that a signal ended gives 128 + its number", async () => {
    const project = makeProject({ "target.ts": 'process.kill(process.pid, "SIGKILL");' });
    expect((await startRun(project).ended).code).to.equal(128 + 9);
  });

  it("behavior: compiles when a contract has changed or artifacts are not those it made, and not otherwise", async () => {
    const project = makeProject({ "contracts/A.sol": "contract A {}" });
    installFakeHardhat(project);
    const builds = async () => {
      await startRun(project).ended;
      return logOf(project, "hardhat.log").length;
    };
    expect(await builds()).to.equal(1);
    expect(await builds()).to.equal(1);
    writeFileSync(join(project.root, "contracts/A.sol"), "contract A { }");
    expect(await builds()).to.equal(2);
    writeFileSync(join(project.root, "artifacts/A.json"), "{ }");
    expect(await builds()).to.equal(3);
    expect(await builds()).to.equal(3);
  });

  it("behavior: before all tests, the tests' own build runs beside; a part or another command does without", async () => {
    const files = { "contracts/A.sol": "contract A {}", "hardhat.test.config.ts": "", "scripts/test.ts": "" };
    const built = async (...args: string[]) => {
      const project = makeProject(files);
      installFakeHardhat(project);
      await startRun(project, args).ended;
      return logOf(project, "hardhat.log").toSorted();
    };
    expect(await built("scripts/test.ts")).to.deep.equal(["build", "hardhat.test.config.ts"]);
    expect(await built("scripts/test.ts", "--only", "sdk")).to.deep.equal(["build"]);
    expect(await built("target.ts")).to.deep.equal(["build"]);
  });

  it("error: contracts that do not compile", async () => {
    const project = makeProject({ "contracts/A.sol": "contract", broken: "" });
    installFakeHardhat(project);
    const { code, stdout, stderr } = await startRun(project).ended;
    expect(code).to.equal(1);
    expect(stdout).to.equal("");
    expect(stderr).to.include("expected ';'").and.to.include("do not compile");
  });

  it("error: a lock that is broken or missing, with which npm would install what it likes", async () => {
    for (const text of ["<<<<<<< HEAD\n{}", undefined]) {
      const project = makeProject();
      const path = join(project.root, "package-lock.json");
      if (text === undefined) rmSync(path);
      else writeFileSync(path, text);
      const { code, stderr } = await startRun(project).ended;
      expect(code).to.equal(1);
      expect(stderr).to.include("package-lock.json");
      expect(logOf(project)).to.deep.equal([]);
    }
  });

  it("error: a target that does not exist, or none", async () => {
    const project = makeProject();
    expect((await startRun(project, ["nothing.ts"]).ended).code).to.equal(1);
    expect((await startRun(project, []).ended).code).to.equal(2);
    expect(logOf(project)).to.deep.equal([]);
  });
});

describe("run.mjs with the real npm", () => {
  const realNpm = process.env["npm_execpath"];
  const withNpm = (project: Project): Project => ({ ...project, npm: realNpm ?? "" });
  const lock = (dependency: string) =>
    JSON.stringify({
      name: "x",
      lockfileVersion: 3,
      packages: {
        "": { devDependencies: { node: process.versions.node, "left-pad": "1.3.0" } },
        "node_modules/left-pad": { version: "1.3.0", resolved: dependency },
      },
    });

  it("error: a registry that cannot be reached is temporary, and the address is named", async () => {
    // A port of this machine on which nobody listens: taken, and given back.
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));

    const project = makeProject({
      "package.json": manifest({ devDependencies: { node: process.versions.node, "left-pad": "1.3.0" } }),
      "package-lock.json": lock(`${registry}/left-pad/-/left-pad-1.3.0.tgz`),
    });
    const env = { npm_config_registry: registry, npm_config_cache: join(project.root, "npm-cache") };
    const { code, stdout, stderr } = await startRun(withNpm(project), ["target.ts"], {
      ...env,
      npm_config_fetch_retries: "0",
    }).ended;
    expect(code).to.equal(75);
    expect(stdout).to.equal("");
    expect(stderr).to.include("cannot be reached").and.to.include(registry);
  });
});

function manifest(fields: object = {}): string {
  return JSON.stringify({ type: "module", devDependencies: { node: process.versions.node }, ...fields });
}

/** A zombie has ended; whether it has been asked for is up to process 1 of the machine. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function installFakeHardhat({ root }: Project): void {
  const folder = join(root, "node_modules/hardhat");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"bin":{"hardhat":"cli.cjs"}}');
  writeFileSync(join(folder, "cli.cjs"), FAKE_HARDHAT);
}
