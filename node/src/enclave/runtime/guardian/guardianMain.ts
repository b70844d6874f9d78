/**
 * The guardian's enclave: the only process that holds the guardian's keys. Its host carries HTTP bodies, chain answers and
 * sealed files to and fro.
 */
import {
  decodeDeposit,
  decodeLogQuery,
  encodeSignedLogHead,
  isFrontier,
  logTypedData,
} from "@persona-protocol/sdk/access";
import type { Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { getAddress, type Hex, isAddress, isHex } from "viem";
import { z } from "zod";
import { openHostChain, requireDeployment, requireSameDeployment } from "../chain/hostChain.ts";
import { deploymentSchema } from "../deploymentSchema.ts";
import { openDoor } from "../door.ts";
import { createEnclaveIdentity, type EnclaveIdentity, makeRegistration } from "../enclaveIdentity.ts";
import { bundleMains, readBundle, requireMeasured } from "../measuredBundle.ts";
import { openEvidence } from "../openEvidence.ts";
import { encodeRegistration, registrationFacts } from "../registrationMessage.ts";
import { type AccessLog, createAccessLog } from "./accessLog.ts";
import { createReleaseAnswerer, type KeptAnswers } from "./answerRelease.ts";
import { createAskerKeys } from "./askerKeys.ts";
import { checkDeposit } from "./checkDeposit.ts";
import { checkLogQuery } from "./checkLogQuery.ts";
import { createErasures, type Erasures } from "./erasures.ts";
import type { GuardianChain } from "./guardianChain.ts";
import { createKeptKeyBoxes } from "./keptKeyBoxes.ts";
import { createKeptRevocations } from "./keptRevocations.ts";
import { handOverKeys, passKeys, takeKeys } from "./keyHandover.ts";
import { createReleaseLimits } from "./releaseLimits.ts";
import { resealDeposit } from "./resealDeposit.ts";
import { createRevocationBook, type RevocationBook } from "./revocationBook.ts";
import { requireUnsealedKey } from "./successorKey.ts";

const hex32 = z.custom<Hex>((value) => isHex(value) && value.length === 66, "not 32 bytes of hex");
const bytes = z.instanceof(Uint8Array);
/** Of one message to the enclave: as many as an owner or all of them have handed over, in pages. */
const maxRevocations = 1_024;
const startParams = z.strictObject({
  deployment: deploymentSchema,
  sealed: bytes.nullable(),
  /** What the keys outlive this process by: the platform's sealing, or another enclave of this guardian. */
  keep: z.enum(["platform", "replica"]).default("platform"),
});
const placeParams = {
  nodeId: z.number().int().positive(),
  confirmations: z.number().int().min(0).max(1_000),
  /** How many chain endpoints the host relays to: all of them must agree. */
  endpoints: z.number().int().min(1).max(8),
};
const serveParams = z.strictObject({
  ...placeParams,
  log: z.strictObject({ size: z.number().int().min(0), peaks: z.array(hex32).max(53) }).refine(isFrontier),
});
const restoreParams = z.array(bytes).max(maxRevocations);
const digests = z.array(hex32).max(1_024);
const sweepParams = z.strictObject({
  datasetIds: digests,
  overdue: z.strictObject({ datasetIds: digests, asOf: z.number().int().min(0) }),
});
const address = z
  .string()
  .refine((text) => isAddress(text), "not an address")
  .transform((text) => getAddress(text));
const target = { signer: address, kemKey: bytes };
const held = { keys: address, box: bytes };
const resealParams = z.strictObject({ ...placeParams, ...target, deposit: bytes });
const handOverParams = z.strictObject({ ...placeParams, ...target });
const passParams = z.strictObject({ ...placeParams, ...target, ...held });
const takeParams = z.strictObject({ ...placeParams, ...held });

const bundle = readBundle(import.meta.dirname);
requireMeasured(import.meta.dirname, bundle.files, [bundleMains.guardian]);
let identity: EnclaveIdentity | undefined;
let deployment: Deployment | undefined;
let nodeId = 0;
let serving: Serving | undefined;
const kept = createKeptRevocations();
/** By how many endpoints and confirmations: some thousand at most. */
const chains = new Map<string, GuardianChain>();

type Serving = {
  readonly chain: GuardianChain;
  readonly log: AccessLog;
  readonly revocations: RevocationBook;
  readonly erasures: Erasures;
  answer(body: Uint8Array): Promise<Uint8Array>;
};

const host = openDoor({
  socket: process.argv[4],
  onEnd: () => {},
  methods: {
    /** New keys, or the sealed ones of before a reboot: shares of every dataset hang on them. */
    async start(params) {
      const { deployment: given, sealed, keep } = startParams.parse(params);
      const known = requireDeployment(given);
      if (deployment !== undefined) requireSameDeployment(deployment, known);
      const evidence = await opening;
      // A host that comes back finds the keys that are there; others are another enclave's.
      identity ??= await createEnclaveIdentity(sealed === null ? undefined : await evidence.unseal(sealed));
      deployment ??= known;
      return {
        signer: identity.account.address,
        kemKey: identity.kem.publicKey,
        measurement: evidence.measurement,
        sealed: keep === "platform" ? await evidence.seal(identity.secret) : null,
      };
    },
    async register(params) {
      const started = requireStarted();
      const evidence = await opening;
      return encodeRegistration(
        await makeRegistration(started.identity, evidence, started.deployment, registrationFacts.parse(params)),
      );
    },
    /** Revocations that were taken before a restart, a page at a time, and all of them before this guardian serves. */
    async restore(params) {
      const page = restoreParams.parse(params);
      if (serving === undefined) for (const revocation of page) kept.restore(revocation);
      return null;
    },
    async serve(params) {
      const started = requireStarted();
      const { log: frontier, ...rest } = serveParams.parse(params);
      const guardianChain = agreedChain(rest);
      await requireUnsealedKey({ chain: guardianChain, nodeId: rest.nodeId }, started.identity.account.address);
      if (serving !== undefined) {
        // Chain, log and revocations go on where they are: a host that comes back may not turn any of them back.
        if (rest.nodeId !== nodeId || frontier.size !== serving.log.durable().size) {
          throw new PersonaError("STORE_FAILED", "The host's log is not the one that this guardian has written.", {
            data: { nodeId, size: frontier.size, wanted: serving.log.durable().size },
          });
        }
        return;
      }
      nodeId = rest.nodeId;
      const log = createAccessLog(frontier, async (lines) => {
        await host.call(
          "log",
          lines.map((line) => ({ ...line, answer: line.answer ?? null, revocation: line.revocation ?? null })),
          { timeoutMs: 10_000 },
        );
      });
      const keeps = async (datasetId: Hex) => (await keptOf(datasetId)).length > 0;
      const nowMs = () => performance.now();
      const revocations = createRevocationBook({ chain: guardianChain, log, keeps, nowMs, kept });
      const answers: KeptAnswers = new Map();
      const keyBoxes = createKeptKeyBoxes();
      const erasures = createErasures({
        chain: guardianChain,
        log,
        host: { kept: keptOf, deposit: fetchDeposit, destroy: destroyDeposits, expire: expireDeposits },
        forget(datasetId) {
          for (const [name, answered] of answers) if (answered.datasetId === datasetId) answers.delete(name);
          keyBoxes.forget(datasetId);
        },
      });
      const answer = createReleaseAnswerer(
        {
          chain: guardianChain,
          identity: started.identity,
          nodeId,
          operators: new Map(),
          askers: createAskerKeys(),
          keyBoxes,
          revocations,
          limits: createReleaseLimits(nowMs),
          erasures,
          deposit: fetchDeposit,
        },
        log,
        recallAnswer,
        answers,
      );
      serving = { chain: guardianChain, log, revocations, erasures, answer };
    },
    async deposit(body) {
      const { chain } = requireServing();
      return checkDeposit({ chain, identity: requireStarted().identity, nodeId }, bytes.parse(body));
    },
    /** Shares go to another attested key of this guardian; the enclave need not serve for that. */
    async reseal(params) {
      const { deposit, signer, kemKey, ...rest } = resealParams.parse(params);
      return resealDeposit(placeOf(rest), deposit, { signer, kemKey });
    },
    /** Own keys, for another enclave of this guardian to hold. */
    async handOver(params) {
      const { signer, kemKey, ...rest } = handOverParams.parse(params);
      return handOverKeys(placeOf(rest), { signer, kemKey });
    },
    /** Held keys, for an enclave of this guardian that was started anew. */
    async pass(params) {
      const { signer, kemKey, keys, box, ...rest } = passParams.parse(params);
      return passKeys(placeOf(rest), { keys, box }, { signer, kemKey });
    },
    /** Keys of before a reboot, in place of those of this start. */
    async take(params) {
      const { keys, box, ...rest } = takeParams.parse(params);
      const place = placeOf(rest);
      if (serving !== undefined) throw new PersonaError("ENCLAVE_FAILED", "The guardian serves with keys of its own.");
      identity = await takeKeys(place, { keys, box });
      return { signer: identity.account.address, kemKey: identity.kem.publicKey };
    },
    async release(body) {
      return requireServing().answer(bytes.parse(body));
    },
    async revoke(body) {
      await requireServing().revocations.take(bytes.parse(body));
    },
    /** The host names what it keeps; which of that ends is for the enclave to say. */
    async sweep(params) {
      const { datasetIds, overdue } = sweepParams.parse(params);
      return { destroyed: await requireServing().erasures.sweep(datasetIds, overdue) };
    },
    /** The newest head that is on the disk, signed now for the owner who asks; a host shows nobody else a head of today. */
    async logHead(query) {
      const { chain: guardianChain, log } = requireServing();
      const asked = decodeLogQuery(z.string().parse(query));
      const { newest } = await checkLogQuery({ chain: guardianChain, guardian: nodeId }, asked);
      const head = { guardian: nodeId, ...log.durable(), blockNumber: newest.number, blockHash: newest.hash };
      const { account } = requireStarted().identity;
      const signature = await account.signTypedData(logTypedData.head(guardianChain.view.deployment, head));
      return encodeSignedLogHead({ ...head, signature });
    },
  },
});

/** Asked for once; whoever starts the enclave hears why there is none. */
const opening = openEvidence(process.argv[3], bundle.measurement, host);
opening.catch(() => {});

async function fetchDeposit(keyBoxDigest: Hex): Promise<{ head: Uint8Array; body: Uint8Array } | undefined> {
  const stored = await host.call("deposit", { keyBoxDigest }, { timeoutMs: 10_000 });
  return stored instanceof Uint8Array ? decodeDeposit(stored) : undefined;
}

async function keptOf(datasetId: Hex): Promise<readonly Hex[]> {
  return digests.parse(await host.call("kept", { datasetId }, { timeoutMs: 10_000 }));
}

async function destroyDeposits(keyBoxDigests: readonly Hex[]): Promise<void> {
  await host.call("destroy", { keyBoxDigests: [...keyBoxDigests] }, { timeoutMs: 10_000 });
}

async function expireDeposits(datasetId: Hex): Promise<number> {
  return z
    .number()
    .int()
    .parse(await host.call("expire", { datasetId }, { timeoutMs: 10_000 }));
}

async function recallAnswer(name: string): Promise<Uint8Array | undefined> {
  const stored = await host.call("answer", { name }, { timeoutMs: 10_000 });
  return stored instanceof Uint8Array ? stored : undefined;
}

function requireServing(): Serving {
  if (serving === undefined) throw new PersonaError("ENCLAVE_FAILED", "The guardian is not serving yet.");
  return serving;
}

function requireStarted(): { identity: EnclaveIdentity; deployment: Deployment } {
  if (identity === undefined || deployment === undefined)
    throw new PersonaError("ENCLAVE_FAILED", "The enclave is not started yet.");
  return { identity, deployment };
}

type Place = { readonly nodeId: number; readonly confirmations: number; readonly endpoints: number };

function placeOf(place: Place) {
  return { identity: requireStarted().identity, nodeId: place.nodeId, chain: agreedChain(place) };
}

/** One for each way of asking, so that what it has confirmed before is not turned back by asking again. */
function agreedChain({ confirmations, endpoints }: Omit<Place, "nodeId">): GuardianChain {
  const name = `${endpoints} ${confirmations}`;
  const known = chains.get(name);
  if (known !== undefined) return known;
  const options = { endpoints, confirmations: BigInt(confirmations) };
  const made = openHostChain(host, requireStarted().deployment, options);
  chains.set(name, made);
  return made;
}
