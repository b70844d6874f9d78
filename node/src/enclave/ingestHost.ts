import type { SealedBox } from "@persona-protocol/sdk/crypto";
import { isErrorCode, isPersonaError, knowSourceErrors, PersonaError } from "@persona-protocol/sdk/errors";
import { type IngestEnclave, liveSources, oauthProviders, type SignedOrigin } from "@persona-protocol/sdk/ingest/live";
import { type Address, bytesToHex, type Hex } from "viem";
import { z } from "zod";
import type { EnclaveBundle } from "./bundle/enclaveBundle.ts";
import type { HostEvidence } from "./evidence/HostEvidence.ts";
import { createIngestRelay, type RelayTarget } from "./ingestRelay.ts";
import type { Isolation } from "./runtime/isolation.ts";
import { type EnclaveProcess, startEnclave } from "./startEnclave.ts";

const bytes = z.instanceof(Uint8Array);
const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-fA-F]+$/.test(value));
const startedSchema = z.strictObject({
  signer: z.custom<Address>(),
  kemKey: bytes,
  rootsDigest: hex,
  measurement: hex,
});
const sessionSchema = z.object({
  session: hex,
  source: z.string(),
  authorization: hex,
  box: bytes,
  expiresAt: z.number().nullable(),
  renewable: z.boolean(),
  missing: z.array(z.string()),
  device: z
    .strictObject({
      userCode: z.string(),
      verificationUri: z.string(),
      verificationUriComplete: z.string().nullable(),
      intervalSeconds: z.number(),
      expiresAt: z.number(),
    })
    .nullable(),
});
const runSchema = sessionSchema.extend({
  cursor: bytes.nullable(),
  statement: bytes.nullable(),
  signature: bytes.nullable(),
  boxes: z.number(),
  counts: z.array(z.strictObject({ name: z.string(), records: z.number() })),
  stopped: z.strictObject({ code: z.string(), data: z.record(z.string(), z.string()) }).nullable(),
});
const keepParams = z.strictObject({ session: hex, generation: z.number(), box: bytes });
const deliverParams = z.strictObject({ run: z.number(), place: z.number(), piece: bytes, last: z.boolean() });

/** What a host knows of an account: nothing that opens it. */
type IngestSession = z.infer<typeof sessionSchema>;

type IngestRun = {
  /** The session after the run. */
  readonly session: IngestSession;
  /** Sealed: where the next run goes on. Null when the source gave none. */
  readonly cursor: Uint8Array | null;
  /** Signed by the enclave; null when nobody was asked. */
  readonly origin: SignedOrigin | null;
  /** Sealed to the session's recipient: `openDelivery`. */
  readonly boxes: readonly Uint8Array[];
  /** Records of each segment that the run brought. */
  readonly counts: readonly { readonly name: string; readonly records: number }[];
  /** Why it ended early and may go on later; null when it came to the end. */
  readonly stopped: PersonaError | null;
};

/** An ingest enclave and the host's part in it. Methods throw what the enclave says: docs/errors.md, SOURCE_…. */
export type IngestHost = {
  readonly enclave: IngestEnclave;
  readonly pid: number;
  /** Resolves with a text of how it ended. */
  readonly ended: Promise<string>;
  /** Evidence for the enclave's keys and roots: its report data is `ingestReportData(enclave)`. */
  evidence(): Promise<Uint8Array>;
  /** Takes what a person's device has sealed, and obtains tokens, or a code to be confirmed elsewhere (`device`). */
  authorize(authorization: SealedBox): Promise<IngestSession>;
  /** @throws PersonaError SOURCE_AUTH_PENDING while the person has not confirmed */
  confirm(box: Uint8Array): Promise<IngestSession>;
  /** New tokens when they end within so many seconds. */
  renew(box: Uint8Array, withinSeconds: number): Promise<IngestSession>;
  /** Ends the consent at the service; the box is of no use after it. */
  withdraw(box: Uint8Array): Promise<void>;
  run(request: {
    readonly box: Uint8Array;
    readonly cursor: Uint8Array | null;
    readonly timeZone?: string;
    readonly signal?: AbortSignal;
  }): Promise<IngestRun>;
  /** For its registration. */
  readonly process: Pick<EnclaveProcess, "call" | "companionsOf">;
  stop(): Promise<void>;
};

export type IngestHostOptions = {
  readonly isolation: Isolation;
  readonly bundle?: EnclaveBundle;
  /** The platform that is asked for evidence; without one the enclave's is simulated. */
  readonly platform?: HostEvidence;
  /**
   * Writes a session's newest box down before it resolves: the enclave waits for it, because a refresh token that was exchanged counts
   * once. Of one session the box with the largest generation counts.
   */
  readonly keep: (session: Hex, generation: number, box: Uint8Array) => Promise<void>;
  /** Which hosts the operator lets it dial; the known services otherwise. */
  readonly mayDial?: (target: RelayTarget) => boolean;
  readonly route?: (target: RelayTarget) => RelayTarget | undefined;
  /** PEM of roots beside the usual ones: nothing that was sealed for the usual set opens then. */
  readonly roots?: readonly string[];
  readonly log: (line: string) => void;
};

