/** What must fail, each with its code, and each refusal at the guardians on a grant and a claimed job of its own. */
import {
  decodeReleaseAnswer,
  encodeReleaseCall,
  type GrantPackage,
  revoke,
  segmentBitmap,
} from "@persona-protocol/sdk/access";
import { type BuiltJob, buildJob, type JobRequest, sendJob, submitJob } from "@persona-protocol/sdk/compute";
import { typedData } from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, keyIdOf } from "@persona-protocol/sdk/crypto";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { otherProgram, threshold } from "./engagementProgram.ts";
import { askGuardian, type HostileOperator, nameOf, startHostileOperator } from "./hostileOperator.ts";
import { type DemoContext, grantPosts, request, runJob } from "./story.ts";

export type Refusals = Readonly<
  Record<"revoked" | "program" | "segment" | "tampered" | "stranger" | "exhausted", string>
>;

export async function showRefusals(
  context: DemoContext,
  mainGrant: GrantPackage,
  update: (text: string) => void,
): Promise<Refusals> {
  const hostile = await startHostileOperator(context.network);
  try {
    update("a job after revoke");
    const revoked = await afterRevoke(context, hostile);
    update("a program that was not granted");
    const program = await programNotGranted(context, hostile);
    update("a segment that was not granted");
    const segment = await segmentNotGranted(context, hostile);
    update("a blob with one flipped bit");
    const { tampered, job } = await flippedBit(context, hostile);
    update("a key that no node owns");
    const stranger = await strangerAsks(context, job);
    update("the fourth job on a three-use grant");
    const exhausted = await fourthUse(context, mainGrant);
    return { revoked, program, segment, tampered, stranger, exhausted };
  } finally {
    await hostile.stop();
  }
}

/** The owner revokes between claim and release: guardians refuse, and the contract takes no further job. */
async function afterRevoke(context: DemoContext, hostile: HostileOperator): Promise<string> {
  const { network, owner } = context;
  const granted = await grantPosts(context, { uses: 3, mayNameNode: true });
  const job = await postJob(context, { ...request(granted), namedNode: hostile.nodeId });
  await hostile.claim(job);
  await revoke({ client: owner, deployment: network.deployment }, granted);
  const atGuardians = await refusalOf(context, hostile, job);
  const atContract = await codeOf(submitJob(clientContext(context), request(granted)));
  return same(atGuardians, atContract);
}

/** The contract cannot see the program (the Scope is private): guardians open the bundle and can. */
async function programNotGranted(context: DemoContext, hostile: HostileOperator): Promise<string> {
  const granted = await grantPosts(context, { uses: 3, mayNameNode: true });
  const job = await postJob(context, { ...request(granted), program: otherProgram, namedNode: hostile.nodeId });
  await hostile.claim(job);
  return refusalOf(context, hostile, job);
}

async function segmentNotGranted(context: DemoContext, hostile: HostileOperator): Promise<string> {
  const likes = context.dataset.segments.find(({ name }) => name === "likes");
  if (likes === undefined) throw new PersonaError("INTERNAL", "The dataset has no likes.");
  const granted = await grantPosts(context, { uses: 3, mayNameNode: true });
  const job = await postJob(context, {
    ...request(granted),
    segments: [segmentBitmap([likes.index])],
    namedNode: hostile.nodeId,
  });
  await hostile.claim(job);
  return refusalOf(context, hostile, job);
}

/** Guardians release, the host hands the enclave a blob with one flipped bit: no result, a signed failure. */
async function flippedBit(
  context: DemoContext,
  hostile: HostileOperator,
): Promise<{ tampered: string; job: BuiltJob }> {
  const granted = await grantPosts(context, { uses: 3, mayNameNode: true });
  const job = await postJob(context, { ...request(granted), namedNode: hostile.nodeId });
  await hostile.claim(job);
  const { failure } = await hostile.run(job, { flipBitInBlob: true });
  return { tampered: failure ?? "ACCEPTED", job };
}

/** A request that is right in every other way, about a job that is claimed, signed by a key no node has registered. */
async function strangerAsks({ network, owner }: DemoContext, job: BuiltJob): Promise<string> {
  const { deployment, guardians } = network;
  const account = privateKeyToAccount(generatePrivateKey());
  const kem = await generateKemKeyPair();
  const answers = await Promise.all(
    guardians.map(async ({ nodeId: guardian }) => {
      const message = {
        jobId: job.jobId,
        attempt: 1,
        guardian,
        input: 0,
        kemKeyHash: keyIdOf(kem.publicKey),
        bundleDigest: job.params.order.bundleDigest,
      };
      const signature = await account.signTypedData(typedData.releaseRequest(deployment, message));
      const body = encodeReleaseCall({
        request: message,
        signature,
        kemKey: kem.publicKey,
        params: job.params,
        bundle: job.bundle,
      });
      return nameOf(decodeReleaseAnswer(await askGuardian(owner, network, guardian, body)));
    }),
  );
  return same(...answers);
}

async function fourthUse(context: DemoContext, granted: GrantPackage): Promise<string> {
  await runJob(context, granted);
  await runJob(context, granted);
  return codeOf(submitJob(clientContext(context), request(granted)));
}

const clientContext = ({ network, dapp }: DemoContext) => ({
  client: dapp,
  deployment: network.deployment,
  store: network.store,
});

/** Submits without the SDK's own check, as a hostile requester would. */
async function postJob(context: DemoContext, wanted: JobRequest): Promise<BuiltJob> {
  const client = clientContext(context);
  return sendJob(client, await buildJob(client, { args: { threshold }, ...wanted }));
}

/** What all three guardians answered, which must be the same, and must have left the enclave with nothing but a failure. */
async function refusalOf({ network }: DemoContext, hostile: HostileOperator, job: BuiltJob): Promise<string> {
  const { guardians, failure } = await hostile.run(job);
  if (guardians.length !== network.guardians.length)
    throw new PersonaError("INTERNAL", "Not all guardians answered.", { data: { answers: guardians.length } });
  if (failure !== "GUARDIANS_REFUSED")
    throw new PersonaError("INTERNAL", "The enclave did not sign a refusal.", { data: { failure: failure ?? "none" } });
  return same(...guardians.map(({ answer }) => answer));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (isPersonaError(error)) return error.code;
    throw error;
  }
  return "ACCEPTED";
}

const same = (...codes: readonly string[]): string => [...new Set(codes)].join(" and ");
