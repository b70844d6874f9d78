/** A node as its operator meets it: made, started, looked at, hurt, drained, taken from the network. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import type { Address } from "viem";
import { enclaveIn } from "../../node/src/dev/processTree.ts";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { metricNames } from "../helpers/alertRules.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { expectRefusal, runPersona } from "../node/cli/persona.ts";

const endpointKey = "s3cr3tEndpointKey";

describe("the operator of a node", function () {
  this.timeout(180_000);
  const stop = new AbortController();
  let folder: string;
  let network: Network;
  const children: ChildProcess[] = [];
  const persona = (...args: string[]) => runPersona(args, folder);
  const configOf = (name: string) => join(network.runDir, name, "config.json");
  const answerOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  const statusOf = async (config: string) => answerOf(await persona("node", "status", "--config", config, "--json"));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-operations-"));
    const runDir = join(folder, "network");
    network = await startNetwork({
      runDir,
      chain: "anvil",
      deploy: deployOnAnvil,
      port: 0,
      guardians: 1,
      workers: 1,
      signal: stop.signal,
    });
  });
  after(async () => {
    for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A daemon of its own, and the line that it says when it serves. */
  async function start(config: string, ...more: string[]) {
    const args = [
      "--no-warnings",
      join(repositoryRoot, "node/src/cli/persona.ts"),
      "node",
      "start",
      "--config",
      config,
    ];
    const child = spawn(process.execPath, [...args, "--json", ...more], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
    const ended = once(child, "close") as Promise<[number | null]>;
    const line = await Promise.race([
      once(createInterface(child.stdout), "line").then(([text]) => String(text)),
      ended.then(() => Promise.reject(new Error(log))),
    ]);
    return { child, ended, facts: JSON.parse(line), log: () => log };
  }

  it("default: a worker and a guardian say that they are ready, each check by its name", async () => {
    for (const name of ["worker-1", "guardian-1"]) {
      const status = await statusOf(configOf(name));
      expect(status, JSON.stringify(status.checks)).to.include({ ok: true, ready: true, draining: "no" });
      const at = (path: string) => fetch(`http://127.0.0.1:${status.metricsPort}${path}`);
      expect((await at("/healthz")).status).to.equal(200);
      const ready = await at("/readyz");
      expect(ready.status).to.equal(200);
      expect(((await ready.json()) as { checks: { name: string }[] }).checks.map(({ name }) => name)).to.have.members([
        "duty",
        "chain",
        "enclave",
        "key",
        "journal",
        "balance",
        "store",
        "claims",
      ]);
      expect((await at("/")).status).to.equal(404);
      expect((await fetch(`http://127.0.0.1:${status.metricsPort}/metrics`, { method: "POST" })).status).to.equal(405);
    }
  });

  it("behavior: every metric has a name of one form, and no label of a job's or a stranger's", async () => {
    const { metricsPort, nodeId } = await statusOf(configOf("worker-1"));
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(text).to.contain("persona_node_ready_ratio 1\n");
    expect(text).to.contain(`persona_node_info{role="worker",node_id="${nodeId}"} 1`);
    expect(text).to.match(/^persona_operator_balance_wei [89]\d{18}$/m);
    expect([...text.matchAll(/^persona_check_ok_ratio\{check="\w+"\} 1$/gm)]).to.have.length(8);
    const names = metricNames(text);
    for (const name of names)
      expect(name).to.match(/^persona_[a-z]+(_[a-z]+)*_(total|seconds|bytes|count|ratio|wei|number|info)$/);
    expect(text).to.not.match(/0x[0-9a-f]{8}/i);
  });

  it("behavior: the socket and its folder are the operator's alone, and it locks the data directory", async () => {
    const socket = join(network.runDir, "worker-1/data/admin.sock");
    expect(statSync(socket).mode & 0o077).to.equal(0);
    const second = await persona("node", "start", "--config", configOf("worker-1"), "--metrics-port", "0");
    expect(second.stderr).to.contain("error NODE_RUNNING:");
    expect(second.code).to.equal(1);
    expect((await statusOf(configOf("worker-1"))).ready).to.equal(true);
  });

  it("behavior: a chain that hangs and an enclave that hangs are named, and seen again when they are back", async () => {
    const chain = network.processes.pids()[0]?.pid ?? 0;
    const { metricsPort, enclavePid } = await statusOf(configOf("worker-1"));
    const failing = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${metricsPort}${path}`);
      const { ready, checks } = (await answer.json()) as { ready: boolean; checks: { name: string; ok: boolean }[] };
      expect(answer.status).to.equal(ready ? 200 : 503);
      return checks.filter(({ ok }) => !ok).map(({ name }) => name);
    };
    // What it has found counts for a second.
    const until = async (path: string, wanted: (failed: readonly string[]) => boolean) => {
      while (!wanted(await failing(path))) await sleep(200);
    };
    const nothing = (failed: readonly string[]) => failed.length === 0;
    process.kill(chain, "SIGSTOP");
    try {
      await until("/readyz", (failed) => ["chain", "key", "balance"].every((name) => failed.includes(name)));
      expect(await failing("/healthz")).to.deep.equal([]);
    } finally {
      process.kill(chain, "SIGCONT");
    }
    await until("/readyz", nothing);

    const enclave = enclaveIn(enclavePid);
    process.kill(enclave, "SIGSTOP");
    try {
      await until("/healthz", (failed) => failed.join() === "enclave");
    } finally {
      process.kill(enclave, "SIGCONT");
    }
    await until("/readyz", nothing);
  });

  it("error: no daemon, a wrong flag, an unknown variable", async () => {
    expectRefusal(
      await persona("node", "status", "--config", configOf("worker-1"), "--data-dir", "no"),
      "NODE_NOT_RUNNING",
      75,
    );
    expectRefusal(await persona("node", "start", "--passphrase", "x"), "USAGE");
    expectRefusal(await persona("node", "start"), "CONFIG_INVALID");
    expectRefusal(await persona("node", "drain", "--config", configOf("worker-1"), "--timeout", "soon"), "USAGE");
  });

  it("default: init, start, drain, exit; the stake comes back when the unbonding time is over", async () => {
    const dir = join(folder, "mine");
    const deployment = join(network.runDir, "deployment.json");
    const nowhere = await persona(
      "node",
      "init",
      "--dir",
      dir,
      "--rpc-url",
      "http://127.0.0.1:1",
      "--deployment",
      deployment,
    );
    expectRefusal(nowhere, "CHAIN_UNREACHABLE", 75);
    const init = await persona(
      "node",
      "init",
      "--dir",
      dir,
      "--rpc-url",
      network.rpcUrl,
      "--deployment",
      deployment,
      "--stake",
      "1000000000000000000",
      "--store-dir",
      network.storeDir,
      "--json",
    );
    expect(init.code, init.stderr).to.equal(0);
    const made = answerOf(init);
    expect(made).to.include({ ok: true, balanceWei: "0", stake: "1000000000000000000" });
    for (const file of ["config.json", "keystore.json", "passphrase"])
      expect(statSync(join(dir, file)).mode & 0o077, file).to.equal(0);
    expectRefusal(
      await persona("node", "init", "--dir", dir, "--rpc-url", network.rpcUrl, "--deployment", deployment),
      "CONFIG_INVALID",
    );
    await network.fund(made.operator as Address);

    const config = made.config as string;
    const passphrase = (await readFile(join(dir, "passphrase"), "utf8")).trim();
    const { facts, ended, log } = await start(config, "--log-level", "debug", "--quorum-urls", "");
    const registry = { address: network.deployment.nodeRegistry, abi: nodeRegistryAbi } as const;
    const client = await network.fundedClient();
    const node = () => client.readContract({ ...registry, functionName: "nodeOf", args: [facts.nodeId] });
    expect((await node()).stake).to.equal(10n ** 18n);
    const lines = log()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).to.include({ msg: "configuration", role: "worker" });
    expect(lines[0].config).to.include({ passphraseFile: "<set>", logLevel: "debug" });
    expect(lines[0].sources).to.include({ logLevel: "flag", stake: "file", pollMs: "default" });

    const exit = await persona("node", "exit", "--config", config, "--json");
    expect(exit.code, exit.stderr).to.equal(0);
    expect(answerOf(exit)).to.include({ state: "exiting", nodeId: facts.nodeId });
    expect(await ended).to.deep.equal([0, null]);
    expect(log()).to.contain('"drained"').and.to.contain('"stopped"');
    expect(log()).to.not.contain(passphrase);

    const early = await persona("node", "exit", "--config", config);
    expectRefusal(early, "NODE_BONDED", 75);
    const { exitAt } = await node();
    await client.request({ method: "evm_setNextBlockTimestamp" as never, params: [exitAt + 1] as never });
    await client.request({ method: "evm_mine" as never });
    const last = await persona("node", "exit", "--config", config, "--json");
    expect(last.code, last.stderr).to.equal(0);
    expect(answerOf(last).state).to.equal("exited");
    expect((await node()).stake).to.equal(0n);
    expect(answerOf(await persona("node", "exit", "--config", config, "--json")).state).to.equal("exited");
  });

  it("behavior: a stop is graceful and bounded, a second ask ends it at once, a drain waits and is told", async () => {
    const drained = await persona("node", "drain", "--config", configOf("worker-1"), "--json");
    expect(answerOf(drained), drained.stderr).to.include({ ok: true, drained: true });
    const status = await persona("node", "status", "--config", configOf("worker-1"), "--json");
    expect(status.code).to.equal(75);
    expect(answerOf(status)).to.include({ ready: false, draining: "done" });
    process.kill(network.workers[0]?.pid ?? 0, "SIGTERM");
    while (network.processes.pids().length === 0 || isAlive(network.workers[0]?.pid ?? 0)) await sleep(50);

    const config = configOf("worker-1");
    const first = await start(config);
    first.child.kill("SIGTERM");
    expect(await first.ended).to.deep.equal([0, null]);

    // Its enclave hangs: the bound ends it, with the exit code of what is temporary.
    const bounded = await start(config, "--stop-seconds", "1");
    const hanging = enclaveIn(bounded.facts.enclavePid);
    process.kill(hanging, "SIGSTOP");
    bounded.child.kill("SIGTERM");
    expect((await bounded.ended)[0]).to.equal(75);
    expect(bounded.log()).to.contain("NODE_STOP_SLOW");
    await untilGone(hanging);

    const twice = await start(config);
    const another = enclaveIn(twice.facts.enclavePid);
    process.kill(another, "SIGSTOP");
    twice.child.kill("SIGTERM");
    await sleep(1_100);
    twice.child.kill("SIGTERM");
    expect((await twice.ended)[0]).to.equal(143);
    await untilGone(another);
  });

  it("behavior: an endpoint's key is in no log", async () => {
    const run = await persona(
      "node",
      "start",
      "--config",
      configOf("guardian-1"),
      "--rpc-url",
      `http://127.0.0.1:1/${endpointKey}`,
    );
    expectRefusal(run, "CONFIG_INVALID");
    expect(run.stderr).to.not.contain(endpointKey);
    for (const name of ["worker-1", "guardian-1"])
      expect(readFileSync(join(network.runDir, `logs/${name}.log`), "utf8")).to.contain('"passphraseFile":"<set>"');
  });
});

/** The kernel ends it with who started it, as soon as it comes to it. */
async function untilGone(pid: number): Promise<void> {
  for (const end = Date.now() + 10_000; isAlive(pid) && Date.now() < end; ) await sleep(20);
  expect(isAlive(pid)).to.equal(false);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
