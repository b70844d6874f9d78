/** Who could come by an owner's root key, by a real chain's word: people, second wallet, requests, changes, and plans of the past. */
import {
  cancelCustody,
  concludeCustody,
  makeRecoveryPlan,
  requestRecovery,
  setCustody,
  vetoRecovery,
} from "@persona-protocol/sdk/access";
import type { ChainClient } from "@persona-protocol/sdk/contracts";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Address, type Hex, zeroAddress, zeroHash } from "viem";
import { rootKeyHolders } from "../../../sdk/src/access/rootKeyHolders.ts";
import { expectError } from "../../helpers/errors.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32 } from "../../helpers/structs.ts";
import { startTestChain, type TestChain } from "../../helpers/testNetwork.ts";

const random = createRandom(testSeed());
const day = 86_400;
const delay = 3 * day;

describe("rootKeyHolders", function () {
  this.timeout(60_000);
  let network: TestChain;
  let people: ChainClient[];
  let second: ChainClient;
  let owner: ChainClient;
  const rootKey = generateOwnerRootKey();
  before(async () => {
    network = await startTestChain();
    people = [await network.fundedClient(), await network.fundedClient(), await network.fundedClient()];
    second = await network.fundedClient();
  });
  beforeEach(async () => {
    owner = await network.fundedClient();
  });
  after(() => network?.close());

  const context = (client: ChainClient) => ({ client, deployment: network.deployment });
  const holders = async (plan?: Uint8Array) => {
    const { number: blockNumber, timestamp } = await network.governor.getBlock();
    const ids = { owner: owner.account.address, blockNumber, now: Number(timestamp) };
    return rootKeyHolders(context(network.governor), { ...ids, ...(plan === undefined ? {} : { plan }) });
  };
  const makePlan = async (members = people, threshold = 2) =>
    makeRecoveryPlan({
      chainId: network.deployment.chainId,
      ownerKeys: network.deployment.ownerKeys,
      owner: owner.account.address,
      rootKey,
      threshold,
      people: await Promise.all(
        members.map(async ({ account }) => ({
          address: account.address,
          publicKey: (await ownerKemKeyPair(generateOwnerRootKey())).publicKey,
        })),
      ),
    });
  const name = (wanted: { rootKeyId: Hex; planHash: Hex }, secondWallet: Address = second.account.address) =>
    setCustody(context(owner), { ...wanted, secondWallet, delay });
  const rpc = (method: string, params: unknown[]) =>
    (network.governor.request as (call: { method: string; params: unknown[] }) => Promise<unknown>)({ method, params });
  const passTime = async (seconds: number) => {
    await rpc("evm_increaseTime", [seconds]);
    await rpc("evm_mine", []);
  };
  const at = (index: number): ChainClient => people[index] ?? second;

  it("default: nothing registered; then the people, once their plan is shown, the second wallet and the delay", async () => {
    expect(await holders()).to.deep.equal({
      custody: undefined,
      people: undefined,
      secondWallet: undefined,
      requests: [],
      change: undefined,
      formerPlans: [],
    });
    const plan = await makePlan();
    await name(plan);
    const closed = await holders();
    expect(closed.custody).to.deep.equal({ rootKeyId: plan.rootKeyId, version: 1, delay });
    expect(closed.people).to.deep.equal({ planHash: plan.planHash, opened: undefined });
    expect(closed.secondWallet).to.deep.equal({ address: second.account.address, barred: false });
    const members = people.map(({ account }) => account.address);
    expect((await holders(plan.plan)).people?.opened).to.deep.equal({ threshold: 2, members });
  });

  it("error: RECOVERY_INVALID: a plan that the custody does not name, or names no more", async () => {
    const plan = await makePlan();
    await expectError("RECOVERY_INVALID", () => holders(plan.plan));
    await name({ ...plan, planHash: zeroHash });
    expect((await holders()).people).to.equal(undefined);
    await expectError("RECOVERY_INVALID", () => holders(plan.plan));
    await expectError("RECOVERY_INVALID", () => holders(Uint8Array.of(1, 2, 3)));
  });

  it("behavior: open requests, from asking to their end; another owner's are not shown", async () => {
    const plan = await makePlan();
    await name(plan);
    const ids = { owner: owner.account.address, deviceKeyId: randomHex32(random) };
    await requestRecovery(context(at(0)), { ...ids, plan: plan.onChain });
    await requestRecovery(context(second), ids);
    const [first, other] = (await holders()).requests;
    expect(first).to.deep.include({ requester: at(0).account.address, by: "person", counts: false });
    expect(other).to.deep.include({ by: "second wallet", deviceKeyId: ids.deviceKeyId, counts: false });
    expect((first?.expiresAt ?? 0) - (first?.ripeAt ?? 0)).to.equal(30 * day);
    await passTime(delay);
    expect((await holders()).requests.map(({ counts }) => counts)).to.deep.equal([true, true]);
    await vetoRecovery(context(owner), { owner: owner.account.address, requester: at(0).account.address });
    expect((await holders()).requests.map(({ by }) => by)).to.deep.equal(["second wallet"]);
    await passTime(30 * day);
    expect((await holders()).requests).to.deep.equal([]);
    owner = await network.fundedClient();
    await name(await makePlan());
    expect((await holders()).requests).to.deep.equal([]);
  });

  it("behavior: a second wallet that was vetoed is barred until there is another custody", async () => {
    await name(await makePlan());
    const ids = { owner: owner.account.address, deviceKeyId: randomHex32(random) };
    await requestRecovery(context(second), ids);
    await vetoRecovery(context(owner), { owner: owner.account.address, requester: second.account.address });
    expect((await holders()).secondWallet?.barred).to.equal(true);
    await name(await makePlan());
    await passTime(delay);
    await concludeCustody(context(owner), owner.account.address);
    expect((await holders()).secondWallet?.barred).to.equal(false);
  });

  it("behavior: a change while it waits; and whose people keep shares of the same key when it counts", async () => {
    const [one, two] = [await makePlan(), await makePlan([at(1), at(2)])];
    await name(one);
    await name(two, zeroAddress);
    const { change, people: named } = await holders();
    expect(named?.planHash, "the present plan still counts").to.equal(one.planHash);
    expect(change).to.deep.include({ planHash: two.planHash, secondWallet: zeroAddress });
    await cancelCustody(context(owner), owner.account.address);
    expect((await holders()).change).to.equal(undefined);
    await name(two, zeroAddress);
    await passTime(delay);
    await concludeCustody(context(owner), owner.account.address);
    const after = await holders(two.plan);
    expect(after.people?.opened?.members).to.have.length(2);
    expect(after.secondWallet).to.equal(undefined);
    expect(after.formerPlans).to.deep.equal([{ planHash: one.planHash, version: 1 }]);
    await name({ rootKeyId: randomHex32(random), planHash: two.planHash }, zeroAddress);
    await passTime(delay);
    await concludeCustody(context(owner), owner.account.address);
    expect((await holders()).formerPlans, "of another root key").to.deep.equal([]);
  });
});
