import { ponder } from "ponder:registry";
import { enclaveKey, job, jobInput, node, readRequest } from "ponder:schema";

ponder.on("JobMarket:JobSubmitted", async ({ event, context }) => {
  const { jobId, requester, params } = event.args;
  const { order, offer } = params;
  await context.db.insert(job).values({
    id: jobId,
    requester,
    status: "open",
    token: order.token,
    fee: order.fee,
    claimBy: BigInt(offer.claimBy),
    attempt: 0,
    nodeId: null,
    signer: null,
    code: null,
    ciphertextDigest: null,
    submittedBlock: event.block.number,
    endedBlock: null,
  });
  const inputs = order.inputs.map(({ datasetId, grantHash, owner, price }, place) => ({
    jobId,
    place,
    datasetId,
    grantHash,
    owner,
    price,
  }));
  await context.db.insert(jobInput).values(inputs);
});
ponder.on("JobMarket:JobClaimed", async ({ event, context }) => {
  const { jobId, nodeId, signer, attempt } = event.args;
  await context.db.update(job, { id: jobId }).set({ status: "claimed", nodeId, signer, attempt });
});
ponder.on("JobMarket:JobSettled", async ({ event, context }) => {
  const { jobId, nodeId, receipt } = event.args;
  await context.db.update(job, { id: jobId }).set({
    status: "settled",
    code: receipt.code,
    ciphertextDigest: receipt.ciphertextDigest,
    endedBlock: event.block.number,
  });
  await context.db.update(node, { id: nodeId }).set(({ settled }) => ({ settled: settled + 1 }));
});
ponder.on("JobMarket:JobFailed", async ({ event, context }) => {
  const { jobId, nodeId, code } = event.args;
  await context.db.update(job, { id: jobId }).set({ status: "failed", code, endedBlock: event.block.number });
  await context.db.update(node, { id: nodeId }).set(({ failed }) => ({ failed: failed + 1 }));
});
ponder.on("JobMarket:JobReopened", async ({ event, context }) => {
  const { jobId, nodeId, code, attempt } = event.args;
  await context.db.update(job, { id: jobId }).set({ status: "open", nodeId: null, signer: null, code, attempt });
  await context.db.update(node, { id: nodeId }).set(({ failed }) => ({ failed: failed + 1 }));
});
ponder.on("JobMarket:JobTimedOut", async ({ event, context }) => {
  const { jobId, nodeId } = event.args;
  await context.db.update(job, { id: jobId }).set({ status: "timedOut", endedBlock: event.block.number });
  await context.db.update(node, { id: nodeId }).set(({ timedOut }) => ({ timedOut: timedOut + 1 }));
});
ponder.on("JobMarket:JobCancelled", async ({ event, context }) => {
  await context.db.update(job, { id: event.args.jobId }).set({ status: "cancelled", endedBlock: event.block.number });
});

ponder.on("JobMarket:ReadRequested", async ({ event, context }) => {
  const { jobId, requester, terms } = event.args;
  const { owner, datasetId, token, price } = terms;
  await context.db
    .insert(readRequest)
    .values({ id: jobId, requester, owner, datasetId, token, price, block: event.block.number });
});

ponder.on("NodeRegistry:NodeRegistered", async ({ event, context }) => {
  const { nodeId, operator, roles, stake, endpoint } = event.args;
  await context.db
    .insert(node)
    .values({
      id: nodeId,
      operator,
      roles,
      stake,
      status: "active",
      endpoint,
      weight: 0n,
      settled: 0,
      failed: 0,
      timedOut: 0,
    })
    // The weight is announced in the same transaction, before or after.
    .onConflictDoUpdate({ operator, roles, stake, endpoint });
});
ponder.on("NodeRegistry:NodeEndpointChanged", async ({ event, context }) => {
  await context.db.update(node, { id: event.args.nodeId }).set({ endpoint: event.args.endpoint });
});
ponder.on("NodeRegistry:NodeStakeAdded", async ({ event, context }) => {
  await context.db.update(node, { id: event.args.nodeId }).set({ stake: event.args.stake });
});
ponder.on("NodeRegistry:NodeSlashed", async ({ event, context }) => {
  const { nodeId, amount } = event.args;
  await context.db.update(node, { id: nodeId }).set(({ stake }) => ({ stake: stake - amount }));
});
ponder.on("NodeRegistry:SlashCancelled", async ({ event, context }) => {
  const { nodeId, amount } = event.args;
  // Of a node that has left, the amount is owed to its operator and is no stake.
  await context.db
    .update(node, { id: nodeId })
    .set(({ stake, status }) => ({ stake: status === "exited" ? stake : stake + amount }));
});
ponder.on("NodeRegistry:NodeWeightChanged", async ({ event, context }) => {
  const { nodeId, weight } = event.args;
  const found = await context.db.find(node, { id: nodeId });
  if (found !== null) await context.db.update(node, { id: nodeId }).set({ weight });
});
const states = {
  "NodeRegistry:NodeDrained": "draining",
  "NodeRegistry:NodeResumed": "active",
  "NodeRegistry:NodeExitRequested": "exiting",
} as const;
for (const name of Object.keys(states) as (keyof typeof states)[]) {
  ponder.on(name, async ({ event, context }) => {
    await context.db.update(node, { id: event.args.nodeId }).set({ status: states[name] });
  });
}
ponder.on("NodeRegistry:NodeExited", async ({ event, context }) => {
  await context.db.update(node, { id: event.args.nodeId }).set({ status: "exited", stake: 0n });
});

ponder.on("NodeRegistry:EnclaveKeyAdded", async ({ event, context }) => {
  const { nodeId, signer, keyClass, measurement, verifierKind, vendor, sealUntil, openUntil } = event.args;
  await context.db.insert(enclaveKey).values({
    signer,
    nodeId,
    keyClass,
    measurement,
    verifierKind,
    vendor,
    state: 1,
    sealUntil: BigInt(sealUntil),
    openUntil: BigInt(openUntil),
  });
});
for (const name of ["NodeRegistry:EnclaveKeyRenewed", "NodeRegistry:EnclaveKeyShortened"] as const) {
  ponder.on(name, async ({ event, context }) => {
    const { signer, sealUntil, openUntil } = event.args;
    await context.db.update(enclaveKey, { signer }).set({ sealUntil: BigInt(sealUntil), openUntil: BigInt(openUntil) });
  });
}
ponder.on("NodeRegistry:EnclaveKeyStateChanged", async ({ event, context }) => {
  await context.db.update(enclaveKey, { signer: event.args.signer }).set({ state: event.args.state });
});
