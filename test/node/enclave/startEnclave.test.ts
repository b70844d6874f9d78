import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeStruct, encodeStruct, typedData } from "@persona-protocol/sdk/contracts";
import { deriveKemKeyPair, keyIdOf } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { bytesToHex, type Hex, recoverTypedDataAddress } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { allGone, commandOf, descendantsOf, enclaveIn } from "../../../node/src/dev/processTree.ts";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { detectIsolation } from "../../../node/src/enclave/runtime/isolation.ts";
import { bundleIndex, bundleMains, readBundle } from "../../../node/src/enclave/runtime/measuredBundle.ts";
import { canSealEnclave } from "../../../node/src/enclave/runtime/sealedProcess.ts";
import {
  connectEnclave,
  type EnclaveProcess,
  type EnclaveRole,
  startEnclave,
} from "../../../node/src/enclave/startEnclave.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const isolation = detectIsolation();
const bundle = enclaveBundle();
const deployment = { ...randomDeployment(random), chainId: 31_337 };
const plain = { ...deployment, fromBlock: "0" };
const facts = { operator: deployment.jobMarket, keyClass: 2, blockNumber: 5, blockHash: randomHex32(random) };

/** A host whose chain never answers: what is tested here needs none. */
const noChain = {
  rpc: async () => {
    throw new PersonaError("CHAIN_UNREACHABLE", "there is no chain in this test");
  },
};

/** Every process started here; those still running are ended when the file is done. */
const running: EnclaveProcess[] = [];
function start(role: EnclaveRole, log: string[] = []): EnclaveProcess {
  const enclave = startEnclave({ role, isolation, methods: noChain, log: (line) => log.push(line) });
  running.push(enclave);
  return enclave;
}
const startParams = (role: EnclaveRole) =>
  role === "guardian" ? { deployment: plain, sealed: null } : { deployment: plain };
const call = async (enclave: EnclaveProcess, method: string, params: unknown) =>
  (await enclave.call(method, params, { timeoutMs: 15_000 })) as Record<string, Uint8Array & Hex>;

