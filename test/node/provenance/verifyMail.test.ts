import { isPersonaError } from "@persona-protocol/sdk/errors";
import { type MailRule, mailRules, type VerdictFields } from "@persona-protocol/sdk/provenance";
import { expect } from "chai";
import { sealMessage } from "mailauth/lib/arc/index.js";
import { verifyMail } from "../../../node/src/provenance/verifyMail.ts";
import { type DkimKey, ed25519Key, pemOf, rsaKey, type SignOptions, signMail } from "./signMail.ts";

const rsa = rsaKey();
const ed = ed25519Key();
const signedAt = 1_780_000_000;
const policy = { at: signedAt + 60, minRsaBits: 1_024 };

const message = [
  "Received: by mx.example.net; Thu, 28 May 2026 20:26:41 +0000",
  "From: Kari Nordmann <kari@example.org>",
  "To: ola@example.net",
  "Subject: A folded",
  "\tsubject,  with   spaces ",
  "Date: Thu, 28 May 2026 20:26:40 +0000",
  "MIME-Version: 1.0",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "Dear Ola,  ",
  "",
  "the \t tide is at six.",
  "",
  "",
  "",
].join("\r\n");

const allNames = ["from", "to", "subject", "date", "mime-version", "content-type"];
const tried = new Set<string>();

const sign = (changed: Partial<SignOptions> = {}, text = message) =>
  signMail(text, { key: rsa, domain: "example.org", names: allNames, tags: { t: signedAt }, ...changed });

type Records = Readonly<Record<string, string>>;
const known: Records = { "sel._domainkey.example.org": rsa.record };

async function expectRule(
  text: string,
  rule: MailRule | null,
  {
    records = known,
    ...asked
  }: { readonly records?: Records; at?: number; minRsaBits?: number; maxAgeSeconds?: number; domain?: string } = {},
): Promise<VerdictFields> {
  const resolveKey = async (name: string) => records[name];
  const verdict = await verifyMail(Buffer.from(text, "latin1"), { resolveKey, policy: { ...policy, ...asked } });
  expect(verdict.rule, JSON.stringify(verdict.fields, null, 1)).to.equal(rule);
  expect(verdict.verdict).to.equal(rule === null ? "accept" : "reject");
  expect(verdict.kind).to.equal("dkim");
  if (rule !== null) tried.add(rule);
  return verdict.fields;
}

