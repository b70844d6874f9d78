import { connect } from "node:net";
import { decode } from "@ipld/dag-cbor";
import type { BuiltJob } from "@persona-protocol/sdk/compute";
import { expect } from "chai";
import { type GuardianServer, startGuardianServer } from "../../../node/src/access/guardianServer.ts";
import { claimedJob, outcomeOf, post, releaseBody, type Scene, sharedScene } from "../../helpers/guardianScene.ts";
import { registerTestEnclave } from "../../helpers/testEnclave.ts";

/** docs/protocol.md, 4.4: at once, and each second. */
const claim = { burst: 256, perSecond: 8 };
const address = { burst: 2_048, perSecond: 512 };
const log = { burst: 1_024, perSecond: 32 };

describe("a running guardian's limits", function () {
  this.timeout(120_000);
  let scene: Scene;
  let guardian: number;
  before(async () => {
    scene = await sharedScene();
    guardian = scene.network.guardians[0]?.nodeId ?? 0;
  });

  /** Sends the same request until the guardian says that it is too often. */
  async function exhaust(
    job: BuiltJob,
    enclave = scene.worker,
  ): Promise<{ answered: number; seconds: number; data: object }> {
    const body = await releaseBody(scene, job, { guardian, enclave });
    const from = performance.now();
    let answered = 0;
    let data: object | undefined;
    const ask = async () => {
      while (data === undefined && answered < 10 * claim.burst) {
        const { status, body: answer } = await post(scene, "/release", body, guardian);
        if (status === 200) answered += 1;
        else {
          expect(status).to.equal(429);
          const failure = decode(answer) as { code: string; data: object };
          expect(failure.code).to.equal("RATE_LIMITED");
          data = failure.data;
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, ask));
    if (data === undefined) throw new Error(`never too often: ${answered} answers`);
    return { answered, seconds: (performance.now() - from) / 1_000, data };
  }

  it("error: RATE_LIMITED: one claim, and nobody else", async () => {
    const [job, another] = [await claimedJob(scene), await claimedJob(scene)];
    const { answered, seconds, data } = await exhaust(job);
    expect(answered).to.be.at.least(claim.burst);
    expect(answered).to.be.at.most(claim.burst + Math.ceil(seconds * claim.perSecond));
    expect(Number((data as { waitMs?: string }).waitMs)).to.be.within(1, 1_000 / claim.perSecond);
    expect(await outcomeOf(scene, another, { guardian }), "another claim").to.equal("RELEASED");
    const second = scene.network.guardians[1]?.nodeId ?? 0;
    expect(await outcomeOf(scene, job, { guardian: second }), "the same claim elsewhere").to.equal("RELEASED");
  });

  it("behavior: a node that asks about another's claim uses up what is its own", async () => {
    const job = await claimedJob(scene);
    const other = await registerTestEnclave(scene.network, await scene.network.fundedClient());
    const { answered } = await exhaust(job, other);
    expect(answered).to.be.at.least(claim.burst);
    expect(await outcomeOf(scene, job, { guardian }), "whose claim it is").to.equal("RELEASED");
  });
});

describe("a guardian server's limit of one address", () => {
  let server: GuardianServer;
  const codes: string[] = [];
  let asked = 0;
  before(async () => {
    server = await startGuardianServer({
      host: "127.0.0.1",
      port: 0,
      log: { warn: ({ code }: { code: string }) => codes.push(code) } as unknown as Parameters<
        typeof startGuardianServer
      >[0]["log"],
      routes: {
        key: () => ({ nodeId: 1, signer: "0x", kemKey: new Uint8Array(1) }),
        release: async (body) => {
          asked += 1;
          return body;
        },
        deposit: async () => {},
        revoke: async () => {},
        log: async () => new Uint8Array(),
      },
    });
  });
  after(() => server.close());

  it("error: RATE_LIMITED, before anything of the body is read; another address is served", async () => {
    const from = performance.now();
    const socket = connect({ port: server.port, host: "127.0.0.1", localAddress: "127.0.0.3" });
    // What is still on its way when the server has heard enough.
    socket.on("error", () => {}).resume();
    const request = "POST /release HTTP/1.1\r\nhost: g\r\ncontent-length: 1\r\n\r\na";
    const sent = 4 * address.burst;
    socket.write(request.repeat(sent));
    await new Promise((resolve) => socket.once("close", resolve));
    const seconds = (performance.now() - from) / 1_000;
    expect(asked).to.be.at.least(address.burst);
    expect(asked).to.be.at.most(Math.min(sent - 1, address.burst + Math.ceil(seconds * address.perSecond)));
    expect(codes, "one line, however many there were").to.deep.equal(["RATE_LIMITED"]);

    const origin = `http://127.0.0.1:${server.port}`;
    expect((await fetch(`${origin}/release`, { method: "POST", body: "x" })).status).to.equal(200);
    expect((await fetch(`${origin}/key`)).status).to.equal(200);
  });

  it("error: RATE_LIMITED: questions for a log, sooner than other requests", async () => {
    const from = performance.now();
    const origin = `http://127.0.0.1:${server.port}`;
    let shown = 0;
    // One after the other: a limit of what is under way at once is another thing.
    while (shown < 2 * log.burst && (await fetch(`${origin}/log?q=0x00`)).status === 200) shown += 1;
    const seconds = (performance.now() - from) / 1_000;
    expect(shown).to.be.within(log.burst, log.burst + Math.ceil(seconds * log.perSecond));
    expect((await fetch(`${origin}/release`, { method: "POST", body: "x" })).status).to.equal(200);
  });
});
