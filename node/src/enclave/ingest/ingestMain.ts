/**
 * The ingest enclave: exchanges what people seal to it for tokens, renews them, fetches over TLS that ends here, and seals what it
 * brings to their keys, with a signed statement of where it comes from. It has no network and no files: its host relays bytes,
 * and keeps boxes that it cannot open.
 */
import type { Duplex } from "node:stream";
import { KeyClass } from "@persona-protocol/sdk/contracts";
import { open } from "@persona-protocol/sdk/crypto";
import { PersonaError, sourceError } from "@persona-protocol/sdk/errors";
import {
  type IngestEnclave,
  ingestInfo,
  ingestReportData,
  parseAuthorization,
} from "@persona-protocol/sdk/ingest/live";
import { hexToBytes } from "viem";
import { z } from "zod";
import { deploymentSchema } from "../runtime/deploymentSchema.ts";
import { openDoor } from "../runtime/door.ts";
import { createEnclaveIdentity, makeRegistration } from "../runtime/enclaveIdentity.ts";
import type { EvidenceProvider } from "../runtime/evidence.ts";
import { ingestMain, readBundle, requireMeasured } from "../runtime/measuredBundle.ts";
import { openEvidence } from "../runtime/openEvidence.ts";
import { encodeRegistration, registrationFacts } from "../runtime/registrationMessage.ts";
import { openRelaySocket } from "./net/relaySocket.ts";
import { createRootStore, openTls, type RootStore } from "./net/tlsConnection.ts";
import { runSource } from "./runSource.ts";
import { createSessionBoxes, type SessionBoxes, type SessionState } from "./sessionState.ts";
import { createSessions, type Sessions } from "./sessions.ts";

const bytes = z.instanceof(Uint8Array);
const startParams = z.strictObject({
  /** Roots beside those of Node's release, PEM: they show in the digest that people seal for. */
  roots: z.array(z.string().max(16_384)).max(16).default([]),
});
const authorizeParams = z.strictObject({ enc: bytes, ct: bytes });
const sessionParams = z.strictObject({ box: bytes });
const renewParams = z.strictObject({ box: bytes, withinSeconds: z.number().int().min(0).max(31_536_000) });
const runParams = z.strictObject({
  box: bytes,
  cursor: bytes.nullable(),
  timeZone: z.string().max(64).default("UTC"),
  run: z.number().int().min(0),
});
const runId = z.strictObject({ run: z.number().int().min(0) });

const registerParams = registrationFacts.extend({
  /** No class is an ingestor's own. Of this one no share is released to, and no job claimed by. */
  keyClass: z.literal(KeyClass.guardian),
  deployment: deploymentSchema,
});

const keepTimeoutMs = 30_000;
const pieceBytes = 4 * 1024 * 1024;
const maxRuns = 16;
const now = () => Date.now();

type Started = {
  readonly enclave: IngestEnclave;
  readonly evidence: EvidenceProvider;
  readonly boxes: SessionBoxes;
  readonly sessions: Sessions;
  readonly roots: RootStore;
  readonly dial: (target: { readonly host: string; readonly port: number }) => Duplex;
};

const folder = import.meta.dirname;
const bundle = readBundle(folder);
requireMeasured(folder, bundle.files, [ingestMain]);
const identity = await createEnclaveIdentity();
let started: Promise<Started> | undefined;
const running = new Map<string, AbortController>();
const runs = new Map<number, AbortController>();

