import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as cborg from "cborg";
import { expect } from "chai";
import { repositoryRoot } from "../../../../node/src/dev/repositoryRoot.ts";
import { nitroModule } from "../../../../node/src/enclave/evidence/nitroModule.ts";
import { attestationRequest, documentIn } from "../../../../node/src/enclave/evidence/nsmMessages.ts";
import { expectError } from "../../../helpers/errors.ts";
import { createRandom, testSeed } from "../../../helpers/random.ts";

const random = createRandom(testSeed());
const reportData = random.bytes(64);
const document = random.bytes(4_500);
const answer = (value: unknown) => cborg.encode(value);
const good = answer({ Attestation: { document } });
const compiler = spawnSync("cc", ["--version"], { stdio: "ignore" }).status === 0;

describe("nsmMessages", () => {
  it("default: a request that holds the report data as user_data and nothing else", () => {
    const value = cborg.decode(attestationRequest(reportData)) as { Attestation: Record<string, unknown> };
    expect(Object.keys(value)).to.deep.equal(["Attestation"]);
    expect(value.Attestation).to.have.all.keys("user_data", "nonce", "public_key");
    expect(value.Attestation).to.include({ nonce: null, public_key: null });
    expect(value.Attestation["user_data"]).to.deep.equal(reportData);
    expect(Buffer.from(documentIn(good)).equals(document)).to.equal(true);
  });

  it("behavior: maps of indefinite length, as Amazon's documents have them", () => {
    const indefinite = Uint8Array.of(
      0xbf,
      ...answer("Attestation"),
      0xbf,
      ...answer("document"),
      ...answer(document),
      0xff,
      0xff,
    );
    expect(Buffer.from(documentIn(indefinite)).equals(document)).to.equal(true);
  });

  const hostile: Readonly<Record<string, Uint8Array>> = {
    "an error of the module": answer({ Error: "InvalidArgument" }),
    "an empty document": answer({ Attestation: { document: new Uint8Array() } }),
    "a document that is text": answer({ Attestation: { document: "text" } }),
    "another command": answer({ GetRandom: { random: document } }),
    "more than one answer": answer({ Attestation: { document }, Error: "InternalError" }),
    "the document twice": Uint8Array.of(
      0xa1,
      ...answer("Attestation"),
      0xa2,
      ...answer("document"),
      0x41,
      1,
      ...answer("document"),
      0x41,
      2,
    ),
    "bytes behind it": Uint8Array.of(...good, 0),
    "an answer that is cut off": good.slice(0, -1),
    nothing: new Uint8Array(),
    "a text": answer("Attestation"),
    "too much": answer({ Attestation: { document: random.bytes(0x3000) } }),
  };
  for (const [name, bytes] of Object.entries(hostile)) {
    it(`error: ${name}`, () => expectError("EVIDENCE_UNAVAILABLE", () => documentIn(bytes)));
  }
});

describe("nitroModule", () => {
  const folder = mkdtempSync(join(tmpdir(), "persona-nsm-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  /** A helper that is a shell script: what a broken or hostile one could do. */
  const script = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const ask = (helper: string, device = "/dev/null", timeoutMs = 5_000) =>
    nitroModule({ helper, device, timeoutMs }).quote(reportData);

  it("default: a helper with no environment that gets the request and the device", async () => {
    writeFileSync(join(folder, "answer"), good);
    const helper = script("records", `/usr/bin/env > ${folder}/environment; /bin/cat > ${folder}/asked; /bin/cat "$1"`);
    const { evidence } = await ask(helper, join(folder, "answer"));
    expect(Buffer.from(evidence).equals(document)).to.equal(true);
    const { readFileSync } = await import("node:fs");
    expect(Buffer.from(attestationRequest(reportData)).equals(readFileSync(join(folder, "asked")))).to.equal(true);
    expect(readFileSync(join(folder, "environment"), "utf8")).not.to.match(/HOME|USER|PERSONA/);
  });

  it("error: helpers that fail, hang, write too much, or are not there", async () => {
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(script("fails", "echo no such device >&2; exit 69")));
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(script("hangs", "exec /bin/sleep 60"), "/dev/null", 100));
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(script("floods", "exec /bin/cat /dev/zero")));
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(script("silent", "exit 0")));
    await expectError("EVIDENCE_UNAVAILABLE", () => ask(join(folder, "missing")));
    await expectError("REQUEST_INVALID", () => nitroModule({ helper: "x" }).quote(reportData.slice(1)));
  });

  const title = "persona-nsm, built from its source, with a driver that is a function";
  (compiler ? describe : describe.skip)(compiler ? title : `${title} (skipped: there is no C compiler)`, function () {
    this.timeout(30_000);
    const binary = join(folder, "persona-nsm");
    const source = join(repositoryRoot, "node/native/nsmRequest.c");
    const flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"];
    const run = (mode: string, input: Uint8Array, ...args: string[]) =>
      spawnSync(binary, args, { input, env: { FAKE_NSM: mode }, maxBuffer: 1 << 20 });
    before(() => {
      const fake = join(repositoryRoot, "test/helpers/fakeNsm.c");
      const built = spawnSync("cc", [...flags, "-Wl,--wrap=ioctl", "-o", binary, source, fake], { encoding: "utf8" });
      expect(built.status, built.stderr).to.equal(0);
      writeFileSync(join(folder, "device"), good);
    });

    it("default: the module's document comes through", async () => {
      const { evidence } = await ask(binary, join(folder, "device"));
      expect(Buffer.from(evidence).equals(document)).to.equal(true);
    });

    it("default: each byte of the longest request reaches the driver, and each of its answer comes back", () => {
      const longest = random.bytes(0x1000);
      const { status, stdout } = run("echo", longest, "/dev/null");
      expect(status).to.equal(0);
      expect(stdout.equals(longest)).to.equal(true);
    });

    it("error: what it refuses, by exit code", () => {
      expect(run("echo", random.bytes(0x1001), "/dev/null").status).to.equal(64);
      expect(run("echo", new Uint8Array(), "/dev/null").status).to.equal(64);
      expect(run("echo", reportData, "/dev/null", "more").status).to.equal(64);
      expect(run("echo", reportData, join(folder, "none")).status).to.equal(69);
      for (const mode of ["refuse", "length", "empty"]) {
        const { status, stdout, stderr } = run(mode, reportData, "/dev/null");
        expect({ status, told: stdout.length }, mode).to.deep.equal({ status: 74, told: 0 });
        expect(String(stderr)).to.match(/^persona-nsm: /);
      }
    });

    it("error: built for use, it gets nothing from a file that is no Security Module", () => {
      const real = join(folder, "persona-nsm-real");
      const built = spawnSync("cc", [...flags, "-static", "-o", real, source], { encoding: "utf8" });
      expect(built.status, built.stderr).to.equal(0);
      expect(spawnSync(real, ["/dev/null"], { input: reportData }).status).to.equal(74);
      expect(spawnSync(real, [join(folder, "none")], { input: reportData }).status).to.equal(69);
    });
  });
});
