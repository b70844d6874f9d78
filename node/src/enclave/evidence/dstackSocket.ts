/**
 * Evidence of a dstack CVM by its guest agent: HTTP over a Unix socket. Facts from Dstack-TEE/dstack, sdk/js (its v0 surface is
 * frozen and served by every release; v1 has no raw quote): `POST /GetQuote {"report_data": hex}`; agents before 0.5 listen on
 * `tappd.sock` and know `POST /prpc/Tappd.TdxQuote {"report_data": hex, "hash_algorithm": "raw"}`.
 */
import { existsSync } from "node:fs";
import { request } from "node:http";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { z } from "zod";
import type { HostEvidence } from "./HostEvidence.ts";
import { trimTdxQuote } from "./trimEvidence.ts";

/** In the order in which dstack's own clients look. */
const socketFolders = ["/var/run", "/run", "/var/run/dstack", "/run/dstack"];
/** An event log of hundreds of containers; a quote has 5 KiB. */
const maxAnswerBytes = 4 * 1024 * 1024;

const answer = z.object({
  quote: z
    .string()
    .max(64 * 1024)
    .regex(/^(0x)?([0-9a-fA-F]{2})+$/),
  event_log: z.string().optional(),
});
const failure = z.object({ error: z.string() });

export type DstackEndpoint = {
  /** `current` is asked by /GetQuote, `tappd` by /prpc/Tappd.TdxQuote. */
  readonly api: "current" | "tappd";
  /** A socket's path, or an http URL on this machine (dstack's simulator). */
  readonly address: string;
};

/**
 * The agent that dstack's own clients would find: `DSTACK_SIMULATOR_ENDPOINT`, then the current sockets, then those of older
 * releases (with `TAPPD_SIMULATOR_ENDPOINT` before them).
 * @throws PersonaError EVIDENCE_UNAVAILABLE where there is none
 */
export function findDstack(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  exists: (path: string) => boolean = existsSync,
): DstackEndpoint {
  const named = (name: string) => (environment[name] === "" ? undefined : environment[name]);
  const found = (file: string) => socketFolders.map((folder) => `${folder}/${file}`).find(exists);
  const current = named("DSTACK_SIMULATOR_ENDPOINT") ?? found("dstack.sock");
  if (current !== undefined) return { api: "current", address: current };
  const tappd = named("TAPPD_SIMULATOR_ENDPOINT") ?? found("tappd.sock");
  if (tappd !== undefined) return { api: "tappd", address: tappd };
  throw unavailable("There is no socket of a dstack agent here: mount it into this container.", {
    looked: socketFolders.join(" "),
  });
}

export function dstackEvidence({
  endpoint,
  timeoutMs = 20_000,
}: {
  /** By default what {@link findDstack} finds, at each quote: the agent may come up after us. */
  readonly endpoint?: DstackEndpoint;
  readonly timeoutMs?: number;
} = {}): HostEvidence {
  return {
    kind: "dstack",
    async quote(reportData) {
      if (reportData.length !== 64) throw new PersonaError("REQUEST_INVALID", "Report data has 64 bytes.");
      const { api, address } = endpoint ?? findDstack();
      const report_data = Buffer.from(reportData).toString("hex");
      const text =
        api === "current"
          ? await post(address, "/GetQuote", { report_data }, timeoutMs)
          : await post(address, "/prpc/Tappd.TdxQuote", { report_data, hash_algorithm: "raw" }, timeoutMs);
      const { quote, event_log } = parseAnswer(text);
      const evidence = trimTdxQuote(new Uint8Array(Buffer.from(quote.replace(/^0x/, ""), "hex")));
      return event_log === undefined ? { evidence } : { evidence, eventLog: event_log };
    },
  };
}

function parseAnswer(text: string): z.infer<typeof answer> {
  const value = parseJson(text);
  const failed = failure.safeParse(value);
  if (failed.success) {
    throw unavailable("The dstack agent refused.", { said: failed.data.error.slice(0, 200) });
  }
  const parsed = answer.safeParse(value);
  if (!parsed.success) throw unavailable("The dstack agent's answer holds no quote.");
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PersonaError("EVIDENCE_UNAVAILABLE", "The dstack agent's answer is not JSON.", { cause });
  }
}

/** One request, its whole answer within `timeoutMs` and {@link maxAnswerBytes}. No redirect is followed: node:http knows none. */
function post(address: string, path: string, body: object, timeoutMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (text: string, data: Record<string, string | number> = {}, cause?: unknown) =>
    reject(new PersonaError("EVIDENCE_UNAVAILABLE", text, { data: { address, ...data }, cause }));
  const text = JSON.stringify(body);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  const signal = AbortSignal.timeout(timeoutMs);
  const asked = request({ ...placeOf(address, path), method: "POST", headers, signal, agent: false }, (response) => {
    const { statusCode = 0 } = response;
    if (statusCode !== 200) {
      asked.destroy();
      return fail("The dstack agent answers with another status: is this its socket?", { status: statusCode });
    }
    const chunks: Buffer[] = [];
    let length = 0;
    response.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxAnswerBytes) return void chunks.push(chunk);
      asked.destroy();
      fail("The dstack agent's answer is too large.", { maxAnswerBytes });
    });
    response.on("end", () => {
      if (response.complete) resolve(Buffer.concat(chunks).toString("utf8"));
      else fail("The dstack agent's answer ends early.");
    });
    response.on("error", (cause) => fail("The dstack agent's answer broke off.", {}, cause));
  });
  asked.on("error", (cause) => {
    if (signal.aborted) fail("The dstack agent did not answer in time.", { timeoutMs });
    else fail("The dstack agent cannot be reached.", {}, cause);
  });
  asked.end(text);
  return promise;
}

function placeOf(address: string, path: string) {
  if (address.startsWith("/")) return { socketPath: address, path, host: "dstack" };
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const local = url !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url?.protocol !== "http:" || !local) {
    throw new PersonaError("CONFIG_INVALID", "A dstack agent is a socket's path or an http URL on this machine.", {
      data: { address },
    });
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? 80 : Number(url.port), path };
}

const unavailable = (text: string, data: Record<string, string | number> = {}) =>
  new PersonaError("EVIDENCE_UNAVAILABLE", text, { data });