const host = openDoor({
  socket: process.argv[4],
  onEnd: () => {},
  methods: {
    async start(params) {
      const { roots } = startParams.parse(params);
      started ??= start(roots);
      const { enclave } = await started;
      return {
        signer: enclave.signer,
        kemKey: enclave.kemKey,
        rootsDigest: enclave.rootsDigest,
        measurement: enclave.measurement,
      };
    },
    async evidence() {
      const { enclave, evidence } = await ready();
      return evidence.quote(ingestReportData(enclave));
    },
    /** Evidence and proof of possession for the registry: who signs statements of origin is then anybody's to look up. */
    async register(params) {
      const { evidence } = await ready();
      const { deployment, ...facts } = registerParams.parse(params);
      return encodeRegistration(await makeRegistration(identity, evidence, deployment, facts));
    },
    async authorize(params) {
      const { enclave, sessions } = await ready();
      const { enc, ct } = authorizeParams.parse(params);
      const info = ingestInfo("authorization", enclave);
      const plaintext = await open({ privateKey: identity.kem.privateKey, info, enc, ct });
      return factsOf(await sessions.authorize(parseAuthorization(plaintext)));
    },
    async confirm(params) {
      const { boxes, sessions } = await ready();
      return factsOf(await sessions.confirm(await boxes.openSession(sessionParams.parse(params).box)));
    },
    async renew(params) {
      const { boxes, sessions } = await ready();
      const { box, withinSeconds } = renewParams.parse(params);
      return factsOf(await sessions.renew(await boxes.openSession(box), withinSeconds * 1_000));
    },
    async withdraw(params) {
      const { boxes, sessions } = await ready();
      await sessions.withdraw(await boxes.openSession(sessionParams.parse(params).box));
      return null;
    },
    async run(params) {
      const { boxes, sessions, enclave } = await ready();
      const { box, cursor, timeZone, run } = runParams.parse(params);
      const state = await boxes.openSession(box);
      if (running.has(state.id)) throw sourceError("SOURCE_RUNNING", "A run of this session is under way.");
      if (running.size >= maxRuns)
        throw new PersonaError("LIMIT_EXCEEDED", "The enclave runs as many sources as it may.");
      const control = new AbortController();
      running.set(state.id, control);
      runs.set(run, control);
      try {
        const from = cursor === null ? undefined : await boxes.openCursor(state, cursor);
        const { account } = identity;
        const { roots, dial } = await ready();
        const { signal } = control;
        const options = { timeZone, signal, enclave, account, sessions, now, dial, roots };
        const result = await runSource(state, from, options);
        for (const [place, sealed] of result.boxes.entries()) await deliver(run, place, sealed);
        const { origin, stopped, counts } = result;
        return {
          ...(await factsOf(result.state)),
          cursor: result.cursor === undefined ? null : await boxes.sealCursor(state, result.cursor),
          statement: origin?.statement ?? null,
          signature: origin === null ? null : hexToBytes(origin.signature),
          boxes: result.boxes.length,
          counts,
          stopped: stopped === undefined ? null : { code: stopped.code, data: stopped.toJSON().data },
        };
      } finally {
        running.delete(state.id);
        runs.delete(run);
      }
    },
    async cancel(params) {
      const reason = new PersonaError("CANCELLED", "The run was cancelled.");
      runs.get(runId.parse(params).run)?.abort(reason);
      return null;
    },
  },
});

const opening = openEvidence(process.argv[3], bundle.measurement, host);
opening.catch(() => {});

async function start(roots: readonly string[]): Promise<Started> {
  const evidence = await opening;
  const store = createRootStore(roots);
  const enclave: IngestEnclave = {
    signer: identity.account.address,
    kemKey: identity.kem.publicKey,
    rootsDigest: store.digest,
    measurement: evidence.measurement,
  };
  const boxes = createSessionBoxes(evidence, store.digest);
  const dial: Started["dial"] = (target) => openRelaySocket(host, target);
  const sessions = createSessions({
    connect: (name, port) => openTls(dial({ host: name, port }), { host: name, roots: store, alpn: "http/1.1" }),
    rootsDigest: store.digest,
    async keep(state) {
      const box = await boxes.sealSession(state);
      await host.call("keep", { session: state.id, generation: state.generation, box }, { timeoutMs: keepTimeoutMs });
    },
    now,
  });
  return { enclave, evidence, boxes, sessions, roots: store, dial };
}

async function ready(): Promise<Started> {
  if (started === undefined) throw new PersonaError("ENCLAVE_FAILED", "The enclave is not started yet.");
  return started;
}

/** What a host may know of a session, and the box that it keeps. No token, code or key is among it. */
async function factsOf(state: SessionState) {
  const { boxes } = await ready();
  const { id, source, authorization, tokens, device, scopes } = state;
  const granted = tokens?.scopes ?? null;
  return {
    session: id,
    source,
    authorization,
    box: await boxes.sealSession(state),
    /** Unix seconds; null where tokens do not end, or there are none. */
    expiresAt: tokens?.expiresAt === null || tokens === null ? null : Math.floor(tokens.expiresAt / 1_000),
    renewable: tokens?.refresh !== null && tokens !== null,
    missing: granted === null ? [] : scopes.filter((scope) => !granted.includes(scope)),
    device:
      device === null
        ? null
        : {
            userCode: device.userCode,
            verificationUri: device.verificationUri,
            verificationUriComplete: device.verificationUriComplete,
            intervalSeconds: Math.ceil(device.intervalMs / 1_000),
            expiresAt: Math.floor(device.expiresAt / 1_000),
          },
  };
}

async function deliver(run: number, place: number, sealed: Uint8Array): Promise<void> {
  for (let at = 0; at === 0 || at < sealed.length; at += pieceBytes) {
    const piece = Uint8Array.from(sealed.subarray(at, at + pieceBytes));
    const last = at + pieceBytes >= sealed.length;
    await host.call("deliver", { run, place, piece, last }, { timeoutMs: keepTimeoutMs });
  }
}
