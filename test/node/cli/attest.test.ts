import { writeFile } from "node:fs/promises";
import { writePem } from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { collateralJson, issuedAt, judgedAt, simulator } from "../../helpers/attestationScene.ts";
import { vectorPath, vectorText, withVectors } from "../../helpers/attestationVectors.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { type CommandResult, drivesTerminal, expectRefusal, runPersona } from "./persona.ts";

const sim = simulator();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("persona attest", function () {
  this.timeout(120_000); // a dozen processes
  const folder = temporaryFolder();
  const run = (...args: readonly string[]): Promise<CommandResult> => runPersona(["attest", ...args], folder.path("."));
  const at = ["--at", String(judgedAt)];

  before(async () => {
    const files: Record<string, string | Uint8Array> = {
      quote: sim.tdxQuote({ reportData: new Uint8Array(64).fill(0xab) }, { padding: 70 }),
      "quote.hex": `${hex(sim.tdxQuote({}))}\n`,
      debug: sim.tdxQuote({ tdAttributes: Uint8Array.of(1, 0, 0, 0x10) }),
      cut: sim.tdxQuote({}).slice(0, 2_000),
      nothing: "hello",
      empty: "",
      "root.pem": writePem(sim.pki.root.der),
      "root.der": sim.pki.root.der,
      "two.pem": writePem(sim.pki.root.der, sim.pck.der),
      "collateral.json": collateralJson(sim.collateral({ tee: "tdx", issuedAt })),
    };
    for (const [name, content] of Object.entries(files)) await writeFile(folder.path(name), content);
  });

  const good = ["--collateral", "collateral.json", "--root", "root.pem", ...at];

  it("default: one line of JSON, and exit code 0", async () => {
    const { code, stdout, stderr } = await run("verify", "quote", ...good, "--json");
    expect(code, stderr).to.equal(0);
    const { fields, ...verdict } = JSON.parse(stdout) as { fields: Record<string, unknown> };
    expect(verdict).to.deep.equal({
      kind: "tdx-v4",
      verdict: "accept",
      status: "UpToDate",
      advisories: [],
      rule: null,
    });
    expect(fields).to.include({ trailing: 70, bodyType: "td10", reportData: "ab".repeat(64), fmspc: "00DE7E570000" });
    expect(stdout.split("\n")).to.have.length(2);
  });

  it("behavior: hex, and a root in DER", async () => {
    const result = await run("verify", "quote.hex", "--collateral", "collateral.json", "--root", "root.der", ...at);
    expect(result).to.deep.equal({ code: 0, stdout: "accept tdx-v4: UpToDate\n", stderr: "" });
  });

  it("error: what is rejected names its rule, with exit code 2 and nothing on stderr", async () => {
    const cases: readonly (readonly [string, readonly string[], string])[] = [
      ["quote", ["--collateral", "collateral.json", ...at], "pck-chain-root"],
      ["quote", ["--root", "root.pem", ...at], "collateral-missing"],
      ["quote", ["--collateral", "collateral.json", "--root", "root.pem", "--at", "1700000000"], "root-crl-validity"],
      ["debug", good, "td-debug"],
      ["cut", good, "quote-length"],
    ];
    for (const [file, flags, rule] of cases) {
      const { code, stdout, stderr } = await run("verify", file, ...flags, "--json");
      expect(code, stderr).to.equal(2);
      expect(JSON.parse(stdout)).to.include({ kind: "tdx-v4", verdict: "reject", status: null, rule });
      expect(stderr).to.equal("");
    }
  });

  it("error: what cannot be read ends with exit code 1 and says what to do", async () => {
    expectRefusal(await run("verify", "nothing"), "EVIDENCE_UNREADABLE");
    expectRefusal(await run("verify", "empty"), "EVIDENCE_UNREADABLE");
    expectRefusal(await run("verify", "not-there"), "EVIDENCE_UNREADABLE");
    expectRefusal(await run("verify", "."), "EVIDENCE_UNREADABLE");
    expectRefusal(await run("verify", "quote", "--collateral", "quote"), "COLLATERAL_INVALID");
    expectRefusal(await run("verify", "quote", "--collateral", "root.pem"), "COLLATERAL_INVALID");
    expectRefusal(await run("verify", "quote", "--root", "nothing"), "CERTIFICATE_INVALID");
    expectRefusal(await run("verify", "quote", "--root", "two.pem"), "CERTIFICATE_INVALID");
    expectRefusal(await run("verify", "quote", "--at", "noon"), "USAGE");
    expectRefusal(await run("verify", "quote", "--vcek", "root.pem"), "USAGE");
    const { code, stdout, stderr } = await run("verify", "nothing", "--json");
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    expect((JSON.parse(stderr) as { error: { code: string } }).error.code).to.equal("EVIDENCE_UNREADABLE");
  });

  it("default: show says in words what it is, whether to believe it, and why not", async () => {
    const believed = await run("show", "quote", ...good);
    expect(believed.code, believed.stderr).to.equal(0);
    expect(believed.stdout)
      .to.include("Intel TDX virtual machine (version 4)")
      .and.include("Believe it until 2025-07-15");
    expect(believed.stdout).to.include("ab".repeat(64)).and.include("UpToDate");
    const refused = await run("show", "debug", ...good);
    expect(refused.code).to.equal(2);
    expect(refused.stdout).to.include("Do not believe it. The rule td-debug");
    const alone = await run("show", "quote", "--root", "root.pem", ...at);
    expect(alone.stdout).to.include("--collateral");
    for (const { stdout } of [believed, refused, alone]) expect(stdout).to.not.match(drivesTerminal);
  });

  withVectors(
    "dcap_verdicts.json",
    "default: real quotes, Nitro documents and a report, by the makers' roots",
    async () => {
      type Expected = {
        quote: string;
        collateral: string;
        verifyAt: number;
        expect: string;
        status: string | null;
        advisories: string[];
      };
      // Three kinds; every verdict is asked in test/sdk/attestation/dcapVectors.test.ts.
      const expected = JSON.parse(vectorText("dcap_verdicts.json")) as Expected[];
      for (const wanted of [expected[0], expected[6], expected[7]]) {
        if (wanted === undefined) throw new Error("there are fewer verdicts");
        const flags = ["--collateral", vectorPath(wanted.collateral), "--at", String(wanted.verifyAt), "--json"];
        const { code, stdout } = await run("verify", vectorPath(wanted.quote), ...flags);
        expect(code, wanted.quote).to.equal(wanted.expect === "accept" ? 0 : 2);
        const { verdict, status, advisories } = JSON.parse(stdout) as Record<string, unknown>;
        expect({ verdict, status, advisories }).to.deep.equal({
          verdict: wanted.expect,
          status: wanted.status,
          advisories: wanted.advisories,
        });
      }
      const nitro = await run("verify", vectorPath("nitro/marlin_sample_attestation.bin"), "--json");
      expect(JSON.parse(nitro.stdout)).to.include({ kind: "nitro", verdict: "accept", rule: null });
      const [ark, ask] = ["--ark", "--ask"].map((flag) => [flag, vectorPath(`virtee-sev/milan-${flag.slice(2)}.pem`)]);
      const chain = [...(ark ?? []), ...(ask ?? []), "--vcek", vectorPath("virtee-sev/vcek_milan.der")];
      const snp = await run(
        "verify",
        vectorPath("virtee-sev/report_milan.hex"),
        ...chain,
        "--at",
        "1750000000",
        "--json",
      );
      expect(JSON.parse(snp.stdout)).to.include({ kind: "snp", verdict: "accept", rule: null });
    },
  );
});