describe("verifyMail", () => {
  after(() => expect([...tried].sort(), "a negative test for each rule").to.include.members(Object.keys(mailRules)));

  for (const [title, key] of [
    ["rsa", rsa],
    ["ed25519", ed],
  ] as const)
    for (const canonicalization of ["relaxed/relaxed", "simple/simple", "relaxed/simple", "simple/relaxed"])
      it(`default: ${title}, ${canonicalization}, with CRLF and with LF`, async () => {
        const records = { "sel._domainkey.example.org": key.record };
        const text = sign({ key, canonicalization });
        const fields = await expectRule(text, null, { records });
        expect(fields).to.deep.include({
          from: "kari@example.org",
          domain: "example.org",
          selector: "sel",
          algorithm: key.algorithm,
          canonicalization,
          alignment: "exact",
          rsaBits: key === rsa ? 2_048 : null,
          signedAt: "2026-05-28T20:26:40.000Z",
          expiresAt: null,
          unsignedFields: ["dkim-signature", "received"],
          lengthTag: null,
          warnings: [],
        });
        expect([...(fields["signedFields"] as string[])].sort()).to.deep.equal([...allNames].sort());
        expect(fields["bodyBytes"]).to.equal(fields["bodyBytesSigned"]);
        await expectRule(text.replaceAll("\r\n", "\n"), null, { records });
        // One byte of the body, one of a signed field, one of the signature.
        await expectRule(text.replace("six.", "sux."), "dkim-body", { records });
        await expectRule(text.replace("ola@", "ole@"), "dkim-signature", { records });
      });

  it("behavior: forms that a relaxed signature does not see, and a simple one does", async () => {
    const change = (text: string) =>
      text.replace("tide  is", "tide is").replace("the \t tide", "the tide").replace("Subject: A", "subject:   A");
    await expectRule(change(sign()), null);
    await expectRule(change(sign({ canonicalization: "simple/relaxed" })), "dkim-signature");
    await expectRule(change(sign({ canonicalization: "relaxed/simple" })), "dkim-body");
    await expectRule(`${sign()}\r\n\r\n`, null);
    await expectRule(`${sign()}PS`, "dkim-body");
  });

  it("behavior: says which fields are not signed, and warns where that matters", async () => {
    const fields = await expectRule(sign({ names: ["from"], tags: {} }), null);
    expect(fields["unsignedFields"]).to.deep.equal([
      "dkim-signature",
      "received",
      "to",
      "subject",
      "date",
      "mime-version",
      "content-type",
    ]);
    expect(fields["warnings"]).to.deep.equal([
      "content-type-unsigned",
      "subject-unsigned",
      "date-unsigned",
      "recipient-unsigned",
      "time-unknown",
    ]);
    // Added on the way, by anybody.
    const added = await expectRule(`Reply-To: eve@evil.example\r\n${sign()}`, null);
    expect(added["unsignedFields"]).to.include("reply-to");
  });

  it("behavior: of several signatures the best decides, and all are shown", async () => {
    const records = { ...known, "sel._domainkey.relay.example.net": ed.record };
    const both = sign({ key: ed, domain: "relay.example.net" }, sign());
    const fields = await expectRule(both, null, { records });
    expect((fields["signatures"] as VerdictFields[]).map(({ domain, rule }) => [domain, rule])).to.deep.equal([
      ["relay.example.net", "dkim-alignment"],
      ["example.org", null],
    ]);
    await expectRule(both, null);
    await expectRule(both.replace(/(d=example\.org;[\s\S]*?bh=[\s\S]*?b=)\S{8}/, "$1AAAAAAAA"), "dkim-alignment", {
      records,
    });
  });

  it("behavior: of one organisation, but not of one hosting company", async () => {
    const records = {
      "sel._domainkey.mail.example.org": rsa.record,
      "sel._domainkey.eve.github.io": rsa.record,
      "sel._domainkey.co.uk": rsa.record,
    };
    expect(await expectRule(sign({ domain: "mail.example.org" }), null, { records })).to.include({
      alignment: "organisation",
    });
    const of = (domain: string) => message.replace("kari@example.org", `kari@${domain}`);
    await expectRule(sign({ domain: "eve.github.io" }, of("kari.github.io")), "dkim-alignment", { records });
    await expectRule(sign({ domain: "co.uk" }, of("example.co.uk")), "dkim-alignment", { records });
  });

  it("error: mail-signed, mail-from", async () => {
    await expectRule(message, "mail-signed");
    await expectRule(sign().replace(/^DKIM-Signature/, "X-Signature"), "mail-signed");
    for (const from of [
      "kari@example.org, eve@evil.example",
      "kari",
      "kari@example.org <eve@evil.example>, ola@example.org",
      "",
    ])
      await expectRule(sign({}, message.replace(/From: .*/, `From: ${from}`)), "mail-from");
    // The one above is what many readers show; the one below is what is signed.
    await expectRule(`From: Eve <eve@evil.example>\r\n${sign()}`, "mail-from");
    await expectRule(sign({}, `From: Eve <eve@evil.example>\r\n${message}`), "mail-from");
  });

  it("error: mail-lines", async () => {
    await expectRule(`X-Note: a\rFrom: eve@evil.example\r\n${sign()}`, "mail-lines");
    await expectRule(`X-Note: a\0b\r\n${sign()}`, "mail-lines");
  });

  it("error: dkim-form", async () => {
    const text = sign();
    for (const changed of [
      text.replace("v=1;", "v=2;"),
      text.replace("v=1;", ""),
      text.replace("s=sel;", ""),
      text.replace("s=sel;", "s=sel; s=sel;"),
      text.replace("a=rsa-sha256", "a=rsa-md5"),
      text.replace("c=relaxed/relaxed", "c=nowsp"),
      text.replace("bh=", "xh="),
      text.replace("t=", "t=x"),
      sign({ names: ["to", "subject"] }),
      sign({ tags: { t: signedAt, x: signedAt - 1 } }),
      sign({ tags: { i: "kari@evil.example" } }),
      sign({ tags: { l: "-1" } }),
      sign({ tags: { l: "1e3" } }),
    ])
      await expectRule(changed, "dkim-form");
  });

  it("error: dkim-algorithm, dkim-key-weak", async () => {
    await expectRule(sign({ algorithm: "rsa-sha1" }), "dkim-algorithm");
    const record = (key: DkimKey) => ({ records: { "sel._domainkey.example.org": key.record } });
    const short = rsaKey(768);
    await expectRule(sign({ key: short }), "dkim-key-weak", record(short));
    const middle = rsaKey(1_024);
    expect((await expectRule(sign({ key: middle }), null, record(middle)))["warnings"]).to.deep.equal(["rsa-1024"]);
    await expectRule(sign({ key: middle }), "dkim-key-weak", { ...record(middle), minRsaBits: 2_048 });
  });

  it("error: dkim-key-available, dkim-key-usable, dkim-key-testing, dkim-signature", async () => {
    await expectRule(sign(), "dkim-key-available", { records: {} });
    const records = (record: string) => ({ records: { "sel._domainkey.example.org": record } });
    await expectRule(sign(), "dkim-key-usable", records("v=DKIM1; k=rsa; p="));
    await expectRule(sign(), "dkim-key-usable", records("v=DKIM2; p=AAAA"));
    await expectRule(sign(), "dkim-key-usable", records("nonsense"));
    await expectRule(sign(), "dkim-key-usable", records(`${rsa.record}; s=tlsrpt`));
    await expectRule(sign(), "dkim-key-usable", records(`${rsa.record}; h=sha1`));
    await expectRule(sign(), "dkim-key-usable", records(ed.record));
    await expectRule(sign(), "dkim-key-testing", records(`${rsa.record}; t=y`));
    await expectRule(sign(), "dkim-signature", records(rsaKey().record));
  });

  it("error: dkim-length: who adds behind l= adds what they like", async () => {
    const length = "Dear Ola,\r\n\r\nthe tide is at six.\r\n".length;
    const text = sign({ tags: { l: length, t: signedAt } });
    expect((await expectRule(text, null))["warnings"]).to.deep.equal(["length-tag"]);
    expect(await expectRule(`${text}Send the money to Eve.\r\n`, "dkim-length")).to.deep.include({
      bodyBytesSigned: length,
      bodyBytes: length + "\r\n\r\nSend the money to Eve.\r\n".length,
    });
    await expectRule(sign({ tags: { l: 0, t: signedAt } }), "dkim-length");
    await expectRule(sign({ tags: { l: length + 1, t: signedAt } }), "dkim-length");
  });

  it("error: dkim-duplicates", async () => {
    for (const field of ["Subject: Another", "To: eve@evil.example", "Content-Type: text/html", "DATE : now"])
      await expectRule(`${field}\r\n${sign()}`, "dkim-duplicates");
    // Signed as absent: the added one breaks the signature.
    await expectRule(`Subject: Another\r\n${sign({ names: [...allNames, "subject"] })}`, "dkim-signature");
    await expectRule(`X-Other: 1\r\nX-Other: 2\r\n${sign()}`, null);
  });

  it("error: dkim-future, dkim-expired, time-age: to the second", async () => {
    const text = sign({ tags: { t: signedAt, x: signedAt + 100 } });
    await expectRule(text, null, { at: signedAt + 100 });
    await expectRule(text, "dkim-expired", { at: signedAt + 101 });
    await expectRule(text, null, { at: signedAt - 300 });
    await expectRule(text, "dkim-future", { at: signedAt - 301 });
    await expectRule(text, null, { maxAgeSeconds: 60 });
    await expectRule(text, "time-age", { maxAgeSeconds: 59 });
    await expectRule(sign({ tags: {} }), "time-age", { maxAgeSeconds: 60 });
  });

  it("error: dkim-alignment, dkim-domain", async () => {
    const records = { "sel._domainkey.evil.example": rsa.record, "sel._domainkey.mail.example.org": rsa.record };
    await expectRule(sign({ domain: "evil.example" }), "dkim-alignment", { records });
    await expectRule(sign({ domain: "mail.example.org" }), "dkim-domain", { records, domain: "example.org" });
    await expectRule(sign(), null, { domain: "EXAMPLE.org" });
  });

  describe("ARC", () => {
    const records = {
      ...known,
      "arc._domainkey.list.example.net": rsa.record,
      "arc._domainkey.second.example": ed.record,
    };
    const seal = async (text: string, signingDomain: string, key: DkimKey, cv: string) => {
      const authResults = `${signingDomain}; dkim=pass header.d=example.org`;
      const options = {
        signingDomain,
        selector: "arc",
        privateKey: pemOf(key),
        authResults,
        cv,
        signTime: new Date(signedAt * 1_000),
      };
      return (await sealMessage(Buffer.from(text, "latin1"), options)).toString("latin1") + text;
    };

    it("behavior: a chain is shown, and saves no message that a list has changed", async () => {
      const changed = `${sign()}-- \r\nthe list\r\n`;
      const once = await seal(changed, "list.example.net", rsa, "none");
      const twice = await seal(once, "second.example", ed, "pass");
      const { arc } = await expectRule(twice, "dkim-body", { records });
      expect(arc).to.deep.equal({
        result: "pass",
        detail: null,
        sets: [
          { instance: 1, domain: "list.example.net", selector: "arc", chainBefore: "none" },
          { instance: 2, domain: "second.example", selector: "arc", chainBefore: "pass" },
        ],
      });
    });

    it("behavior: a broken chain is shown, and harms no message that its author has signed", async () => {
      const good = await seal(sign(), "list.example.net", rsa, "none");
      expect((await expectRule(good, null, { records }))["arc"]).to.deep.include({ result: "pass" });
      const broken = [
        good.replace("dkim=pass", "dkim=fail"),
        good.replace(/(ARC-Seal:[\s\S]*?b=)\S{8}/, "$1AAAAAAAA"),
        good.replace("cv=none", "cv=pass"),
        good.replace("i=1", "i=2"),
        good.replace(/ARC-Seal: /, "X-Seal: "),
      ];
      for (const text of broken) {
        const { arc } = await expectRule(text, null, { records });
        expect(arc, text.slice(0, 400)).to.include({ result: "fail" });
      }
      expect((await expectRule(good, null))["arc"]).to.include({ result: "fail" });
      expect((await expectRule(sign(), null))["arc"]).to.deep.include({ result: "none", sets: [] });
    });
  });

  it("behavior: a message of nothing but lines, in LF, and of LF and CRLF mixed", async () => {
    const text = sign();
    const mixed = text.split("\r\n").map((line, index) => line + (index % 2 === 0 ? "\n" : "\r\n"));
    await expectRule(mixed.join("").slice(0, -2), null);
    await expectRule(text.replaceAll("\r\n", "\n") + "\n".repeat(3_000_000), null);
  });

  it("error: headers beyond measure", async () => {
    const ten = Array(10)
      .fill(0)
      .reduce((signed: string) => sign({}, signed), message);
    for (const text of [
      ten + "a".repeat(14_000_000),
      `${"X-A: b\r\n".repeat(2_001)}${message}`,
      `X-A: b\r\n${" c\r\n".repeat(20_001)}${message}`,
      `X-A: ${"b".repeat(600_000)}\r\n${message}`,
      Array(11)
        .fill(0)
        .reduce((signed: string) => sign({}, signed), message),
      sign({ names: Array(9_000).fill("a") }),
      sign().replace("DKIM-Signature: ", `DKIM-Signature: ${"no\tcolon\r\n".repeat(1_900)}`),
    ]) {
      const error = await verifyMail(Buffer.from(text), { resolveKey: async () => undefined, policy }).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      expect(isPersonaError(error, "PROVENANCE_UNREADABLE"), String(error)).to.equal(true);
    }
  });
});
