/** Each refusal that chain state alone gives, one change away from a release; provedChain holds the same function against the contracts. */
import { type JobParams, jobOrderHashOf, jobParamsHashOf, KeyClass } from "@persona-protocol/sdk/contracts";
import { type ErrorCode, reasonOfCode } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { encodeAbiParameters, keccak256, zeroHash } from "viem";
import {
  type InputRecords,
  type JobRecord,
  type KeyStatus,
  readReason,
  releaseReason,
} from "../../../node/src/enclave/runtime/chain/chainReasons.ts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { randomHex32, randomStruct } from "../../helpers/structs.ts";

const random = createRandom(testSeed());
const owner = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0";
const signer = "0x00000000000000000000000000000000000000A1";
const stranger = "0x00000000000000000000000000000000000000b2";
const now = 1_000n;

function drawParams(): { readonly drawn: JobParams; readonly anyInput: JobParams["order"]["inputs"][number] } {
  for (;;) {
    const drawn = randomStruct("JobParams", random);
    const [anyInput] = drawn.order.inputs;
    if (anyInput !== undefined) return { drawn, anyInput };
  }
}
const { drawn, anyInput } = drawParams();
const params: JobParams = {
  order: { ...drawn.order, inputs: [{ ...anyInput, owner }] },
  offer: {
    ...drawn.offer,
    nodePolicy: { verifierKinds: 1, vendors: 1, minStake: 5n, requesterMayNameNode: false },
  },
};
const key: KeyStatus = {
  ...{ nodeId: 4, keyClass: KeyClass.worker, state: "active", openUntil: 2_000, verifierKind: 0, vendor: 0 },
  ...{ measurementEpoch: 10, banned: false, stake: 5n },
};
const job: JobRecord = {
  ...{ signer, status: "claimed", attempt: 1, tainted: false, raceBlock: 1, dueBy: 1_500, claimDelay: 1 },
  commitment: jobParamsHashOf(params),
};
const records: InputRecords = {
  dataset: { owner, keyEpoch: 3, version: 2n, status: "active" },
  grant: {
    ...{ status: "active", uses: 1, outputBytes: 1n, ownerEpoch: 2, keyEpoch: 3, measurementEpoch: 10 },
    ...{ expiresAt: 3_000, followUpgrades: false },
  },
  ownerEpoch: 2,
};

type Change = {
  readonly key?: Partial<KeyStatus>;
  readonly job?: Partial<JobRecord>;
  readonly params?: JobParams;
  readonly input?: number;
  readonly dataset?: Partial<InputRecords["dataset"]>;
  readonly grant?: Partial<InputRecords["grant"]>;
  readonly ownerEpoch?: number;
  readonly timestamp?: bigint;
};
const policy = (change: Partial<JobParams["offer"]["nodePolicy"]>): Change => {
  const changed = { ...params, offer: { ...params.offer, nodePolicy: { ...params.offer.nodePolicy, ...change } } };
  return { params: changed, job: { commitment: jobParamsHashOf(changed) } };
};
const recordsWith = ({ dataset, grant, ownerEpoch }: Change): InputRecords => ({
  dataset: { ...records.dataset, ...dataset },
  grant: { ...records.grant, ...grant },
  ownerEpoch: ownerEpoch ?? records.ownerEpoch,
});
const ask = (change: Change): Promise<ErrorCode | undefined> =>
  releaseReason(
    {
      key: { ...key, ...change.key },
      job: { ...job, ...change.job },
      params: change.params ?? params,
      input: change.input ?? 0,
      signer,
      timestamp: change.timestamp ?? now,
    },
    async () => recordsWith(change),
  );

