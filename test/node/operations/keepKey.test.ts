import { nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import type { Context } from "../../../node/src/context.ts";
import { enclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { makeRegistration } from "../../../node/src/enclave/runtime/enclaveIdentity.ts";
import { encodeRegistration, registrationFacts } from "../../../node/src/enclave/runtime/registrationMessage.ts";
import { simulatedEvidence } from "../../../node/src/enclave/runtime/simulatedEvidence.ts";
import { keepKey, renewalIsDue } from "../../../node/src/operations/keepKey.ts";
import { registerTestEnclave } from "../../helpers/testEnclave.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const day = 86_400;

describe("renewalIsDue", () => {
  const key = { state: 1, registeredAt: 0, openUntil: 7 * day };
  const worker = { role: "worker", maxKeyDays: 28 } as const;
  const guardian = { role: "guardian", maxKeyDays: 28 } as const;

  it("default: in the last two days of a worker's key, before it is replaced in the last", () => {
    expect(renewalIsDue(key, worker, 5 * day)).to.equal(false);
    expect(renewalIsDue(key, worker, 5 * day + 1)).to.equal(true);
    expect(renewalIsDue({ ...key, openUntil: 700 }, worker, 501)).to.equal(true);
    expect(renewalIsDue({ ...key, openUntil: 34 * day }, worker, 33 * day)).to.equal(false);
    expect(renewalIsDue({ ...key, openUntil: 29 * day }, worker, 28 * day - 1)).to.equal(true);
    expect(renewalIsDue({ ...key, openUntil: 29 * day }, worker, 28 * day)).to.equal(false);
  });

  it("behavior: a guardian's where a refuted platform has brought its end near, also once it is over", () => {
    const long = { ...key, openUntil: 400 * day };
    expect(renewalIsDue(long, guardian, 300 * day)).to.equal(false);
    expect(renewalIsDue({ ...long, openUntil: 300 * day }, guardian, 300 * day)).to.equal(true);
  });

  it("behavior: never a key that is draining, frozen, destroyed or unknown, nor a worker's that is over", () => {
    for (const state of [0, 2, 3, 4]) expect(renewalIsDue({ ...key, state }, worker, 6 * day)).to.equal(false);
    expect(renewalIsDue(key, worker, 7 * day)).to.equal(false);
  });
});

describe("keepKey", function () {
  this.timeout(60_000);
  let chain: TestChain;
  before(async () => {
    chain = await startTestChain();
  });
  after(() => chain?.close());

  it("default: a key near its end is attested anew, and lives on; what fails is counted and tried again", async () => {
    const client = await chain.fundedClient();
    const { deployment, verifier } = chain;
    const { identity } = await registerTestEnclave(chain, client);
    const signer = identity.account.address;
    const keyOf = () =>
      client.readContract({
        address: deployment.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "enclaveKeyOf",
        args: [signer],
      });
    const before = await keyOf();
    await client.request({
      method: "evm_setNextBlockTimestamp" as never,
      params: [before.openUntil - day - 60] as never,
    });
    await client.request({ method: "evm_mine" as never });

    const evidence = simulatedEvidence(enclaveBundle().measurement);
    const counted: string[] = [];
    const logged: string[] = [];
    const run = async (call: (facts: unknown) => Promise<unknown>) => {
      const stop = new AbortController();
      const log = (fields: { code?: string }, message: string) => void logged.push(fields.code ?? message);
      let openUntil: number | undefined;
      const work = keepKey({
        context: {
          client,
          deployment,
          verifier,
          operator: client.account.address,
          config: { role: "worker", maxKeyDays: 28, quorumUrls: [] },
          log: { info: log, error: log },
        } as unknown as Context,
        duty: {
          signer,
          enclave: { call: (_method: string, facts: unknown) => call(facts), companionsOf: () => undefined },
        },
        onRenewed(until) {
          openUntil = until;
        },
        count(result) {
          counted.push(result);
          if (result === "failed") stop.abort();
        },
        signal: stop.signal,
        checkEveryMs: 10,
      });
      while (openUntil === undefined && !stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
      stop.abort();
      await work;
      return openUntil;
    };

    const failed = await run(() => Promise.reject(new Error("no quote")));
    expect(failed).to.equal(undefined);
    expect((await keyOf()).openUntil).to.equal(before.openUntil);

    const openUntil = await run(async (facts) =>
      encodeRegistration(await makeRegistration(identity, evidence, deployment, registrationFacts.parse(facts))),
    );
    const after = await keyOf();
    expect(after.openUntil)
      .to.equal(openUntil)
      .and.to.be.greaterThan(before.openUntil + 5 * day);
    expect(after.registeredAt).to.equal(before.registeredAt);
    expect(counted).to.deep.equal(["failed", "renewed"]);
    expect(logged).to.deep.equal(["INTERNAL", "the enclave's key is renewed"]);
  });
});
