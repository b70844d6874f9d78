import { PersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { createJobLatch } from "../../../node/src/enclave/runtime/worker/jobLatch.ts";
import type { SignedReceipt } from "../../../node/src/enclave/runtime/worker/runJob.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const signed = (): SignedReceipt => ({
  receipt: randomStruct("Receipt", random),
  signature: "0x",
  ciphertext: new Uint8Array(),
  releases: [],
  failure: undefined,
});

describe("createJobLatch", () => {
  it("default: whoever asks, while it runs or after, gets the one receipt", async () => {
    const latch = createJobLatch();
    const jobId = randomHex32(random);
    const receipt = signed();
    const { promise, resolve } = Promise.withResolvers<SignedReceipt>();
    const never = () => Promise.reject(new Error("run twice"));
    const asked = [latch.once(jobId, 1, () => promise), latch.once(jobId, 1, never)];
    resolve(receipt);
    for (const one of await Promise.all([...asked, latch.once(jobId, 1, never)])) expect(one).to.equal(receipt);
  });

  it("error: JOB_NOT_CLAIMED: another attempt of a job that was signed, or runs", async () => {
    const latch = createJobLatch();
    const jobId = randomHex32(random);
    const running = latch.once(jobId, 1, async () => signed());
    await expectError("JOB_NOT_CLAIMED", () => latch.once(jobId, 2, async () => signed()));
    await running;
    await expectError("JOB_NOT_CLAIMED", () => latch.once(jobId, 2, async () => signed()));
    await latch.once(randomHex32(random), 2, async () => signed());
  });

  it("behavior: what signs nothing may be asked again, but an opened share stays opened", async () => {
    const latch = createJobLatch();
    const jobId = randomHex32(random);
    const failing = async (): Promise<SignedReceipt> => {
      latch.open(jobId);
      throw new PersonaError("CHAIN_DISAGREES", "No.");
    };
    await expectError("CHAIN_DISAGREES", () => latch.once(jobId, 1, failing));
    expect(latch.isOpened(jobId)).to.equal(true);
    expect(latch.isOpened(randomHex32(random))).to.equal(false);
    await latch.once(jobId, 1, async () => signed());
  });

  it("behavior: of thousands it forgets the receipts and not the names", async () => {
    const latch = createJobLatch();
    const first = randomHex32(random);
    await latch.once(first, 1, async () => signed());
    for (let i = 0; i < 1_100; i++) await latch.once(randomHex32(random), 1, async () => signed());
    await expectError("JOB_NOT_CLAIMED", () => latch.once(first, 1, async () => signed()));
  });
});