const stepTimeoutMs = 180_000;
const runTimeoutMs = 6 * 60 * 60_000;

/** @throws PersonaError ENCLAVE_FAILED */
export async function startIngest(options: IngestHostOptions): Promise<IngestHost> {
  knowSourceErrors();
  const { mayDial = isKnownService, route } = options;
  const relay = createIngestRelay({ mayDial, route });
  const deliveries = new Map<number, Uint8Array[][]>();
  let nextRun = 1;
  const enclave = startEnclave({
    role: "ingest",
    isolation: options.isolation,
    ...(options.bundle === undefined ? {} : { bundle: options.bundle }),
    evidence: options.platform,
    log: options.log,
    methods: {
      ...relay.methods,
      async keep(params) {
        const { session, generation, box } = keepParams.parse(params);
        await options.keep(session, generation, box);
        return null;
      },
      async deliver(params) {
        const { run, place, piece } = deliverParams.parse(params);
        const boxes = deliveries.get(run);
        if (boxes === undefined || place > boxes.length)
          throw new PersonaError("REQUEST_INVALID", "No run waits for this.");
        const pieces = boxes[place] ?? [];
        boxes[place] = pieces;
        pieces.push(piece);
        return null;
      },
    },
  });
  void enclave.ended.then(() => relay.close());

  async function session(method: string, params: unknown): Promise<IngestSession> {
    return sessionSchema.parse(await enclave.call(method, params, { timeoutMs: stepTimeoutMs }));
  }

  try {
    const roots = [...(options.roots ?? [])];
    const started = startedSchema.parse(await enclave.call("start", { roots }, { timeoutMs: stepTimeoutMs }));
    return {
      enclave: started,
      pid: enclave.pid,
      process: enclave,
      ended: enclave.ended,
      evidence: async () => bytes.parse(await enclave.call("evidence", {}, { timeoutMs: stepTimeoutMs })),
      authorize: ({ enc, ct }) => session("authorize", { enc, ct }),
      confirm: (box) => session("confirm", { box }),
      renew: (box, withinSeconds) => session("renew", { box, withinSeconds }),
      async withdraw(box) {
        await enclave.call("withdraw", { box }, { timeoutMs: stepTimeoutMs });
      },
      async run({ box, cursor, timeZone = "UTC", signal }) {
        const run = nextRun++;
        deliveries.set(run, []);
        const cancel = () => void enclave.call("cancel", { run }, { timeoutMs: stepTimeoutMs }).catch(() => {});
        signal?.addEventListener("abort", cancel, { once: true });
        try {
          const answer = await enclave.call("run", { box, cursor, timeZone, run }, { timeoutMs: runTimeoutMs });
          const {
            statement,
            signature,
            boxes: count,
            counts,
            stopped,
            cursor: next,
            ...facts
          } = runSchema.parse(answer);
          const boxes = (deliveries.get(run) ?? []).map((pieces) => new Uint8Array(Buffer.concat(pieces)));
          if (boxes.length !== count)
            throw new PersonaError("ENCLAVE_FAILED", "The enclave delivered less than it says.");
          return {
            session: facts,
            cursor: next,
            origin: statement === null || signature === null ? null : { statement, signature: bytesToHex(signature) },
            boxes,
            counts,
            stopped: stopped === null ? null : stoppedOf(stopped),
          };
        } finally {
          signal?.removeEventListener("abort", cancel);
          deliveries.delete(run);
        }
      },
      async stop() {
        relay.close();
        await enclave.stop();
      },
    };
  } catch (error) {
    relay.close();
    await enclave.stop();
    throw isPersonaError(error)
      ? error
      : new PersonaError("ENCLAVE_FAILED", "The ingest enclave did not start.", { cause: error });
  }
}

function stoppedOf({
  code,
  data,
}: {
  readonly code: string;
  readonly data: Readonly<Record<string, string>>;
}): PersonaError {
  return new PersonaError(isErrorCode(code) ? code : "INTERNAL", "The service interrupted the run.", { data });
}

const knownHosts = new Set([
  ...liveSources.flatMap(({ hosts }) => hosts),
  ...Object.values(oauthProviders)
    .flatMap((provider) => Object.values(provider))
    .filter((value) => typeof value === "string" && value.startsWith("https:"))
    .map((url) => new URL(String(url)).host),
]);

/** The services that sources and their authorization servers are at, and mail servers. */
export function isKnownService({ host, port }: RelayTarget): boolean {
  // A mailbox may be anywhere; never in the host's own network, which the relay sees to.
  if (port === 993 || port === 143) return true;
  return knownHosts.has(port === 443 ? host : `${host}:${port}`);
}
