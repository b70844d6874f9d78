import { createHash } from "node:crypto";
import {
  type MeasuredEvent,
  parseEventLog,
  readQuoteFields,
  replayEventLog,
  requireEventLog,
} from "@persona-protocol/sdk/attestation";
import { expect } from "chai";
import { vectorText, withVectors } from "../../helpers/attestationVectors.ts";
import { expectError } from "../../helpers/errors.ts";

const le32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const sha384 = (...parts: readonly (Uint8Array | string)[]): Buffer => {
  const hash = createHash("sha384");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const RUNTIME = 0x0800_0001;
const payload = Buffer.from("3763bc34", "hex");
const runtime = {
  imr: 3,
  event_type: RUNTIME,
  digest: sha384(le32(RUNTIME), ":app-id:", payload).toString("hex"),
  event: "app-id",
  event_payload: payload.toString("hex"),
};
const firmware = { imr: 0, event_type: 0x8000_000b, digest: "11".repeat(48), event: "", event_payload: "00" };
const logOf = (...events: readonly object[]): MeasuredEvent[] => parseEventLog(JSON.stringify(events));

describe("replayEventLog", () => {
  it("default: registers begin with zeros and are extended by each digest", () => {
    const registers = replayEventLog(logOf(firmware, runtime, firmware));
    const once = sha384(Buffer.alloc(48), Buffer.alloc(48, 0x11));
    expect(registers).to.deep.equal({
      rtMr0: `0x${sha384(once, Buffer.alloc(48, 0x11)).toString("hex")}`,
      rtMr1: `0x${"00".repeat(48)}`,
      rtMr2: `0x${"00".repeat(48)}`,
      rtMr3: `0x${sha384(Buffer.alloc(48), Buffer.from(runtime.digest, "hex")).toString("hex")}`,
    });
  });

  it("error: a payload, name or type that its digest is not of", async () => {
    for (const change of [{ event_payload: "3763bc35" }, { event: "app-ie" }, { event_type: RUNTIME + 1 }]) {
      await expectError("EVENT_LOG_INVALID", () => replayEventLog(logOf({ ...runtime, ...change })));
    }
  });

  it("error: a log that leads elsewhere, or from another order", async () => {
    const other = { ...firmware, digest: "22".repeat(48) };
    const registers = replayEventLog(logOf(firmware, other));
    requireEventLog(registers, logOf(firmware, other));
    await expectError("EVENT_LOG_INVALID", () => requireEventLog(registers, logOf(other, firmware)));
    await expectError("EVENT_LOG_INVALID", () => requireEventLog(registers, logOf(firmware)));
    await expectError("EVENT_LOG_INVALID", () => requireEventLog({}, []));
  });

  it("error: what is no log", async () => {
    const texts = [
      "",
      "{}",
      "[1]",
      JSON.stringify([{ ...runtime, imr: 4 }]),
      JSON.stringify([{ ...runtime, digest: "00" }]),
    ];
    const negative = JSON.stringify([{ ...runtime, event_type: -1 }]);
    const oddHex = JSON.stringify([{ ...runtime, event_payload: "0" }]);
    for (const text of [...texts, negative, oddHex]) await expectError("EVENT_LOG_INVALID", () => parseEventLog(text));
  });

  withVectors(
    "dstack/verifier_quote-report.json",
    "default: a real log leads to all four registers of its quote",
    () => {
      const report = JSON.parse(vectorText("dstack/verifier_quote-report.json")) as {
        quote: string;
        event_log: string;
      };
      const fields = readQuoteFields(Uint8Array.from(Buffer.from(report.quote, "hex")));
      const registers = Object.fromEntries(
        ["rtMr0", "rtMr1", "rtMr2", "rtMr3"].map((name) => [name, `0x${fields[name]}` as const]),
      );
      expect(replayEventLog(parseEventLog(report.event_log))).to.deep.equal(registers);
    },
  );
});
