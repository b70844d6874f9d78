import { truncate, writeFile } from "node:fs/promises";
import { type ErrorCode, isPersonaError } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { judgeFile, type ProvenanceFlags } from "../../../node/src/cli/provenance/provenanceVerify.ts";
import { attestor, context, makeProof, owner, timestampS } from "../../sdk/provenance/makeProof.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { rsaKey, signMail } from "../provenance/signMail.ts";
import { drivesTerminal, expectRefusal, runPersona } from "./persona.ts";

const key = rsaKey();
const mail = signMail(
  "From: Kari <kari@example.org>\r\nTo: ola@example.net\r\nSubject: Tide\r\nDate: Thu, 28 May 2026 20:26:40 +0000\r\n\r\nSix.\r\n",
  { key, domain: "example.org", tags: { t: timestampS } },
);

describe("persona provenance verify", function () {
  this.timeout(180_000); // a dozen processes
  const folder = temporaryFolder();
  const now = ["--at", String(timestampS + 60)];
  const pinned = ["--attestors", attestor.address, ...now];

  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(folder.path(name), content);
    return folder.path(name);
  };
  const verify = (file: string, ...args: readonly string[]) =>
    runPersona(["provenance", "verify", file, ...args], folder.path("."));

  const judge = (file: string, flags: Partial<ProvenanceFlags> = {}) =>
    judgeFile(file, { at: String(timestampS + 60), minRsaBits: "1024", json: true, ...flags });

  async function expectError(file: string, code: ErrorCode, flags: Partial<ProvenanceFlags> = {}): Promise<void> {
    const error = await judge(file, flags).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(isPersonaError(error, code), `${file} ${JSON.stringify(flags)}: ${error}`).to.equal(true);
  }

  /** The one line of JSON, with exit code 0 or 2. */
  async function verdictOf(file: string, ...args: readonly string[]) {
    const { code, stdout, stderr } = await verify(file, ...args, "--json");
    expect(stderr).to.equal("");
    expect(stdout).to.match(/^\{.*\}\n$/);
    const { kind, verdict, rule, fields, ...others } = JSON.parse(stdout);
    expect(others).to.deep.equal({});
    expect(code).to.equal(verdict === "accept" ? 0 : 2);
    return { kind, verdict, rule, fields };
  }

  it("default: a proof, an array of proofs, a message", async () => {
    const proof = await write("proof.json", JSON.stringify(await makeProof()));
    const accepted = await verdictOf(proof, ...pinned);
    expect(accepted).to.deep.include({ kind: "reclaim", verdict: "accept", rule: null });
    expect(accepted.fields).to.include({ owner, timestampS });
    // By the defaults an attestor of the tests is nobody's.
    expect(await verdictOf(proof)).to.include({ kind: "reclaim", verdict: "reject", rule: "signature-attestor" });

    const list = await write(
      "list.json",
      `\ufeff\n ${JSON.stringify([await makeProof(), await makeProof({ epoch: 2 })])}`,
    );
    expect(await verdictOf(list, ...pinned)).to.include({ verdict: "reject", rule: "claim-epoch" });

    const eml = await write("mail.eml", mail);
    expect(await verdictOf(eml, ...now)).to.include({ kind: "dkim", verdict: "reject", rule: "dkim-key-available" });
    const keys = await write("keys.txt", `sel._domainkey.example.org TXT "${key.record}"`);
    expect(await verdictOf(eml, ...now, "--keys", keys)).to.include({
      kind: "dkim",
      verdict: "accept",
      rule: null,
    });
    const cut = await write("cut.eml", `From kari@example.org Thu May 28 20:26:40 2026\r\n${mail}`);
    expect(await verdictOf(cut, ...now, "--keys", keys)).to.include({ rule: null });
  });

  it("behavior: each option narrows", async () => {
    const proof = await write("narrow.json", JSON.stringify(await makeProof()));
    const address = `0x${"2".repeat(40)}`;
    for (const [flags, rule] of [
      [{}, null],
      [{ owner: address }, "owner-bound"],
      [{ providerHash: `0x${"2".repeat(64)}` }, "provider-hash"],
      [{ contextAddress: address }, "context-bound"],
      [{ maxAge: "59" }, "time-age"],
      [{ owner, maxAge: "60", contextAddress: `0x${"1".repeat(40)}` }, null],
    ] as const)
      expect(await judge(proof, { attestors: attestor.address, ...flags }), rule ?? "none").to.include({ rule });
    const eml = await write("narrow.eml", mail);
    const keys = await write("keys.json", JSON.stringify({ "sel._domainkey.example.org": key.record }));
    for (const [flags, rule] of [
      [{ domain: "Example.org", maxAge: "60" }, null],
      [{ domain: "other.example" }, "dkim-domain"],
      [{ minRsaBits: "4096" }, "dkim-key-weak"],
      [{ maxAge: "59" }, "time-age"],
    ] as const)
      expect(await judge(eml, { keys, ...flags }), rule ?? "none").to.include({ rule });
  });

  it("behavior: tells a person what is proved, what is not, and by whom; no text drives the terminal", async () => {
    const hostile = JSON.stringify({ extractedParameters: { login: "\u001b[31m\u202e" } });
    const url = "https://a.example/\naccepted: all is well";
    const signed = await makeProof({ context: hostile, parameters: JSON.stringify({ url }) }, { hashed: hostile });
    const proof = await verify(await write("words.json", JSON.stringify(signed)), ...pinned);
    expect(proof.code, proof.stderr).to.equal(0);
    expect(proof.stdout).to.include(attestor.address.toLowerCase()).and.include("not proved").and.include("--owner");
    expect(proof.stdout).to.not.match(drivesTerminal);
    expect(proof.stdout).to.not.match(/^accepted: all/m);
    const rejected = await verify(await write("words.eml", mail), ...now);
    expect(rejected.code).to.equal(2);
    expect(rejected.stdout)
      .to.include("rejected by the rule dkim-key-available")
      .and.include("nothing in it is proved");
  });

  it("error: what is no evidence, and what is out of all measure", async () => {
    const proof = JSON.stringify(await makeProof());
    await writeFile(folder.path("huge"), "{");
    await truncate(folder.path("huge"), 100 * 1024 * 1024);
    await writeFile(folder.path("large.json"), "{");
    await truncate(folder.path("large.json"), 9 * 1024 * 1024);
    for (const file of [
      folder.path("nothing.json"),
      folder.path("."),
      folder.path("huge"),
      folder.path("large.json"),
      await write("empty", ""),
      await write("noise", Uint8Array.of(0, 1, 2, 255)),
      await write("text", "hello"),
      await write("other.json", '{"a":1}'),
      await write("none.json", "[]"),
      await write("cut.json", proof.slice(0, -1)),
      await write("latin.json", Buffer.from(proof.replace("blå", "bl\u00e5"), "latin1")),
      await write("deep.json", `{"claimData":${"[".repeat(1_000_000)}`),
      await write("twice.json", `{"identifier":"0x","identifier":"0x","claimData":{}}`),
      await write("fields.eml", `${"X-A: b\r\n".repeat(5_000)}${mail}`),
    ])
      await expectError(file, "PROVENANCE_UNREADABLE");
    // And as a person meets them.
    for (const file of ["huge", "deep.json"]) expectRefusal(await verify(folder.path(file)), "PROVENANCE_UNREADABLE");
    const presentation = JSON.stringify({ version: "0.1.0-alpha.12", data: "00ff", meta: {} });
    await expectError(await write("notary.json", presentation), "PROVENANCE_UNSUPPORTED");
  });

  it("behavior: hostile JSON is judged, not believed", async () => {
    const text = JSON.stringify(await makeProof());
    const hostile = context.replace("kari", "\\ud800");
    for (const [changed, rule] of [
      [text.replace(/"timestampS":\d+/, '"timestampS":1e400'), "claim-timestamp"],
      [text.replace(/"timestampS":(\d+)/, '"timestampS":$1.0'), "claim-timestamp"],
      [text.replace(/"timestampS":(\d+)/, '"timestampS":"$1"'), "claim-timestamp"],
      [text.replace(/"timestampS":(\d+)/, `"timestampS":${"9".repeat(400)}`), "claim-timestamp"],
      [text.replace('"epoch":1', '"epoch":1e0'), "claim-epoch"],
      [text.replace(/^\{/, '{"__proto__":{"identifier":"0x"},"toString":1,'), null],
      [text.replace('"identifier"', '"__proto__"'), "proof-shape"],
      [JSON.stringify(await makeProof({ context: hostile })), "claim-context"],
      [text.replace('"provider":"http"', '"provider":"http\\ud800"'), "text-wellformed"],
    ] as const) {
      const verdict = await judge(await write("hostile.json", changed), { attestors: attestor.address });
      expect(verdict, changed.slice(0, 200)).to.include({ rule });
    }
  });

  it("error: options that are none, or of the other kind", async () => {
    const proof = await write("options.json", JSON.stringify(await makeProof()));
    const eml = await write("options.eml", mail);
    for (const [file, flags] of [
      [proof, { at: "now" }],
      [proof, { maxAge: "-1" }],
      [proof, { owner: "kari" }],
      [proof, { attestors: "0x12" }],
      [proof, { providerHash: `0x${"2".repeat(63)}` }],
      [proof, { domain: "example.org" }],
      [eml, { owner }],
      [eml, { providerHash: `0x${"2".repeat(64)}` }],
      [eml, { minRsaBits: "512" }],
      [eml, { domain: "a b" }],
    ] as const)
      await expectError(file, "USAGE", flags);
    await expectError(eml, "CONFIG_INVALID", { keys: folder.path("absent") });
    await expectError(eml, "CONFIG_INVALID", { keys: await write("bad", "{}x") });
  });
});
