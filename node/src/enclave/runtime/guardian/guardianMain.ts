/**
 * The guardian's enclave: the only process that holds the guardian's keys. Its host carries HTTP bodies, chain answers and
 * sealed files to and fro.
 */
import { decodeDeposit } from "@persona-protocol/sdk/access";
import type { ChainView } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { getAddress, type Hex, isAddress, isHex } from "viem";
import { z } from "zod";
import { deploymentSchema } from "../deploymentSchema.ts";
import { createEnclaveIdentity, type EnclaveIdentity, makeRegistration } from "../enclaveIdentity.ts";
import { measureRuntime } from "../measureRuntime.ts";
import { createPeer } from "../peer.ts";
import { encodeRegistration, registrationFacts } from "../registrationMessage.ts";
import { relayedChain } from "../relayedChain.ts";
import { simulatedEvidence } from "../simulatedEvidence.ts";
import { createAccessLog } from "./accessLog.ts";
import { createReleaseAnswerer } from "./answerRelease.ts";
import { checkDeposit } from "./checkDeposit.ts";
import { resealDeposit } from "./resealDeposit.ts";
import { requireOwnKey } from "./successorKey.ts";

const hex32 = z.custom<Hex>((value) => isHex(value) && value.length === 66, "not 32 bytes of hex");
const bytes = z.instanceof(Uint8Array);
const startParams = z.strictObject({ deployment: deploymentSchema, sealed: bytes.nullable() });
const serveParams = z.strictObject({
  nodeId: z.number().int().positive(),
  confirmations: z.number().int().min(0).max(1_000),
  logHead: hex32,
});
const resealParams = z.strictObject({
  nodeId: z.number().int().positive(),
  confirmations: z.number().int().min(0).max(1_000),
  deposit: bytes,
  signer: z
    .string()
    .refine((text) => isAddress(text), "not an address")
    .transform((text) => getAddress(text)),
  kemKey: bytes,
});

// The terminal's Ctrl-C reaches every process of the group; this one ends when its host closes the door.
process.on("SIGINT", () => {});

const evidence = simulatedEvidence(measureRuntime());
let identity: EnclaveIdentity | undefined;
let chain: ChainView | undefined;
let nodeId = 0;
let answer: ((body: Uint8Array) => Promise<Uint8Array>) | undefined;

const peer = createPeer({
  input: process.stdin,
  output: process.stdout,
  methods: {
    /** New keys, or the sealed ones of before a reboot: shares of every dataset hang on them. */
    async start(params) {
      const { deployment, sealed } = startParams.parse(params);
      identity = await createEnclaveIdentity(sealed === null ? undefined : await evidence.unseal(sealed));
      chain = relayedChain(peer, deployment);
      return {
        signer: identity.account.address,
        kemKey: identity.kem.publicKey,
        measurement: evidence.measurement,
        sealed: await evidence.seal(identity.secret),
      };
    },
    async register(params) {
      const started = requireStarted();
      return encodeRegistration(
        await makeRegistration(started.identity, evidence, started.chain.deployment, registrationFacts.parse(params)),
      );
    },
    async serve(params) {
      const started = requireStarted();
      const { logHead, confirmations, ...rest } = serveParams.parse(params);
      const place = { chain: started.chain, nodeId: rest.nodeId, confirmations: BigInt(confirmations) };
      await requireOwnKey(place, started.identity.account.address);
      nodeId = rest.nodeId;
      const log = createAccessLog(logHead, (entry, head) => {
        // The host keeps the log; its head is in every signed answer, so what it drops or cannot write is missed.
        peer.call("log", { ...entry, blockNumber: Number(entry.blockNumber), head }).catch(() => {});
      });
      answer = createReleaseAnswerer(
        { ...started, nodeId, operators: new Map(), confirmations: BigInt(confirmations), deposit: fetchDeposit },
        log,
      );
    },
    async deposit(body) {
      return checkDeposit({ ...requireStarted(), nodeId }, bytes.parse(body));
    },
    /** Shares go to another attested key of this guardian; the enclave need not serve for that. */
    async reseal(params) {
      const { confirmations, deposit, signer, kemKey, ...rest } = resealParams.parse(params);
      const place = { ...requireStarted(), ...rest, confirmations: BigInt(confirmations) };
      return resealDeposit(place, deposit, { signer, kemKey });
    },
    async release(body) {
      if (answer === undefined) throw new PersonaError("ENCLAVE_FAILED", "The guardian is not serving yet.");
      return answer(bytes.parse(body));
    },
  },
});

void peer.closed.then(() => process.exit(0));

async function fetchDeposit(keyBoxDigest: Hex): Promise<{ head: Uint8Array; body: Uint8Array } | undefined> {
  const stored = await peer.call("deposit", { keyBoxDigest }, { timeoutMs: 10_000 });
  return stored instanceof Uint8Array ? decodeDeposit(stored) : undefined;
}

function requireStarted(): { identity: EnclaveIdentity; chain: ChainView } {
  if (identity === undefined || chain === undefined)
    throw new PersonaError("ENCLAVE_FAILED", "The enclave is not started yet.");
  return { identity, chain };
}
