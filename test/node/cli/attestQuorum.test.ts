import { writeFile } from "node:fs/promises";
import {
  type EvidenceResult,
  evidenceResultDigest,
  readNitroDocument,
  signerOf,
} from "@persona-protocol/sdk/attestation";
import { createSimulatedNitro, createSimulatedSnp, createSimulator } from "@persona-protocol/sdk/attestation/simulator";
import { sealKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { bytesToHex, type Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { createRandom, testSeed } from "../../helpers/random.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

const random = createRandom(testSeed());
const seed = random.bytes(32);
const secret = random.bytes(32);
const member = privateKeyToAddress(bytesToHex(secret));
const quorumVerifier = "0x00000000000000000000000000000000000000AA";

describe("persona attest sign", function () {
  this.timeout(120_000); // a dozen processes
  const folder = temporaryFolder();
  const run = (...args: readonly string[]) => runPersona(["attest", "sign", ...args], folder.path("."));
  const as = (chainId: number) => [
    ...["--verifier", quorumVerifier, "--chain-id", String(chainId)],
    ...["--keystore", "member.json", "--passphrase-file", "passphrase"],
  ];
  const roots = ["--nitro-root", "nitro.der", "--snp-root", "ark.der"];
  const certificates = ["--vcek", "vcek.der", "--ask", "ask.der", "--ark", "ark.der"];

  before(async () => {
    const nitro = createSimulatedNitro(seed);
    const snp = createSimulatedSnp(seed, "turin");
    const document = nitro.document({ userData: random.bytes(64), timestamp: Date.now() });
    const { chip, signer, root } = snp.certificates();
    const passphrase = "a member's passphrase";
    const files: Record<string, string | Uint8Array> = {
      document,
      "report.hex": bytesToHex(snp.report({ reportData: random.bytes(64) })),
      quote: createSimulator({ seed }).tdxQuote({}),
      short: nitro.document({ userData: random.bytes(63), timestamp: Date.now() }),
      "nitro.der": readNitroDocument(document).cabundle[0] ?? "",
      ...{ "vcek.der": chip, "ask.der": signer, "ark.der": root },
      passphrase,
      "member.json": JSON.stringify(await sealKeystore({ kind: "account", secret, passphrase })),
    };
    for (const [name, content] of Object.entries(files)) await writeFile(folder.path(name), content);
  });

  const signed = (stdout: string) => JSON.parse(stdout) as { member: Hex; result: EvidenceResult; signature: Hex };

  it("default: a document and a report, each signed for this contract by this member", async () => {
    for (const [file, vendor, more] of [
      ["document", 3, []],
      ["report.hex", 2, certificates],
    ] as const) {
      const { code, stdout, stderr } = await run(file, ...as(31_337), ...roots, ...more, "--json");
      expect(code, stderr).to.equal(0);
      const { result, signature, ...said } = signed(stdout);
      expect(said).to.deep.equal({ member });
      expect(result.vendor).to.equal(vendor);
      const digest = evidenceResultDigest({ chainId: 31_337, quorumVerifier }, result);
      expect(await signerOf(digest, signature)).to.equal(member);
    }
  });

  it("error: what is refused, what contracts judge themselves, and development roots elsewhere", async () => {
    expectRefusal(await run("short", ...as(31_337), ...roots), "EVIDENCE_REFUSED", 2);
    expectRefusal(await run("document", ...as(1)), "EVIDENCE_REFUSED", 2);
    expectRefusal(await run("document", ...as(1), ...roots), "CONFIG_INVALID");
    expectRefusal(await run("quote", ...as(31_337)), "EVIDENCE_UNREADABLE");
    expectRefusal(await run("report.hex", ...as(31_337), ...roots), "USAGE");
    expectRefusal(await run("document", ...as(31_337), ...roots, "--at", "1700000000"), "REQUEST_INVALID", 2);
  });
});
