import {
  answerRecovery,
  cancelCustody,
  checkRecoveryPacket,
  concludeCustody,
  decodeRecoveryAnswer,
  decodeRecoveryPlan,
  finishRecovery,
  makeRecoveryPlan,
  planOnChain,
  type RecoveryChain,
  recoveryPlanHash,
  recoveryTypedData,
  requestRecovery,
  requireRipeRecovery,
  sendRecoveryVeto,
  setCustody,
  signRecoveryVeto,
  vetoRecovery,
} from "@persona-protocol/sdk/access";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { type KemKeyPair, keyIdOf, randomBytes, seal } from "@persona-protocol/sdk/crypto";
import { decodeCbor, encodeCbor, generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import fc from "fast-check";
import { type Address, type PrivateKeyAccount, zeroAddress } from "viem";
import { z } from "zod";
import { recoveryShareInfo } from "../../../sdk/src/access/recoveryPlan.ts";
import { expectError } from "../../helpers/errors.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const { seed, fuzz } = createFuzz(150);
const day = 86_400;
const delay = 3 * day;

type Person = { readonly client: ChainClient; readonly account: PrivateKeyAccount; readonly keys: KemKeyPair };
type Plan = Awaited<ReturnType<typeof makeRecoveryPlan>>;

describe("recovery by people", function () {
  this.timeout(60_000);
  let network: TestChain;
  let owner: ChainClient;
  let people: Person[];
  let device: KemKeyPair;
  let rootKey: Uint8Array;
  let plan: Plan;
  /** Every test that needs its own clock starts from here. */
  let snapshot: unknown;

  before(async () => {
    network = await startTestChain();
    people = await createPeople(3);
    device = await ownerKemKeyPair(generateOwnerRootKey());
    owner = await network.fundedClient();
    rootKey = generateOwnerRootKey();
    plan = await makePlan();
    await setCustody(context(owner), { ...plan, secondWallet: zeroAddress, delay });
  });
  after(() => network?.close());
  beforeEach(async () => {
    snapshot = await rpc("evm_snapshot", []);
  });
  afterEach(async () => {
    await rpc("evm_revert", [snapshot]);
  });

  const rpc = (method: string, params: unknown[]) =>
    (network.governor.request as (call: { method: string; params: unknown[] }) => Promise<unknown>)({ method, params });
  async function passTime(seconds: number): Promise<void> {
    await rpc("evm_increaseTime", [seconds]);
    await rpc("evm_mine", []);
  }
  const context = (client: ChainClient) => ({ client, deployment: network.deployment });
  async function createPerson(): Promise<Person> {
    const client = await network.fundedClient();
    return {
      client,
      account: client.account as PrivateKeyAccount,
      keys: await ownerKemKeyPair(generateOwnerRootKey()),
    };
  }
  /** One after the other: all are paid from one account. */
  async function createPeople(count: number): Promise<Person[]> {
    const made: Person[] = [];
    while (made.length < count) made.push(await createPerson());
    return made;
  }
  const makePlan = (choice: Partial<makeRecoveryPlan.Parameters> = {}) =>
    makeRecoveryPlan({
      chainId: network.deployment.chainId,
      ownerKeys: network.deployment.ownerKeys,
      owner: owner.account.address,
      rootKey,
      threshold: 2,
      people: people.map(({ account, keys }) => ({ address: account.address, publicKey: keys.publicKey })),
      ...choice,
    });
  const chainOf = (choice: Partial<RecoveryChain> = {}): RecoveryChain => ({
    clients: [network.governor],
    deployment: network.deployment,
    confirmations: 0n,
    now: undefined,
    ...choice,
  });
  const person = (at: number): Person => people[at] ?? (people[0] as Person);
  const ask = (at = 0, deviceKeyId = keyIdOf(device.publicKey)) =>
    requestRecovery(context(person(at).client), { owner: owner.account.address, plan: plan.onChain, deviceKeyId });
  const answer = (at: number, choice: Partial<answerRecovery.Parameters> = {}, chain: Partial<RecoveryChain> = {}) =>
    answerRecovery(chainOf(chain), {
      packet: plan.packets[at] ?? new Uint8Array(),
      keyPair: person(at).keys,
      account: person(at).account,
      requester: person(0).account.address,
      devicePublicKey: device.publicKey,
      ...choice,
    });
  const finish = (answers: readonly Uint8Array[], choice: Partial<finishRecovery.Parameters> = {}) =>
    finishRecovery({ planHash: plan.planHash, answers, device, requester: person(0).account.address, ...choice });

  it("default: two of three people give the root key to the new device, and to no other", async () => {
    await ask();
    await passTime(delay);
    const answers = [await answer(1), await answer(2)];
    const recovered = await finish(answers);
    expect(recovered.rootKey).to.deep.equal(rootKey);
    expect(recovered.liars).to.deep.equal([]);
    const other = await ownerKemKeyPair(generateOwnerRootKey());
    await expectError("SHARES_INSUFFICIENT", () => finish(answers, { device: other }));
  });

  it("error: not asked for, too early, vetoed, expired, void: no share", async () => {
    await expectError("RECOVERY_REFUSED", () => answer(1));
    const { ripeAt } = await ask();
    const early = await expectError("RECOVERY_TOO_EARLY", () => answer(1));
    expect(early.data).to.include({ ripeAt });
    await passTime(delay);
    await answer(1);
    await passTime(30 * day);
    await expectError("RECOVERY_REFUSED", () => answer(1));

    await ask(1);
    await passTime(delay);
    await vetoRecovery(context(owner), { owner: owner.account.address, requester: person(1).account.address });
    await expectError("RECOVERY_REFUSED", () => answer(1, { requester: person(1).account.address }));

    await ask(2);
    await setCustody(context(owner), { ...plan, secondWallet: zeroAddress, delay });
    await passTime(delay);
    await answer(1, { requester: person(2).account.address });
    await concludeCustody(context(owner), owner.account.address);
    await expectError("RECOVERY_REFUSED", () => answer(1, { requester: person(2).account.address }));
  });

  it("error: another device, another requester, another person's packet or account", async () => {
    await ask();
    await passTime(delay);
    const other = await ownerKemKeyPair(generateOwnerRootKey());
    await expectError("RECOVERY_REFUSED", () => answer(1, { devicePublicKey: other.publicKey }));
    await expectError("RECOVERY_REFUSED", () => answer(1, { requester: person(1).account.address }));
    await expectError("RECOVERY_REFUSED", () => answer(1, { account: person(2).account }));
    await expectError("SEALED_BOX_INVALID", () => answer(1, { keyPair: person(2).keys }));
  });

  it("error: a plan that the chain does not name any more, or that is of another chain or contract", async () => {
    await ask();
    await passTime(delay);
    const old = await makePlan();
    await expectError("RECOVERY_REFUSED", () => answer(1, { packet: old.packets[1] ?? new Uint8Array() }));
    for (const choice of [{ chainId: 1 }, { ownerKeys: network.deployment.jobMarket }]) {
      const elsewhere = await makePlan(choice);
      await expectError("RECOVERY_REFUSED", () => answer(1, { packet: elsewhere.packets[1] ?? new Uint8Array() }));
    }
  });

  it("error: an endpoint that runs ahead of the clock, and two that do not agree", async () => {
    const { ripeAt, requestedAt } = await ask();
    await passTime(delay);
    await answer(1, {}, { now: ripeAt });
    await expectError("RECOVERY_TOO_EARLY", () => answer(1, {}, { now: requestedAt + 1 }));

    const { governor } = network;
    const lying: RecoveryChain["clients"][number] = {
      getBlock: governor.getBlock,
      readContract: (async (call: Parameters<typeof governor.readContract>[0]) => {
        const said = await governor.readContract(call);
        return call.functionName === "recoveryOf" ? { ...(said as object), deviceKeyId: `0x${"ee".repeat(32)}` } : said;
      }) as typeof governor.readContract,
    };
    await expectError("CHAIN_DISAGREES", () => answer(1, {}, { clients: [governor, lying] }));
    await answer(1, {}, { clients: [governor, governor] });
  });

  it("behavior: the request must stand at the confirmed block, too", async () => {
    await ask();
    await passTime(delay);
    await answer(1, {}, { confirmations: 1n }).then(
      () => expect.fail("the block before is too early"),
      (error: { code: string }) => expect(error.code).to.equal("RECOVERY_TOO_EARLY"),
    );
    await passTime(1);
    await answer(1, {}, { confirmations: 1n });
  });

  it("behavior: a lying person is named by its own signature, and the others suffice", async () => {
    await ask();
    await passTime(delay);
    const good = [await answer(0), await answer(2)];
    const liar = person(1);
    // A person that runs other code: it seals a share of its own, and signs that.
    const own = decodeRecoveryAnswer(await answer(1));
    const forged = await resign(own, randomBytes(33), liar);
    const found = await finish([...good, forged]);
    expect(found.rootKey).to.deep.equal(rootKey);
    expect(found.liars).to.deep.equal([liar.account.address]);
    const error = await expectError("SHARES_INSUFFICIENT", () => finish([forged, good[0] ?? new Uint8Array()]));
    expect(error.data).to.include({ liars: liar.account.address, shares: 1 });

    // The same bytes signed by somebody else say nothing of that person.
    const framed = await resign(own, randomBytes(33), person(2));
    expect((await finish([...good, framed])).liars).to.deep.equal([]);
  });

  /** An answer in `own`'s place with another share, signed by `by`. */
  async function resign(
    own: ReturnType<typeof decodeRecoveryAnswer>,
    share: Uint8Array,
    by: Person,
  ): Promise<Uint8Array> {
    const sealed = await seal({ publicKey: device.publicKey, info: randomBytes(8), plaintext: share });
    const typed = answerData(own, sealed);
    const signature = Buffer.from((await by.account.signTypedData(typed)).slice(2), "hex");
    return encodeCbor({
      v: 1,
      plan: own.plan,
      requester: Buffer.from(own.requester.slice(2), "hex"),
      requestedAt: own.requestedAt,
      position: own.position,
      ...sealed,
      signature: Uint8Array.from(signature),
    });
  }

  const loose = (bytes: Uint8Array) =>
    decodeCbor(bytes, { schema: z.looseObject({}), maxBytes: 10_000, code: "RECOVERY_INVALID", what: "test's" });

  it("error: a dealer who gave a person another share than it committed to is named, by that person, at once", async () => {
    const { keys } = person(1);
    const packet = plan.packets[1] ?? new Uint8Array();
    await checkRecoveryPacket(packet, keys);
    const info = recoveryShareInfo(decodeRecoveryPlan(plan.plan), 1);
    const sealed = await seal({ publicKey: keys.publicKey, info, plaintext: randomBytes(33) });
    const lie = encodeCbor({ ...loose(packet), ...sealed });
    const error = await expectError("RECOVERY_INVALID", () => checkRecoveryPacket(lie, keys));
    expect(error.data).to.include({ culprit: "dealer", position: 1 });
    await ask();
    await passTime(delay);
    await expectError("RECOVERY_INVALID", () => answer(1, { packet: lie }));

    const other = await makePlan();
    await expectError("SEALED_BOX_INVALID", () =>
      checkRecoveryPacket(encodeCbor({ ...loose(packet), plan: other.plan }), keys),
    );
    await expectError("SEALED_BOX_INVALID", () => checkRecoveryPacket(plan.packets[2] ?? new Uint8Array(), keys));
  });

  it("error: a dealer whose committed shares do not give the committed key is named, not the people", async () => {
    const own = await network.fundedClient();
    const made = await makePlan({ owner: own.account.address });
    const rootKeyId = `0x${"77".repeat(32)}` as const;
    const lie = encodeCbor({ ...loose(made.plan), rootKeyId: new Uint8Array(32).fill(0x77) });
    const planHash = recoveryPlanHash(lie);
    await setCustody(context(own), { rootKeyId, planHash, secondWallet: zeroAddress, delay });
    const deviceKeyId = keyIdOf(device.publicKey);
    const request = { owner: own.account.address, plan: planOnChain(lie), deviceKeyId };
    await requestRecovery(context(person(0).client), request);
    await passTime(delay);
    const answers = await Promise.all(
      [0, 1].map((at) =>
        answer(at, { packet: encodeCbor({ ...loose(made.packets[at] ?? new Uint8Array()), plan: lie }) }),
      ),
    );
    const error = await expectError("RECOVERY_INVALID", () => finish(answers, { planHash }));
    expect(error.data).to.include({ culprit: "dealer" });
  });

  it("error: plans that are none: t, n, the owner among the people, one person twice", async () => {
    const [first, second, third] = people.map(({ account, keys }) => ({
      address: account.address,
      publicKey: keys.publicKey,
    }));
    if (first === undefined || second === undefined || third === undefined) throw new Error("three people");
    const self = { ...third, address: owner.account.address };
    const ownKey = { ...third, publicKey: (await ownerKemKeyPair(rootKey)).publicKey };
    for (const [threshold, named] of [
      [1, [first, second]],
      [3, [first, second]],
      [2, [first]],
      [2, [first, first]],
      [2, [first, { ...second, address: first.address }]],
      [2, [first, { ...second, publicKey: first.publicKey }]],
      [2, [first, self]],
      [2, [first, ownKey]],
    ] as const) {
      await expectError("RECOVERY_INVALID", () => makePlan({ threshold, people: named }));
    }
  });

  it("behavior: the owner's announced change is stopped by the second wallet, and counts for nobody before its delay", async () => {
    const second = person(0);
    await setCustody(context(owner), { ...plan, secondWallet: second.account.address, delay });
    await passTime(delay);
    await concludeCustody(context(owner), owner.account.address);
    const thief = await makePlan({ rootKey: generateOwnerRootKey() });
    await setCustody(context(owner), { ...thief, secondWallet: zeroAddress, delay: 2 * day });
    await expectError("TRANSACTION_REVERTED", () => concludeCustody(context(owner), owner.account.address));
    await cancelCustody(context(second.client), owner.account.address);
    await passTime(2 * delay);
    await expectError("TRANSACTION_REVERTED", () => concludeCustody(context(owner), owner.account.address));
  });

  it(`behavior: fewer than t people give nothing, whoever they are (seed ${seed})`, async () => {
    const many = await createPeople(6);
    const choice = fc.integer({ min: 2, max: 6 }).chain((count) =>
      fc.record({
        threshold: fc.integer({ min: 2, max: count }),
        order: fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(choice, async ({ threshold, order }) => {
        const own = await network.fundedClient();
        const named = many.slice(0, order.length);
        const some = await makePlan({
          owner: own.account.address,
          threshold,
          people: named.map(({ account, keys }) => ({ address: account.address, publicKey: keys.publicKey })),
        });
        await setCustody(context(own), { ...some, secondWallet: zeroAddress, delay: 2 * day });
        const requester = named[0]?.account.address ?? zeroAddress;
        await requestRecovery(context(named[0]?.client ?? own), {
          owner: own.account.address,
          plan: planOnChain(some.plan),
          deviceKeyId: keyIdOf(device.publicKey),
        });
        await passTime(2 * day);
        const answers: Uint8Array[] = [];
        for (const at of order.slice(0, threshold)) {
          const { keys: keyPair, account } = named[at] as Person;
          const packet = some.packets[at] ?? new Uint8Array();
          const parameters = { packet, keyPair, account, requester, devicePublicKey: device.publicKey };
          answers.push(await answerRecovery(chainOf(), parameters));
        }
        const { planHash } = some;
        expect((await finish(answers, { planHash, requester })).rootKey).to.deep.equal(rootKey);
        await expectError("SHARES_INSUFFICIENT", () => finish(answers.slice(1), { planHash, requester }));
        const twice = [...answers.slice(1), answers[1] ?? new Uint8Array()];
        await expectError("SHARES_INSUFFICIENT", () => finish(twice, { planHash, requester }));
      }),
      { seed, numRuns: 5 },
    );
  });

  it(`behavior: no mutated answer changes the key (PERSONA_SEED=${seed})`, async () => {
    await ask();
    await passTime(delay);
    const [one, two] = [await answer(1), await answer(2)];
    await fuzz(one, async (bytes) => {
      const got = await refusedOr(() => finish([bytes, two]));
      expect(got?.rootKey).to.equal(undefined);
    });
  });

  it("behavior: the owner signs a veto, and anyone sends it; it is good for that request alone", async () => {
    const requester = person(0).account.address;
    await ask();
    const signature = await signRecoveryVeto(context(owner), requester);
    await passTime(delay);
    await ask();
    const veto = { owner: owner.account.address, requester, signature };
    await expectError("TRANSACTION_REVERTED", () => sendRecoveryVeto(context(person(1).client), veto));
    const again = await signRecoveryVeto(context(owner), requester);
    await sendRecoveryVeto(context(person(1).client), { ...veto, signature: again });
    await passTime(delay);
    await expectError("RECOVERY_REFUSED", () => answer(1));
  });

  it("error: nobody has registered anything", async () => {
    const stranger = (await network.fundedClient()).account.address as Address;
    const ids = { owner: stranger, requester: person(0).account.address };
    await expectError("RECOVERY_REFUSED", () => requireRipeRecovery(chainOf(), ids));
  });

  function answerData(
    own: ReturnType<typeof decodeRecoveryAnswer>,
    sealed: { readonly enc: Uint8Array; readonly ct: Uint8Array },
  ) {
    return recoveryTypedData.recoveryAnswer(network.deployment, {
      owner: owner.account.address,
      planDigest: plan.onChain.digest,
      requester: own.requester,
      requestedAt: own.requestedAt,
      position: own.position,
      deviceKeyId: keyIdOf(device.publicKey),
      sealedHash: keyIdOf(Uint8Array.from([...sealed.enc, ...sealed.ct])),
    });
  }
});
