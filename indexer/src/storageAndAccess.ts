import { ponder } from "ponder:registry";
import { app, dataset, grant, owner } from "ponder:schema";

ponder.on("DatasetRegistry:DatasetRegistered", async ({ event, context }) => {
  const { datasetId, owner: account, head } = event.args;
  await context.db.insert(dataset).values({
    id: datasetId,
    owner: account,
    status: "active",
    version: 1n,
    keyEpoch: 1,
    manifestDigest: head.manifestDigest,
    offeredTo: null,
    createdBlock: event.block.number,
    changedBlock: event.block.number,
  });
});
for (const name of ["DatasetRegistry:DatasetPublished", "DatasetRegistry:DatasetWritten"] as const) {
  ponder.on(name, async ({ event, context }) => {
    const { datasetId, version, keyEpoch, head } = event.args;
    await context.db.update(dataset, { id: datasetId }).set({
      version: BigInt(version),
      keyEpoch,
      manifestDigest: head.manifestDigest,
      changedBlock: event.block.number,
    });
  });
}
ponder.on("DatasetRegistry:DatasetOffered", async ({ event, context }) => {
  await context.db.update(dataset, { id: event.args.datasetId }).set({ offeredTo: event.args.to });
});
ponder.on("DatasetRegistry:DatasetOfferWithdrawn", async ({ event, context }) => {
  await context.db.update(dataset, { id: event.args.datasetId }).set({ offeredTo: null });
});
ponder.on("DatasetRegistry:DatasetTransferred", async ({ event, context }) => {
  const { datasetId, to, keyEpoch } = event.args;
  await context.db
    .update(dataset, { id: datasetId })
    .set({ owner: to, keyEpoch, offeredTo: null, changedBlock: event.block.number });
});
const endings = {
  "DatasetRegistry:DatasetErasureBegun": "erasing",
  "DatasetRegistry:DatasetRestored": "active",
  "DatasetRegistry:DatasetErased": "erased",
} as const;
for (const name of Object.keys(endings) as (keyof typeof endings)[]) {
  ponder.on(name, async ({ event, context }) => {
    await context.db
      .update(dataset, { id: event.args.datasetId })
      .set({ status: endings[name], changedBlock: event.block.number });
  });
}

ponder.on("GrantRegistry:GrantCreated", async ({ event, context }) => {
  const { grantHash, owner: account, grantee, datasetId, maxUses, expiresAt } = event.args;
  await context.db
    .insert(grant)
    .values({
      hash: grantHash,
      owner: account,
      grantee,
      datasetId,
      maxUses,
      expiresAt: BigInt(expiresAt),
      revoked: false,
      createdBlock: event.block.number,
    })
    .onConflictDoNothing();
});
ponder.on("GrantRegistry:GrantRevoked", async ({ event, context }) => {
  const found = await context.db.find(grant, { hash: event.args.grantHash });
  // One that was never announced can be revoked, too: nothing is known of it but its end.
  if (found !== null) await context.db.update(grant, { hash: event.args.grantHash }).set({ revoked: true });
});
ponder.on("GrantRegistry:OwnerEpochBumped", async ({ event, context }) => {
  const { owner: address, epoch } = event.args;
  await context.db.insert(owner).values({ address, epoch }).onConflictDoUpdate({ epoch });
});

ponder.on("AppRegistry:AppRegistered", async ({ event, context }) => {
  const { appId, owner: account, name, domain, metadataDigest } = event.args;
  await context.db.insert(app).values({ id: appId, owner: account, name, domain, metadataDigest, retired: false });
});
ponder.on("AppRegistry:AppUpdated", async ({ event, context }) => {
  const { appId, name, domain, metadataDigest } = event.args;
  await context.db.update(app, { id: appId }).set({ name, domain, metadataDigest });
});
ponder.on("AppRegistry:AppTransferred", async ({ event, context }) => {
  await context.db.update(app, { id: event.args.appId }).set({ owner: event.args.owner });
});
ponder.on("AppRegistry:AppRetired", async ({ event, context }) => {
  await context.db.update(app, { id: event.args.appId }).set({ retired: true });
});
