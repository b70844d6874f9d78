import { erc20Abi, type Hex, parseEventLogs, zeroHash } from "viem";
import type { GrantPackage } from "../access/grantPackage.ts";
import { findGuardians } from "../access/resolveGuardians.ts";
import { segmentIndexes } from "../access/segments.ts";
import {
  type ChainClient,
  callContract,
  createChainView,
  type Deployment,
  grantHashOf,
  type JobParams,
  type JobSpec,
  jobIdOf,
  jobMarketAbi,
  jobSpecHashOf,
  type NodeView,
  OutputClass,
} from "../contracts/index.ts";
import { keyIdOf, randomBytes, toHex } from "../crypto/index.ts";
import { PersonaError } from "../errors/index.ts";
import { argsCommitmentOf, sealJobBundle } from "./jobBundle.ts";

/** A request to read that the market has posted. It is good for one day. */
export type ReadRequest = {
  readonly jobId: Hex;
  readonly params: JobParams;
  readonly spec: JobSpec;
  readonly bundle: Uint8Array;
  readonly grant: GrantPackage;
};

const noArgs = new Uint8Array([0xa0]);
const noOffer: JobParams["offer"] = {
  claimBy: 0,
  runSeconds: 0,
  namedNode: 0,
  nodePolicy: { verifierKinds: 0, vendors: 0, minStake: 0n, requesterMayNameNode: false },
};

/**
 * Posts a request to read under a Read grant: its use is counted and its price paid to the owner at once, whether or not the
 * guardians answer afterwards.
 * @param request.segments catalogue bitmap; default all that the grant covers
 * @throws PersonaError GUARDIANS_UNAVAILABLE before anything is spent, SEGMENT_NOT_GRANTED, and what the market refuses
 */
export async function requestRead(
  {
    client,
    deployment,
    nodes,
  }: {
    readonly client: ChainClient;
    readonly deployment: Deployment;
    /** Who the guardians are, as several endpoints say (`createAgreeingNodeView`). Default: as `client` says alone. */
    readonly nodes?: NodeView | undefined;
  },
  request: { readonly grant: GrantPackage; readonly recipientKey: Uint8Array; readonly segments?: bigint },
): Promise<ReadRequest> {
  const { grant, recipientKey } = request;
  const { terms, scope, dataset } = grant;
  const requester = client.account.address;
  const salt = toHex(randomBytes(32));
  const jobId = jobIdOf(deployment, requester, salt);
  const argsSalt = randomBytes(32);
  const grantHash = grantHashOf(deployment, terms);
  const segments = request.segments ?? scope.segments;
  if (segmentIndexes(segments).length === 0)
    throw new PersonaError("SEGMENT_NOT_GRANTED", "The request asks for no segment.");
  const { manifestDigest, keyBoxDigest } = dataset.head;
  const spec: JobSpec = {
    jobId,
    programId: zeroHash,
    argsCommitment: argsCommitmentOf(argsSalt, noArgs),
    resultKeyHash: keyIdOf(recipientKey),
    outputClass: OutputClass.raw,
    outputSchemaHash: zeroHash,
    maxOutputBytes: 0,
    inputs: [
      {
        datasetId: terms.datasetId,
        keyEpoch: dataset.keyEpoch,
        version: BigInt(dataset.version),
        manifestDigest,
        keyBoxDigest,
        segments,
        grantHash,
      },
    ],
  };
  const { guardians } = await findGuardians(nodes ?? createChainView(client, deployment), dataset.guardians);
  if (guardians.length < dataset.threshold)
    throw new PersonaError("GUARDIANS_UNAVAILABLE", "Fewer guardians can be reached than the dataset's threshold.", {
      data: { reachable: guardians.length, threshold: dataset.threshold },
    });
  const { bytes: bundle, bundleDigest } = await sealJobBundle(
    deployment,
    {
      spec,
      argsSalt,
      args: noArgs,
      resultKey: recipientKey,
      inputs: [{ terms, scope, catalogue: dataset.catalogue, head: dataset.head }],
    },
    guardians.map(({ nodeId, kemPublicKey }) => ({ nodeId, kemPublicKey, inputs: [0] })),
  );
  const specHash = jobSpecHashOf(deployment, spec);
  const market = { address: deployment.jobMarket, abi: jobMarketAbi } as const;
  await allowPrice(client, deployment, grant);
  const receipt = await callContract(client, {
    ...market,
    functionName: "requestRead",
    args: [salt, specHash, bundleDigest, [terms]],
  });
  const logs = receipt.logs.filter(({ address }) => address.toLowerCase() === deployment.jobMarket.toLowerCase());
  const [posted] = parseEventLogs({ abi: jobMarketAbi, eventName: "ReadRequested", args: { jobId }, logs });
  if (posted === undefined) throw new PersonaError("INTERNAL", "The market did not say what was posted.");
  const { protocolFee } = posted.args;
  const { datasetId, owner, price, token } = terms;
  const order = {
    requester,
    specHash,
    bundleDigest,
    token,
    fee: 0n,
    protocolFee,
    maxOutputBytes: 0,
    inputs: [{ datasetId, grantHash, owner, price }],
  };
  return { jobId, params: { order, offer: noOffer }, spec, bundle, grant };
}

async function allowPrice(client: ChainClient, { jobMarket }: Deployment, { terms }: GrantPackage): Promise<void> {
  const { protocolFeeBps } = await client.readContract({
    address: jobMarket,
    abi: jobMarketAbi,
    functionName: "tokenOf",
    args: [terms.token],
  });
  const needed = terms.price + (terms.price * BigInt(protocolFeeBps)) / 10_000n;
  const token = { address: terms.token, abi: erc20Abi } as const;
  const args = [client.account.address, jobMarket] as const;
  if ((await client.readContract({ ...token, functionName: "allowance", args })) >= needed) return;
  await callContract(client, { ...token, functionName: "approve", args: [jobMarket, needed] });
}
