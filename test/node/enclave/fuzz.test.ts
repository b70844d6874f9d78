import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decode, encode } from "@ipld/dag-cbor";
import { encodeLogQuery } from "@persona-protocol/sdk/access";
import { encodeStruct } from "@persona-protocol/sdk/contracts";
import { errorTable } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { hexToBytes } from "viem";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { detectIsolation } from "../../../node/src/enclave/runtime/isolation.ts";
import { peerVersion } from "../../../node/src/enclave/runtime/peer.ts";
import { simulatedEvidence } from "../../../node/src/enclave/runtime/simulatedEvidence.ts";
import { connectEnclave, type EnclaveProcess, startEnclave } from "../../../node/src/enclave/startEnclave.ts";
import { createRandom, mutate, type Random, testSeed } from "../../helpers/random.ts";
import { randomDeployment, randomHex32, randomStruct } from "../../helpers/structs.ts";

const seed = testSeed();
const runs = Number(process.env["PERSONA_FUZZ_RUNS"] ?? 2_000);
/** What lies beyond is a hang: the slowest good answer takes some milliseconds. */
const maxMs = 20_000;
/** An answer of its own may be told once more, which is more than all failures together are long. */
const maxGrowthMb = 300;

for (const role of ["worker", "guardian"] as const) {
  const amount = Math.ceil(runs / 2);
  describe(`a ${role}'s enclave under changed messages (PERSONA_SEED=${seed})`, function () {
    this.timeout(120_000 + runs * 40);
    const random = createRandom(seed + (role === "worker" ? 0 : 1));
    const deployment = { ...randomDeployment(random), chainId: 31_337, fromBlock: "0" };
    const log: string[] = [];
    let folder: string;
    let path: string;
    let enclave: EnclaveProcess;
    let secrets: Buffer[] = [];
    let keys: Record<string, unknown>;

    const start = async (): Promise<Record<string, unknown>> => {
      const host = await connectEnclave(path, {});
      const params = role === "worker" ? { deployment } : { deployment, sealed: null };
      const answer = await host.call("start", params, { timeoutMs: maxMs });
      await host.stop();
      return answer as Record<string, unknown>;
    };

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "persona-door-"));
      path = join(folder, "enclave.sock");
      enclave = startEnclave({
        role,
        isolation: detectIsolation(),
        socket: path,
        methods: {},
        log: (line) => log.push(line),
      });
      for (let tries = 0; ; tries++) {
        try {
          keys = await start();
          break;
        } catch (error) {
          if (tries > 500) throw error;
          await sleep(20); // It does not listen yet.
        }
      }
      if (role === "guardian") {
        // The simulated platform opens for anybody what it has sealed: so the test knows what must not be seen.
        const evidence = simulatedEvidence(enclaveBundle().measurement);
        const secret = Buffer.from(await evidence.unseal(keys["sealed"] as Uint8Array));
        secrets = [secret.subarray(0, 16), secret.subarray(16, 32), secret.subarray(32, 48), secret.subarray(48)];
      }
    });
    after(async () => {
      await enclave?.stop();
      await rm(folder, { recursive: true });
    });

    it(`behavior: ${amount} of them end in a code of the table or the end of the line: nothing is told, nothing grows`, async () => {
      const before = residentMb(enclave.pid);
      const outcomes = new Map<string, number>();
      for (let run = 0; run < amount; run++) {
        const from = performance.now();
        const answers = await say(path, hostileMessage(random, deployment));
        const took = performance.now() - from;
        expect(took, `run ${run}`).to.be.lessThan(maxMs);
        for (const bytes of answers) {
          for (const secret of secrets) {
            expect(bytes.includes(secret), `run ${run}: a key`).to.equal(false);
            expect(bytes.includes(secret.toString("hex")), `run ${run}: a key in hex`).to.equal(false);
          }
          const outcome = outcomeOf(bytes);
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
        if (answers.length === 0) outcomes.set("end", (outcomes.get("end") ?? 0) + 1);
      }
      const known = [...outcomes.keys()].filter((name) => name !== "end" && name !== "value" && name !== "call");
      for (const code of known) expect(errorTable, JSON.stringify(Object.fromEntries(outcomes))).to.have.property(code);
      // Mutations that all fail in the same place would say nothing of the others.
      expect([...outcomes.keys()]).to.include.members(["end", "INTERNAL", "REQUEST_INVALID"]);
      expect(residentMb(enclave.pid) - before, "MB more").to.be.lessThan(maxGrowthMb);
      for (const secret of secrets) expect(log.join("\n").includes(secret.toString("hex"))).to.equal(false);
    });

    it("behavior: it still serves, with the same keys", async () => {
      const again = await start();
      expect([again["signer"], again["kemKey"]]).to.deep.equal([keys["signer"], keys["kemKey"]]);
    });
  });
}

const methods = [
  ...["start", "register", "run", "restore", "serve", "deposit", "reseal", "release", "revoke", "sweep", "logHead"],
  ...["handOver", "pass", "take"],
];

/** One to four frames: some whose every byte may be changed, some that are read to the end and mean something else. */
function hostileMessage(random: Random, deployment: object): Uint8Array[] {
  const kind = random.integer(5);
  const message = goodMessage(random, deployment);
  if (kind === 0) return [mutate(frame(encode(message)), random)];
  if (kind === 1) return [frame(mutate(encode(message), random))];
  if (kind === 2) {
    // An answer to a question that was not asked, or to one of the next.
    const value = random.integer(2) === 0 ? { value: anything(random, 3) } : { error: anything(random, 3) };
    return [frame(encode({ id: random.integer(5), ...value })), frame(encode(message))];
  }
  if (kind === 3) return [frame(encode({ ...message, params: anything(random, 3) }))];
  return Array.from({ length: 1 + random.integer(4) }, () => frame(encode(changedInside(message, random))));
}

