import { expect } from "chai";
import { verifyMail } from "../../../node/src/provenance/verifyMail.ts";
import { createFuzz, refusedOr } from "../../helpers/fuzz.ts";
import { canonicalBody, canonicalField, rsaKey, signMail, takeFields, unfold } from "./signMail.ts";

const { seed, runs, fuzz } = createFuzz();

const names = ["from", "to", "subject", "date", "content-type"];
const key = rsaKey();
const at = 1_780_000_000;
const message = signMail(
  [
    "Received: by mx.example.net; Thu, 28 May 2026 20:26:41 +0000",
    "From: Kari Nordmann <kari@example.org>",
    "To: ola@example.net",
    "Subject: A folded",
    " subject",
    "Date: Thu, 28 May 2026 20:26:40 +0000",
    "Content-Type: text/plain",
    "",
    "Dear Ola,",
    "",
    "the tide is at six.",
    "",
  ].join("\r\n"),
  { key, domain: "example.org", names, tags: { t: at } },
);

/** Signed fields and body, as a relaxed signature sees them. */
function meaningOf(text: string): readonly string[] {
  const lines = text.replace(/\r?\n/g, "\r\n");
  const border = lines.indexOf("\r\n\r\n");
  const fields = takeFields(unfold(lines.slice(0, border + 2)), names);
  return [
    ...fields.map((field) => canonicalField(field, "relaxed")),
    canonicalBody(lines.slice(border + 4), "relaxed"),
  ];
}

describe(`mutations of a signed message (PERSONA_SEED=${seed})`, function () {
  this.timeout(Math.max(60_000, runs * 30));

  it(`behavior: of ${runs} none is accepted that means another thing`, async () => {
    const resolveKey = async (name: string) => (name === "sel._domainkey.example.org" ? key.record : undefined);
    const verify = (bytes: Uint8Array) => verifyMail(bytes, { resolveKey, policy: { at, minRsaBits: 1_024 } });
    expect((await verify(Buffer.from(message, "latin1"))).verdict).to.equal("accept");
    const meaning = meaningOf(message);
    let accepted = 0;
    await fuzz(Buffer.from(message, "latin1"), async (bytes) => {
      const verdict = await refusedOr(() => verify(bytes));
      if (verdict?.verdict !== "accept") return;
      accepted += 1;
      expect(verdict.fields).to.include({ from: "kari@example.org", domain: "example.org" });
      expect(meaningOf(Buffer.from(bytes).toString("latin1"))).to.deep.equal(meaning);
    });
    expect(accepted, "some change only what is not signed").to.be.greaterThan(0);
  });
});