for (const role of ["guardian", "worker"] as const) {
  describe(`startEnclave: ${role}`, function () {
    this.timeout(30_000);
    const log: string[] = [];
    let enclave: EnclaveProcess;
    let started: Record<string, Uint8Array & Hex>;
    before(async () => {
      enclave = start(role, log);
      await expectError("ENCLAVE_FAILED", () => enclave.call("register", facts));
      started = await call(enclave, "start", startParams(role));
    });
    after(() => enclave?.stop());

    it("default: says its public keys and registers with a signature of its own", async () => {
      const { signer, kemKey } = started;
      expect(kemKey).to.have.lengthOf(1_216);
      const { binding, signature } = await call(enclave, "register", facts);
      const bound = decodeStruct("EnclaveBinding", binding as Uint8Array);
      expect(bound).to.include({ signer, operator: facts.operator, registry: deployment.nodeRegistry, keyClass: 2 });
      const digest = typedData.enclaveBinding(deployment, bound);
      const recovered = await recoverTypedDataAddress({ ...digest, signature: bytesToHex(signature as Uint8Array) });
      expect(recovered).to.equal(signer);
    });

    it("behavior: no environment, and no network but its own empty one", () => {
      const pids = [enclave.pid, ...descendantsOf(enclave.pid)];
      for (const pid of pids) {
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
        expect(environment, commandOf(pid).join(" ")).not.to.match(/HOME=|PERSONA|NODE_|PATH=(?!\/usr\/bin:\/bin\0)/);
      }
      expect(readFileSync(`/proc/${enclave.pid}/environ`, "utf8")).to.equal("");
      if (isolation === "none") return;
      for (const pid of pids) {
        expect(readlinkSync(`/proc/${pid}/ns/net`)).not.to.equal(readlinkSync("/proc/self/ns/net"));
        const devices = readFileSync(`/proc/${pid}/net/dev`, "utf8").matchAll(/^\s*(\S+):/gm);
        expect([...devices].map(([, name]) => name)).to.deep.equal(["lo"]);
        expect(readFileSync(`/proc/${pid}/net/tcp`, "utf8").trim().split("\n")).to.have.lengthOf(1);
      }
    });

    it("behavior: a root with nothing in it but its code, Node and libraries, and nothing that can be written", function () {
      if (isolation !== "sealed" || !canSealEnclave()) return this.skip();
      const root = `/proc/${enclaveIn(enclave.pid)}/root`;
      const all = readdirSync(root).flatMap((name) => (name === "proc" ? [] : filesBelow(`${root}/${name}`)));
      const own = Object.keys(readBundle(bundle.folder).files).filter(
        (file) => role === "worker" || file === bundleMains.guardian,
      );
      const code = [bundleIndex, ...own].map((file) => join(bundle.folder, file));
      const unexpected = all
        .map((path) => path.slice(root.length))
        .filter((path) => !code.includes(path) && path !== process.execPath && !/^\/(usr\/)?lib(64)?\//.test(path));
      expect(unexpected).to.deep.equal(role === "worker" ? ["/dev/null", "/usr/bin/perl"] : []);
      expect(existsSync(`${root}/proc`)).to.equal(role === "worker");
      const mounts = readFileSync(`/proc/${enclaveIn(enclave.pid)}/mounts`, "utf8")
        .trim()
        .split("\n");
      const writable = mounts
        .map((line) => line.split(" "))
        .filter(([, , , how = ""]) => !how.split(",").includes("ro"));
      expect(writable.map(([, at]) => at).sort()).to.deep.equal(role === "worker" ? ["/dev/null", "/proc"] : []);
      // The other capabilities and identity of a process that could change any of it.
      const status = readFileSync(`/proc/${enclaveIn(enclave.pid)}/status`, "utf8");
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        expect(status).to.match(new RegExp(`^${set}:\\s+0+$`, "m"));
      expect(status).to.match(/^NoNewPrivs:\s+1$/m);
    });

    it("behavior: under its own flags nothing but its code is read, and nothing written or started", async () => {
      const parent = join(repositoryRoot, ".run");
      await mkdir(parent, { recursive: true });
      const runDir = await mkdtemp(join(parent, "enclave-test-"));
      const path = (file: string) => JSON.stringify(file);
      try {
        await writeFile(join(runDir, "passphrase"), "secret");
        const got = underFlagsOf(enclave.pid, [
          [`fs.readFileSync("/etc/passwd")`, "ERR_ACCESS_DENIED"],
          [`fs.readFileSync(${path(join(runDir, "passphrase"))})`, "ERR_ACCESS_DENIED"],
          [`fs.readdirSync(${path(parent)})`, "ERR_ACCESS_DENIED"],
          [`fs.readFileSync("/proc/self/environ")`, "ERR_ACCESS_DENIED"],
          [`fs.readFileSync(${path(join(repositoryRoot, "node/src/config/nodeConfig.ts"))})`, "ERR_ACCESS_DENIED"],
          [`fs.writeFileSync("/tmp/persona-enclave", "x")`, "ERR_ACCESS_DENIED"],
          [`fs.writeFileSync("/dev/shm/persona-enclave", "x")`, "ERR_ACCESS_DENIED"],
          [`new (require("node:worker_threads").Worker)("1", { eval: true })`, "ERR_ACCESS_DENIED"],
          [`process.dlopen({ exports: {} }, "x.node")`, "ERR_DLOPEN_DISABLED"],
          [`fs.readFileSync(${path(join(repositoryRoot, "sdk/src/errors/index.ts"))})`, "ERR_ACCESS_DENIED"],
          [`fs.readFileSync(${path(join(repositoryRoot, "node_modules/viem/package.json"))})`, "ERR_ACCESS_DENIED"],
          [`fs.readdirSync(${path(bundle.folder)})`, "ERR_ACCESS_DENIED"],
          [`fs.readFileSync(${path(join(bundle.folder, "bundle.json"))})`, "none"],
          // The supervisor starts sandboxes; a guardian starts nothing.
          [`require("node:child_process").spawnSync("true")`, role === "guardian" ? "ERR_ACCESS_DENIED" : "none"],
        ]);
        for (const { probe, code, wanted } of got) expect(code, probe).to.equal(wanted);
      } finally {
        await rm(runDir, { recursive: true });
      }
    });

    it("behavior: no answer or log line holds a private key", async () => {
      const answers = [started, await call(enclave, "register", facts)];
      const params = encodeStruct("JobParams", randomStruct("JobParams", random));
      for (const method of ["register", "run", "serve", "deposit", "release", "identity", "constructor"]) {
        for (const value of [null, {}, new Uint8Array(40), { params, attempt: 0 }]) {
          const answer = call(enclave, method, value);
          answers.push(await answer.catch((error: unknown) => ({ error: JSON.stringify(error) }) as never));
        }
      }
      // The sealed keys open on this platform alone; in the simulation anybody could open them, so they stay out of this.
      const values = answers.flatMap(({ sealed: _, ...rest }) => Object.values(rest));
      const texts = [...log, ...values.filter((value) => value !== started["kemKey"])];
      const candidates = [...new Set(texts.flatMap((text) => windowsOf(text)))];
      expect(candidates.length).to.be.greaterThan(300);
      for (const candidate of candidates) expect(addressOf(candidate)).not.to.equal(started["signer"]);
      for (const seed of candidates) {
        const { publicKey } = await deriveKemKeyPair(Buffer.from(seed.slice(2), "hex"));
        expect(keyIdOf(publicKey)).not.to.equal(keyIdOf(started["kemKey"] ?? new Uint8Array()));
      }
    }).timeout(120_000); // Some hundred key pairs.

    it("error: bad parameters are refused, and it goes on", async () => {
      const bad = [null, [], {}, { deployment: null }, { ...startParams(role), more: 1 }];
      const deployments = [
        { ...plain, jobMarket: "0x12" },
        { ...plain, chainId: 0 },
        { ...plain, fromBlock: "-1" },
      ];
      for (const params of [...bad, ...deployments.map((one) => ({ ...startParams(role), deployment: one }))]) {
        await expectError("INTERNAL", () => enclave.call("start", params));
      }
      await expectError("REQUEST_INVALID", () => enclave.call("exportKeys", null));
      expect(await call(enclave, "register", facts)).to.have.property("evidence");
    });
  });
}

describe("startEnclave", function () {
  this.timeout(30_000);
  after(() => Promise.all(running.splice(0).map((enclave) => enclave.stop())));

  it("behavior: a guardian comes back from its sealed keys, not from changed ones, and ends when asked", async () => {
    const enclave = start("guardian");
    const first = await call(enclave, "start", startParams("guardian"));
    const pids = [enclave.pid, ...descendantsOf(enclave.pid)];
    await enclave.stop();
    await allGone(pids);

    const sealed = first["sealed"] as Uint8Array;
    const second = start("guardian");
    const changed = Uint8Array.from(sealed);
    changed[20] = (changed[20] ?? 0) ^ 1;
    for (const bad of [changed, sealed.subarray(1), new Uint8Array(), sealed.subarray(0, 10)]) {
      await expectError("SEALED_BOX_INVALID", () => second.call("start", { deployment: plain, sealed: bad }));
    }
    const again = await call(second, "start", { deployment: plain, sealed });
    expect([again["signer"], again["kemKey"]]).to.deep.equal([first["signer"], first["kemKey"]]);
  });

  it("behavior: at a socket the newest host is served, with the keys and the deployment of before", async () => {
    const folder = await mkdtemp(join(tmpdir(), "persona-socket-"));
    const socket = join(folder, "enclave.sock");
    const enclave = startEnclave({ role: "worker", isolation, socket, methods: noChain, log: () => {} });
    try {
      await expectError("ENCLAVE_FAILED", () => connectEnclave(join(folder, "nobody.sock"), noChain));
      while (!existsSync(socket)) await sleep(20);
      const first = await connectEnclave(socket, noChain);
      const keys = (await first.call("start", startParams("worker"))) as Record<string, unknown>;
      const second = await connectEnclave(socket, noChain);
      expect(((await second.call("start", startParams("worker"))) as typeof keys)["signer"]).to.equal(keys["signer"]);
      await first.ended;
      await expectError("ENCLAVE_FAILED", () => first.call("register", facts));
      const other = { ...plain, jobMarket: plain.nodeRegistry };
      await expectError("DEPLOYMENT_UNKNOWN", () => second.call("start", { deployment: other }));
      // Its host's end is not its own.
      await second.stop();
      const third = await connectEnclave(socket, noChain);
      expect(((await third.call("start", startParams("worker"))) as typeof keys)["signer"]).to.equal(keys["signer"]);
    } finally {
      await enclave.stop();
      await rm(folder, { recursive: true });
    }
    expect(await enclave.ended).to.equal("exit code 0");
  });

  it("error: DEPLOYMENT_UNKNOWN: contracts, or unproved reads, that a host names on a chain that is not local", async () => {
    for (const role of ["worker", "guardian"] as const) {
      const enclave = start(role);
      const params = { ...startParams(role), deployment: { ...plain, chainId: 1 } };
      await expectError("DEPLOYMENT_UNKNOWN", () => enclave.call("start", params));
    }
  });

  for (const how of ["stopped", "killed"] as const) {
    it(`behavior: a supervisor that is ${how} takes its sandboxes with it`, async () => {
      const enclave = start("worker");
      await call(enclave, "start", startParams("worker"));
      const isSandbox = (pid: number) =>
        commandOf(pid)[0] === process.execPath && commandOf(pid).some((part) => part.endsWith("sandbox.cjs"));
      while (!descendantsOf(enclave.pid).some(isSandbox)) await sleep(20);
      const pids = descendantsOf(enclave.pid);
      if (how === "killed") process.kill(enclave.pid, "SIGKILL");
      else await enclave.stop();
      expect(await enclave.ended).to.equal(how === "killed" ? "SIGKILL" : "exit code 0");
      await allGone(pids);
    });
  }
});

function filesBelow(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesBelow(`${path}/${name}`));
}