function goodMessage(random: Random, deployment: object): { id: number; method: string; params: unknown } {
  const id = random.integer(1_000);
  const method = methods[random.integer(methods.length)] as string;
  const bytes = encodeStruct("JobParams", randomStruct("JobParams", random));
  const digest = randomHex32(random);
  const signer = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0";
  const target = { nodeId: 1, confirmations: 0, endpoints: 1, signer, kemKey: hexToBytes(digest) };
  const params: Record<string, unknown> = {
    start: { deployment, sealed: bytes },
    register: {
      operator: signer,
      keyClass: 1,
      blockNumber: 5,
      blockHash: digest,
    },
    run: { jobId: digest, params: bytes, attempt: 1 },
    restore: [bytes],
    serve: { nodeId: 1, confirmations: 0, endpoints: 1, log: { size: 0, peaks: [] } },
    reseal: { ...target, deposit: bytes },
    handOver: target,
    pass: { ...target, keys: signer, box: bytes },
    take: { nodeId: 1, confirmations: 0, endpoints: 1, keys: signer, box: bytes },
    sweep: { datasetIds: [digest] },
    logHead: encodeLogQuery({
      ...{ datasetId: digest, guardian: 1, from: 0, limit: 9, since: 0, issuedAt: 5 },
      signature: `0x${"11".repeat(65)}`,
    }),
  };
  return { id, method, params: params[method] ?? bytes };
}

/** Changes one thing inside, so that the frame can still be read. */
function changedInside<value extends object>(message: value, random: Random): value {
  const change = (value: unknown, depth: number): unknown => {
    if (random.integer(3 + depth) === 0) return anything(random, 2);
    if (value instanceof Uint8Array) return value.length === 0 ? value : mutate(value, random);
    if (Array.isArray(value)) return value.map((one) => change(one, depth + 1));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, random.integer(2) === 0 ? one : change(one, depth + 1)]),
    );
  };
  return { ...message, params: change((message as { params?: unknown }).params, 0) };
}

function anything(random: Random, depth: number): unknown {
  const few = () => Array.from({ length: random.integer(4) }, () => anything(random, depth - 1));
  const kinds: (() => unknown)[] = [
    () => null,
    () => random.integer(2 ** 31) - 2 ** 30,
    () => 2n ** 63n,
    () => 1.5e300,
    () => "\u{1f600}".repeat(random.integer(40)),
    () => "__proto__",
    () => randomHex32(random),
    () => hexToBytes(randomHex32(random)).subarray(0, random.integer(33)),
    () => new Uint8Array(random.integer(5_000)),
    () => random.integer(2) === 0,
  ];
  if (depth > 0) kinds.push(few, () => Object.fromEntries(few().map((value, i) => [`${"abc"[i]}`, value])));
  return (kinds[random.integer(kinds.length)] as () => unknown)();
}

function frame(body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.writeUInt32BE(1 + body.length);
  bytes[4] = peerVersion;
  bytes.set(body, 5);
  return bytes;
}

/**
 * Says it, and hears until the enclave has answered each call or has ended the line. What it asks meanwhile is answered with
 * nonsense.
 * @returns the bodies of all frames that came
 */
async function say(path: string, frames: readonly Uint8Array[]): Promise<Buffer[]> {
  const socket = connect(path);
  socket.on("error", () => {}); // It may end first.
  await once(socket, "connect");
  const heard: Buffer[] = [];
  let rest = Buffer.alloc(0);
  let waiting = frames.length;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const body = rest.subarray(5, 4 + rest.readUInt32BE());
      rest = rest.subarray(4 + rest.readUInt32BE());
      heard.push(Buffer.from(body));
      if (!answerNonsense(socket, body)) waiting -= 1;
      if (waiting === 0) socket.end();
    }
  });
  for (const bytes of frames) if (socket.writable) socket.write(bytes);
  // Cut off, or with an answer for a call: then nothing comes back, and the end of our side is what ends it.
  if (frames.some((bytes) => !asksWhole(bytes))) socket.end();
  const timer = setTimeout(() => socket.destroy(), maxMs);
  await closed;
  clearTimeout(timer);
  return heard;
}

function answerNonsense(socket: Socket, body: Uint8Array): boolean {
  const message = decode<{ id: number; method?: string }>(body);
  if (message.method === undefined) return false;
  if (socket.writable)
    socket.write(frame(encode({ id: message.id, value: message.method === "rpc" ? '{"hash":"0x12"}' : null })));
  return true;
}

/** A frame that the enclave can read to its end, and that asks something. */
function asksWhole(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 5 || view.getUint32(0) !== bytes.length - 4 || bytes[4] !== peerVersion) return false;
  try {
    const message: unknown = decode(bytes.subarray(5));
    return typeof message === "object" && message !== null && "method" in message;
  } catch {
    return false;
  }
}

/** `value`, `call`, or the code of a failure. */
function outcomeOf(body: Uint8Array): string {
  const message = decode<{ method?: string; error?: { code: string } }>(body);
  if (message.method !== undefined) return "call";
  return message.error === undefined ? "value" : message.error.code;
}

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1_024;
}
