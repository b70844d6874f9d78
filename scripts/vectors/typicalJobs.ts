/** Messages that jobs and guardians sign, as they are in ordinary use. */
import { KeyClass, OutputClass } from "@persona-protocol/sdk/contracts";
import { address, hash, typicalDeployment } from "./deployments.ts";

const input = (n: number) => ({
  datasetId: hash(`dataset ${n}`),
  keyEpoch: 1,
  version: BigInt(n),
  manifestDigest: hash(`manifest ${n}`),
  keyBoxDigest: hash(`KeyBox ${n}`),
  segments: 0b1011n << BigInt(n),
  grantHash: hash(`grant ${n}`),
});

const result = (n: number) => ({
  jobId: hash(`job ${n}`),
  ciphertextDigest: hash(`ciphertext ${n}`),
  outputBytes: 1_000 + n,
});

export const typicalJobs = {
  JobSpec: {
    jobId: hash("job 1"),
    programId: hash("program"),
    argsCommitment: hash("arguments"),
    resultKeyHash: hash("result key"),
    outputClass: OutputClass.aggregate,
    outputSchemaHash: hash("output schema"),
    maxOutputBytes: 4_096,
    inputs: [input(1), input(2), input(3)],
  },
  Receipt: {
    jobId: hash("job 1"),
    jobSpecHash: hash("job spec"),
    attempt: 1,
    code: 0,
    ciphertextDigest: hash("ciphertext 1"),
    plaintextCommitment: hash("plaintext"),
    releasesHash: hash("releases"),
    outputBytes: 1_001,
  },
  AvailabilityBatch: { results: [result(1), result(2), result(3)] },
  ReleaseRequest: {
    jobId: hash("job 1"),
    attempt: 1,
    guardian: 12,
    input: 0,
    kemKeyHash: hash("kem key"),
    bundleDigest: hash("bundle"),
  },
  Release: {
    jobId: hash("job 1"),
    jobSpecHash: hash("job spec"),
    datasetId: hash("dataset 1"),
    segments: 0b10110n,
    signer: address("guardian key"),
    guardian: 12,
    blockNumber: 7_654_321n,
    blockHash: hash("block"),
    logHead: hash("log head"),
    sealedHash: hash("sealed keys"),
  },
  Refusal: {
    jobId: hash("job 1"),
    attempt: 2,
    input: 1,
    signer: address("guardian key"),
    guardian: 12,
    requestHash: hash("request"),
    reason: 17,
    blockNumber: 7_654_321n,
    blockHash: hash("block"),
    logHead: hash("log head"),
  },
  EnclaveBinding: {
    chainId: BigInt(typicalDeployment.chainId),
    registry: typicalDeployment.nodeRegistry,
    signer: address("worker key"),
    kemKeyHash: hash("kem key"),
    operator: address("operator"),
    keyClass: KeyClass.worker,
    blockNumber: 7_654_300n,
    blockHash: hash("block"),
    epoch: 3n,
  },
} as const;