type Probe = readonly [code: string, wanted: string];

/** Runs each line of code under the very flags of a running enclave, and tells the code of the error it met. */
function underFlagsOf(pid: number, probes: readonly Probe[]): { probe: string; code: string; wanted: string }[] {
  const [node = "", ...args] = commandOf(enclaveIn(pid));
  const main = args.findIndex((part) => !part.startsWith("--") && part.endsWith(".mjs"));
  const flags = args.slice(0, main);
  expect(flags).to.include("--permission");
  const lines = probes.map(
    ([probe]) => `try { ${probe}; out.push("none") } catch (error) { out.push(error.code ?? error.name) }`,
  );
  const script = `const fs = require("node:fs"); const out = []; ${lines.join("\n")} process.stdout.write(JSON.stringify(out))`;
  const { stdout, stderr } = spawnSync(node, [...flags, "-e", script], { env: {}, encoding: "utf8" });
  expect(stdout, stderr).not.to.equal("");
  const codes = JSON.parse(stdout) as string[];
  return probes.map(([probe, wanted], i) => ({ probe, wanted, code: codes[i] ?? "missing" }));
}

/** Every 32 bytes in a row, as hex: of bytes, and of hex inside a text. */
function windowsOf(value: unknown): Hex[] {
  if (typeof value === "string")
    return [...value.matchAll(/[0-9a-f]{64,}/gi)].flatMap(([hex]) => windowsOf(Buffer.from(hex, "hex")));
  if (!(value instanceof Uint8Array)) return [];
  return Array.from({ length: Math.max(0, value.length - 31) }, (_, at) => bytesToHex(value.subarray(at, at + 32)));
}

function addressOf(candidate: Hex): string | undefined {
  try {
    return privateKeyToAddress(candidate);
  } catch {
    return undefined; // Zero, or beyond the curve's order: no key.
  }
}
