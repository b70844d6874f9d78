import { arrangeSnpCertificates, verifyEvidence } from "@persona-protocol/sdk/attestation";
import { createSimulatedSnp, writePem } from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { certificatesIn, plainBytes } from "../../../node/src/cli/attest/evidenceFiles.ts";
import { judgeFile, readCertificates } from "../../../node/src/cli/attest/judgeFile.ts";
import { expectError } from "../../helpers/errors.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";

const seed = new Uint8Array(32).fill(7);
const snp = createSimulatedSnp(seed, "milan");
const { chip, signer, root } = snp.certificates();
const report = snp.report();
const at = 1_760_000_000;
const rootFingerprint = snp.rootFingerprint;
const utf8 = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const wrapped = (text: string, end = "\n") => (text.match(/.{1,60}/g) ?? []).join(end) + end;

/** As a host lays it out: entries of GUID, offset and length, zeros, then the certificates. */
function table(...entries: readonly (readonly [guid: string, der: Uint8Array])[]): Uint8Array {
  let offset = 24 * (entries.length + 1);
  const head = Buffer.alloc(offset);
  for (const [index, [guid, der]] of entries.entries()) {
    head.set(Buffer.from(guid.replaceAll("-", ""), "hex"), 24 * index);
    head.writeUInt32LE(offset, 24 * index + 16);
    head.writeUInt32LE(der.length, 24 * index + 20);
    offset += der.length;
  }
  return Uint8Array.from(Buffer.concat([head, ...entries.map(([, der]) => der)]));
}
const whole = table(
  ["63da758d-e664-4564-adc5-f4b93be8accd", chip],
  ["4ab7b379-bbac-4fe4-a02f-05aef327c782", signer],
  ["c0b406a4-a803-4952-9743-3fb6014cd0ae", root],
);
const behind = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat([report, ...parts]));

describe("files of evidence", () => {
  const folder = temporaryFolder();

  it("behavior: bytes, hex in every spelling, base64", () => {
    const spellings = [
      ...[hex(report), `0x${hex(report)}\n`, `0X${hex(report).toUpperCase()}`, wrapped(hex(report), "\r\n")],
      ...[base64(report), wrapped(base64(report)), `  ${wrapped(hex(report), " ")}`],
    ];
    for (const text of spellings) expect(plainBytes(utf8(text)), text.slice(0, 20)).to.deep.equal(report);
    for (const bytes of [report, utf8("hello"), utf8("0x"), utf8("abc"), utf8(""), utf8("no evidence!")]) {
      expect(plainBytes(bytes)).to.equal(bytes);
    }
  });

  it("behavior: certificates as DER, hex, base64, PEM with text and CR LF around; error: other PEM", async () => {
    const bag = `Bag Attributes\r\n    localKeyID: 01\r\nsubject=/CN=X\r\n`;
    const pem = writePem(chip).replaceAll("\n", "\r\n");
    const files = [
      chip,
      utf8(hex(chip)),
      utf8(wrapped(base64(chip))),
      utf8(writePem(chip)),
      utf8(`${bag}${pem}${bag}`),
    ];
    for (const file of files) expect(certificatesIn(file, "x")).to.deep.equal([chip]);
    expect(certificatesIn(utf8(`${writePem(signer)}\n\n${writePem(root)}`), "x")).to.deep.equal([signer, root]);
    const key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    const wrong = [key, writePem(chip) + key, "-----BEGIN CERTIFICATE-----\nAAAA", writePem(chip).replace("M", "*")];
    for (const text of wrong) await expectError("CERTIFICATE_INVALID", () => certificatesIn(utf8(text), "x"));
  });

  it("behavior: a chain in three files, or several certificates in one, in any order", async () => {
    const other = createSimulatedSnp(seed, "milan", "vlek").certificates();
    await folder.write("chip", chip);
    await folder.write("signer", writePem(signer));
    await folder.write("root", hex(root));
    await folder.write("chain", writePem(signer, root));
    await folder.write("all", writePem(other.signer, root, signer, chip));
    const [path, wanted] = [folder.path, { chip, signer, root }];
    const flags = [
      { vcek: path("chip"), ask: path("signer"), ark: path("root") },
      { vcek: path("chip"), ask: path("chain") },
      { vcek: path("chip"), ask: path("chain"), ark: path("chain") },
      { vcek: path("all") },
    ];
    for (const each of flags) expect(await readCertificates(each)).to.deep.equal(wanted);
    expect(arrangeSnpCertificates([signer, Uint8Array.of(1), root])).to.equal(undefined);
    for (const each of [{ vcek: path("chip") }, { ask: path("chain") }, { vcek: path("chip"), ask: path("signer") }]) {
      await expectError("USAGE", () => readCertificates(each));
    }
  });

  it("behavior: an extended report is judged by the host's table behind it, or by what is given; zeros are none", async () => {
    const judge = (evidence: Uint8Array, certificates = snp.certificates()) =>
      verifyEvidence({ evidence, certificates, at, rootFingerprint });
    const alone = (evidence: Uint8Array) => verifyEvidence({ evidence, at, rootFingerprint });
    expect(await alone(behind(whole))).to.include({ kind: "snp", verdict: "accept" });
    expect(await alone(behind(whole, new Uint8Array(3_000)))).to.include({ verdict: "accept" });
    expect(await judge(behind(new Uint8Array(2_816)))).to.include({ verdict: "accept" });
    expect(await alone(behind(new Uint8Array(2_816)))).to.include({ rule: "snp-chain-missing" });
    expect(await alone(report)).to.include({ rule: "snp-chain-missing" });
    // What is no table is not passed over.
    for (const bad of [behind(Uint8Array.of(1)), behind(whole.subarray(0, 200)), report.subarray(0, 1_183)]) {
      expect(await judge(bad)).to.include({ verdict: "reject", rule: "snp-size" });
    }
    const forged = table(["63da758d-e664-4564-adc5-f4b93be8accd", chip.with(400, (chip[400] ?? 0) ^ 1)]);
    expect(await judge(behind(forged))).to.include({ verdict: "accept" });
    await expectError("EVIDENCE_UNREADABLE", () => judge(report.subarray(0, 40)));
  });

  it("error: times that are none", async () => {
    const path = await folder.write("report", report);
    for (const time of ["-1", "1e9", "1.5", "", " ", "0x10", "999999999999", "NaN"]) {
      await expectError("USAGE", () => judgeFile(path, { at: time, json: true }));
    }
    const vcek = await folder.write("everything", writePem(chip, signer, root));
    const rootPem = await folder.write("root.pem", writePem(root));
    for (const time of ["0", "99999999999"]) {
      const verdict = await judgeFile(path, { at: time, vcek, root: rootPem, json: true });
      expect(verdict).to.include({ verdict: "reject", rule: "snp-chain-validity" });
    }
    expect(await judgeFile(path, { at: String(at), vcek, root: rootPem, json: true })).to.include({
      verdict: "accept",
    });
  });
});