const refusals: readonly (readonly [ErrorCode, string, Change])[] = [
  ["NODE_KEY_UNKNOWN", "a guardian's key", { key: { keyClass: KeyClass.guardian } }],
  ["NODE_KEY_EXPIRED", "from its last second on", { key: { openUntil: Number(now) } }],
  ["NODE_KEY_INACTIVE", "frozen", { key: { state: "frozen" } }],
  ["NODE_KEY_INACTIVE", "destroyed", { key: { state: "destroyed" } }],
  ["MEASUREMENT_BANNED", "its build was banned", { key: { banned: true } }],
  ["JOB_UNKNOWN", "no job", { job: { status: "none" } }],
  ["JOB_NOT_CLAIMED", "it is over", { job: { status: "settled" } }],
  ["JOB_PARAMS_MISMATCH", "parameters of another job", { job: { commitment: randomHex32(random) } }],
  ["JOB_NOT_CLAIMED", "it is open", { job: { status: "open" } }],
  ["JOB_CLAIMED_BY_OTHER", "another key has it", { job: { signer: stranger } }],
  ["JOB_DEADLINE_PASSED", "a second after the deadline", { timestamp: 1_501n }],
  ["INPUT_UNKNOWN", "an input that the job has not", { input: 1 }],
  ["DATASET_UNKNOWN", "no dataset", { dataset: { status: "none" } }],
  ["DATASET_ERASED", "erasing", { dataset: { status: "erasing" } }],
  ["DATASET_ERASED", "erased", { dataset: { status: "erased" } }],
  ["GRANT_UNKNOWN", "no grant", { grant: { status: "none" } }],
  ["GRANT_REVOKED", "revoked", { grant: { status: "revoked" } }],
  ["GRANT_REVOKED", "with all of its owner's epoch", { ownerEpoch: 3 }],
  ["GRANT_EXPIRED", "from its last second on", { grant: { expiresAt: Number(now) } }],
  ["OWNER_MISMATCH", "the dataset has another owner now", { dataset: { owner: stranger } }],
  ["KEY_EPOCH_OLD", "the dataset has new keys", { dataset: { keyEpoch: 4 } }],
  ["MEASUREMENT_NOT_GRANTED", "a build allowed after the grant", { key: { measurementEpoch: 11 } }],
  ["NODE_POLICY_MISMATCH", "another kind of evidence", policy({ verifierKinds: 2 })],
  ["NODE_POLICY_MISMATCH", "another vendor", policy({ vendors: 2 })],
  ["NODE_POLICY_MISMATCH", "no kind at all", policy({ verifierKinds: 0 })],
  ["NODE_POLICY_MISMATCH", "less stake", policy({ minStake: 6n })],
];

/** What a change touches: two changes of one field would be one change. */
const pathsOf = (change: Change): string[] =>
  Object.entries(change).flatMap(([part, fields]) =>
    typeof fields === "object" && part !== "params" ? Object.keys(fields).map((field) => `${part}.${field}`) : [part],
  );

const merged = (first: Change, second: Change): Change => ({
  ...{ ...first, ...second },
  key: { ...first.key, ...second.key },
  job: { ...first.job, ...second.job },
  dataset: { ...first.dataset, ...second.dataset },
  grant: { ...first.grant, ...second.grant },
});

describe("releaseReason", () => {
  it("default: no objection, up to the last second, by a draining key, and by a later build where upgrades are followed", async () => {
    expect(await ask({})).to.equal(undefined);
    expect(await ask({ timestamp: 1_500n, key: { state: "draining", openUntil: 1_501 } })).to.equal(undefined);
    expect(await ask({ key: { measurementEpoch: 11 }, grant: { followUpgrades: true } })).to.equal(undefined);
  });

  for (const [code, why, change] of refusals) {
    it(`error: ${code}: ${why}`, async () => {
      expect(await ask(change)).to.equal(code);
    });
  }

  it("behavior: of any two objections the one that comes first in the order of Reason is named", async () => {
    const orderOf = (code: ErrorCode): number => reasonOfCode(code) ?? 0;
    // Of a job that is over, or open, it is not looked whose parameters or claim they are.
    const apart = refusals.filter(([code]) => !["JOB_NOT_CLAIMED", "JOB_UNKNOWN"].includes(code));
    let pairs = 0;
    for (const [one, , first] of apart) {
      for (const [two, , second] of apart) {
        if (pathsOf(first).some((path) => pathsOf(second).includes(path))) continue;
        pairs += 1;
        const wanted = orderOf(one) < orderOf(two) ? one : two;
        expect(await ask(merged(first, second)), `${one} and ${two}`).to.equal(wanted);
      }
    }
    expect(pairs).to.be.greaterThan(300);
  });
});

describe("readReason", () => {
  const words = [jobOrderHashOf(params.order), zeroHash] as const;
  const read: JobRecord = {
    ...{ ...job, status: "read", attempt: 0 },
    commitment: keccak256(encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], words)),
  };
  const askRead = (change: Change) =>
    readReason({ ...read, ...change.job }, (change.params ?? params).order, change.timestamp ?? now, async () =>
      recordsWith(change),
    );

  it("default: no objection, and no measurement is asked for", async () => {
    expect(await askRead({ grant: { measurementEpoch: 0 } })).to.equal(undefined);
  });

  for (const [code, why, change] of [
    ["JOB_UNKNOWN", "a job is no request to read", { job: { status: "claimed" } }],
    ["JOB_PARAMS_MISMATCH", "another request", { job: { commitment: randomHex32(random) } }],
    ["JOB_DEADLINE_PASSED", "its day is over", { timestamp: 1_501n }],
    ["GRANT_REVOKED", "revoked", { grant: { status: "revoked" } }],
    ["GRANT_EXPIRED", "over", { grant: { expiresAt: Number(now) } }],
    ["KEY_EPOCH_OLD", "new keys", { dataset: { keyEpoch: 4 } }],
  ] as const satisfies readonly (readonly [ErrorCode, string, Change])[])
    it(`error: ${code}: ${why}`, async () => {
      expect(await askRead(change)).to.equal(code);
    });
});
