/** Messages that owners, writers and apps sign, as they are in ordinary use. */
import { GrantKind } from "@persona-protocol/sdk/contracts";
import { address, hash } from "./deployments.ts";

const now = 1_800_000_000;
const day = 86_400;

export const typicalData = {
  Terms: {
    owner: address("owner"),
    grantee: address("requester"),
    datasetId: hash("dataset 1"),
    kind: GrantKind.compute,
    maxUses: 5,
    price: 3_000_000_000_000_000_000n,
    token: address("token"),
    notBefore: now,
    expiresAt: now + 30 * day,
    keyEpoch: 1,
    ownerEpoch: 2,
    measurementEpoch: now - day,
    followUpgrades: true,
    maxOutputBytes: 1_048_576n,
    nodePolicy: {
      verifierKinds: 0b110,
      vendors: 0b10,
      minStake: 1_000_000_000_000_000_000_000n,
      requesterMayNameNode: false,
    },
    scopeHash: hash("scope"),
    salt: hash("salt"),
  },
  Revoke: { grantHash: hash("grant 1") },
  RevokeAll: { owner: address("owner"), ownerEpoch: 2 },
  Publication: {
    datasetId: hash("dataset 1"),
    previousHead: hash("head 6"),
    version: 7,
    manifestDigest: hash("manifest 7"),
    keyBoxDigest: hash("KeyBox 1"),
    guardianSetHash: hash("guardians"),
    keyEpoch: 1,
    appended: [hash("commitment 4"), hash("commitment 5"), hash("commitment 6")],
    deadline: now + day,
  },
  WriterPublication: {
    datasetId: hash("dataset 1"),
    writer: { kind: 2, id: hash("measurement") },
    previousHead: hash("head 7"),
    version: 8,
    keyEpoch: 1,
    manifestDigest: hash("manifest 8"),
    segments: 0b110n,
    deadline: now + day,
  },
  WriterRemoval: { datasetId: hash("dataset 1"), kind: 2, id: hash("measurement"), setAt: now },
  KeyBoxDeposit: {
    datasetId: hash("dataset 1"),
    keyBoxDigest: hash("KeyBox 1"),
    guardian: 12,
    bodyHash: hash("KeyBox body"),
  },
  AppDomain: { appId: hash("app"), domain: "app.example.com", owner: address("app owner"), signedAt: now },
  DomainProof: {
    appId: hash("app"),
    domainHash: hash("app.example.com"),
    owner: address("app owner"),
    checkedAt: now,
    expiresAt: now + 30 * day,
    evidenceHash: hash("domain file"),
  },
  AppConsent: {
    appId: hash("app"),
    account: address("account"),
    owner: address("app owner"),
    nonce: 4n,
    deadline: now + day,
  },
  RecoveryVeto: { owner: address("owner"), requester: address("person 1"), version: 3, requestedAt: now },
  RecoveryAnswer: {
    owner: address("owner"),
    planDigest: hash("recovery plan"),
    requester: address("person 1"),
    requestedAt: now,
    position: 1,
    deviceKeyId: hash("device key"),
    sealedHash: hash("sealed share"),
  },
} as const;
