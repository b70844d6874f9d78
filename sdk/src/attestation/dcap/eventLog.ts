import { sha384 } from "@noble/hashes/sha2.js";
import type { Hex } from "viem";
import { concatBytes, equalBytes, toHex, utf8 } from "../../crypto/index.ts";
import { PersonaError } from "../../errors/index.ts";
import { bytesOfHex } from "./collateral.ts";
import { u32le } from "./littleEndian.ts";

/** One event as dstack writes it beside a quote. */
export type MeasuredEvent = {
  /** The register that it extends: 0 to 3. */
  readonly register: 0 | 1 | 2 | 3;
  readonly type: number;
  /** 48 bytes: what the register was extended by. */
  readonly digest: Uint8Array;
  readonly name: string;
  readonly payload: Uint8Array;
};

export type RtMrs = Readonly<Record<"rtMr0" | "rtMr1" | "rtMr2" | "rtMr3", Hex>>;

const REGISTERS = [0, 1, 2, 3] as const;
const DIGEST_BYTES = 48;
const MAX_EVENTS = 65_536;
/** Events of the running system, which dstack extends RTMR3 by. Those before it are the firmware's and have digests of their own. */
const RUNTIME_EVENT = 0x0800_0001;

/**
 * Reads dstack's `event_log`: a JSON list of `imr`, `event_type`, `digest` (hex), `event` and `event_payload` (hex).
 *
 * @throws EVENT_LOG_INVALID
 */
export function parseEventLog(text: string): MeasuredEvent[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid("It is no JSON.");
  }
  if (!Array.isArray(json) || json.length > MAX_EVENTS) throw invalid(`It is no list of at most ${MAX_EVENTS} events.`);
  return json.map((item: unknown, index) => {
    const members = new Map<string, unknown>(typeof item === "object" && item !== null ? Object.entries(item) : []);
    const register = REGISTERS.find((known) => known === members.get("imr"));
    const type = members.get("event_type");
    const [digest, payload] = [hexMember(members.get("digest")), hexMember(members.get("event_payload"))];
    const name = members.get("event");
    const fits =
      register !== undefined &&
      typeof type === "number" &&
      Number.isInteger(type) &&
      type >= 0 &&
      type <= 0xffff_ffff &&
      digest?.length === DIGEST_BYTES &&
      payload !== undefined &&
      typeof name === "string";
    if (!fits) throw invalid(`Its event ${index} is malformed.`);
    return { register, type, digest, name, payload };
  });
}

/**
 * The registers that a log leads to: each begins with zeros, and an event makes it SHA-384 of itself and the event's digest. An
 * event of the running system is believed only when its digest is that of its type, name and payload.
 *
 * @throws EVENT_LOG_INVALID
 */
export function replayEventLog(events: readonly MeasuredEvent[]): RtMrs {
  const registers = REGISTERS.map(() => new Uint8Array(DIGEST_BYTES));
  for (const [index, event] of events.entries()) {
    if ((event.register === 3 || event.type === RUNTIME_EVENT) && !equalBytes(event.digest, runtimeDigest(event))) {
      throw invalid(`Its event ${index} has the digest of another one.`);
    }
    const before = registers[event.register];
    if (before !== undefined) registers[event.register] = Uint8Array.from(sha384(concatBytes(before, event.digest)));
  }
  const [rtMr0, rtMr1, rtMr2, rtMr3] = registers.map((register) => toHex(register));
  return { rtMr0: rtMr0 ?? "0x", rtMr1: rtMr1 ?? "0x", rtMr2: rtMr2 ?? "0x", rtMr3: rtMr3 ?? "0x" };
}

/**
 * Believes a log because a quote's registers are where it leads. The quote has been accepted before.
 *
 * @param measurements of the accepted verdict
 * @throws EVENT_LOG_INVALID naming the first register that differs
 */
export function requireEventLog(measurements: Readonly<Record<string, Hex>>, events: readonly MeasuredEvent[]): void {
  for (const [name, register] of Object.entries(replayEventLog(events))) {
    if (measurements[name] !== register) throw invalid(`It leads to another ${name} than the quote's.`);
  }
}

function runtimeDigest({ type, name, payload }: MeasuredEvent): Uint8Array {
  return sha384(concatBytes(u32le(type), utf8(":"), utf8(name), utf8(":"), payload));
}

function hexMember(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string" || value.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(value)) return undefined;
  return bytesOfHex(value);
}

function invalid(why: string): PersonaError {
  return new PersonaError("EVENT_LOG_INVALID", `The event log is not believed. ${why}`);
}
