import { index, onchainTable, primaryKey, relations } from "ponder";

/** What the registries say now, not what they said: an index of states. Block numbers say since when. */
export const dataset = onchainTable(
  "dataset",
  (t) => ({
    id: t.hex().primaryKey(),
    owner: t.hex().notNull(),
    /** `active`, `erasing` or `erased`. */
    status: t.text().notNull(),
    version: t.bigint().notNull(),
    keyEpoch: t.integer().notNull(),
    manifestDigest: t.hex().notNull(),
    offeredTo: t.hex(),
    createdBlock: t.bigint().notNull(),
    changedBlock: t.bigint().notNull(),
  }),
  (table) => ({ byOwner: index().on(table.owner) }),
);

export const grant = onchainTable(
  "grant",
  (t) => ({
    hash: t.hex().primaryKey(),
    owner: t.hex().notNull(),
    grantee: t.hex().notNull(),
    datasetId: t.hex().notNull(),
    maxUses: t.integer().notNull(),
    /** Unix seconds. */
    expiresAt: t.bigint().notNull(),
    /** By itself; `owner.epoch` ends all of an earlier epoch. */
    revoked: t.boolean().notNull(),
    createdBlock: t.bigint().notNull(),
  }),
  (table) => ({
    byOwner: index().on(table.owner),
    byGrantee: index().on(table.grantee),
    byDataset: index().on(table.datasetId),
  }),
);

export const owner = onchainTable("owner", (t) => ({
  address: t.hex().primaryKey(),
  /** Grants signed in an earlier epoch count no more. */
  epoch: t.integer().notNull(),
}));

export const job = onchainTable(
  "job",
  (t) => ({
    id: t.hex().primaryKey(),
    requester: t.hex().notNull(),
    /** `open`, `claimed`, `settled`, `failed`, `timedOut` or `cancelled`. */
    status: t.text().notNull(),
    token: t.hex().notNull(),
    /** In the token's smallest unit. */
    fee: t.bigint().notNull(),
    claimBy: t.bigint().notNull(),
    attempt: t.integer().notNull(),
    nodeId: t.integer(),
    signer: t.hex(),
    /** Of the receipt, 0 for a result; the last attempt's. */
    code: t.integer(),
    ciphertextDigest: t.hex(),
    submittedBlock: t.bigint().notNull(),
    endedBlock: t.bigint(),
  }),
  (table) => ({
    byRequester: index().on(table.requester),
    byNode: index().on(table.nodeId),
    byStatus: index().on(table.status),
  }),
);

/** A job reads several datasets, each under a grant. */
export const jobInput = onchainTable(
  "job_input",
  (t) => ({
    jobId: t.hex().notNull(),
    place: t.integer().notNull(),
    datasetId: t.hex().notNull(),
    grantHash: t.hex().notNull(),
    owner: t.hex().notNull(),
    price: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.jobId, table.place] }),
    byGrant: index().on(table.grantHash),
    byOwner: index().on(table.owner),
    byDataset: index().on(table.datasetId),
  }),
);

/** A read by a grant of kind read: paid when it is asked for, and no job for a node. */
export const readRequest = onchainTable(
  "read_request",
  (t) => ({
    id: t.hex().primaryKey(),
    requester: t.hex().notNull(),
    owner: t.hex().notNull(),
    datasetId: t.hex().notNull(),
    token: t.hex().notNull(),
    price: t.bigint().notNull(),
    block: t.bigint().notNull(),
  }),
  (table) => ({ byOwner: index().on(table.owner), byRequester: index().on(table.requester) }),
);

export const node = onchainTable(
  "node",
  (t) => ({
    id: t.integer().primaryKey(),
    operator: t.hex().notNull(),
    /** Bits: 1 worker, 2 guardian. */
    roles: t.integer().notNull(),
    stake: t.bigint().notNull(),
    /** `active`, `draining`, `exiting` or `exited`. */
    status: t.text().notNull(),
    endpoint: t.text().notNull(),
    weight: t.bigint().notNull(),
    /** Ended by this node, all attempts counted. */
    settled: t.integer().notNull(),
    failed: t.integer().notNull(),
    timedOut: t.integer().notNull(),
  }),
  (table) => ({ byOperator: index().on(table.operator) }),
);

export const enclaveKey = onchainTable(
  "enclave_key",
  (t) => ({
    signer: t.hex().primaryKey(),
    nodeId: t.integer().notNull(),
    keyClass: t.integer().notNull(),
    measurement: t.hex().notNull(),
    verifierKind: t.integer().notNull(),
    vendor: t.integer().notNull(),
    /** 1 active, 2 draining, 3 frozen, 4 destroyed. */
    state: t.integer().notNull(),
    sealUntil: t.bigint().notNull(),
    openUntil: t.bigint().notNull(),
  }),
  (table) => ({ byNode: index().on(table.nodeId), byMeasurement: index().on(table.measurement) }),
);

export const app = onchainTable(
  "app",
  (t) => ({
    id: t.hex().primaryKey(),
    owner: t.hex().notNull(),
    name: t.text().notNull(),
    domain: t.text().notNull(),
    metadataDigest: t.hex().notNull(),
    retired: t.boolean().notNull(),
  }),
  (table) => ({ byOwner: index().on(table.owner) }),
);

export const datasetRelations = relations(dataset, ({ many }) => ({ grants: many(grant), inputs: many(jobInput) }));
export const grantRelations = relations(grant, ({ one, many }) => ({
  dataset: one(dataset, { fields: [grant.datasetId], references: [dataset.id] }),
  inputs: many(jobInput),
}));
export const jobRelations = relations(job, ({ one, many }) => ({
  inputs: many(jobInput),
  node: one(node, { fields: [job.nodeId], references: [node.id] }),
}));
export const jobInputRelations = relations(jobInput, ({ one }) => ({
  job: one(job, { fields: [jobInput.jobId], references: [job.id] }),
  grant: one(grant, { fields: [jobInput.grantHash], references: [grant.hash] }),
  dataset: one(dataset, { fields: [jobInput.datasetId], references: [dataset.id] }),
}));
export const nodeRelations = relations(node, ({ many }) => ({ keys: many(enclaveKey), jobs: many(job) }));
export const enclaveKeyRelations = relations(enclaveKey, ({ one }) => ({
  node: one(node, { fields: [enclaveKey.nodeId], references: [node.id] }),
}));
