import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { keyIdOf } from "@persona-protocol/sdk/crypto";
import { openKeystore, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { toHex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

describe("persona keystore new", function () {
  this.timeout(30_000);
  const folder = temporaryFolder();
  const create = (...args: string[]) => runPersona(["keystore", "new", ...args], folder.path("."));

  it("default: a random key of each kind, in a file that opens with the passphrase and that others cannot read", async () => {
    const passphraseFile = await folder.write("passphrase", "correct horse\r\n");
    for (const kind of ["account", "owner-root"]) {
      const out = folder.path(`${kind}.json`);
      const { code, stdout, stderr } = await create(
        "--kind",
        kind,
        "--out",
        out,
        "--passphrase-file",
        passphraseFile,
        "--json",
      );
      expect(code, stderr).to.equal(0);
      const { ok, address, publicKeyId, ...rest } = JSON.parse(stdout);
      expect({ ok, ...rest }).to.deep.equal({ ok: true, kind, file: out });
      const opened = await openKeystore(await readFile(out, "utf8"), "correct horse");
      expect(opened.kind).to.equal(kind);
      if (kind === "account") expect(privateKeyToAddress(toHex(opened.secret)).toLowerCase()).to.equal(address);
      else expect(keyIdOf((await ownerKemKeyPair(opened.secret)).publicKey)).to.equal(publicKeyId);
      expect(stdout + stderr).to.not.include(toHex(opened.secret).slice(2));
      expect((await stat(out)).mode & 0o777).to.equal(0o600);
    }
  });

  it("behavior: two calls at once for one file: one of them makes it", async () => {
    const passphraseFile = await folder.write("passphrase", "p");
    const cwd = folder.path("race");
    await mkdir(cwd);
    const out = `${cwd}/one.json`;
    const both = await Promise.all(
      [1, 2].map(() => create("--kind", "account", "--out", out, "--passphrase-file", passphraseFile)),
    );
    expect(both.map(({ code }) => code).sort()).to.deep.equal([0, 1]);
    expect(await readdir(cwd)).to.deep.equal(["one.json"]);
    await openKeystore(await readFile(out, "utf8"), "p");
  });

  it("error: a file that is there, no passphrase, an unknown kind", async () => {
    const passphraseFile = await folder.write("passphrase", "p");
    const there = await folder.write("there.json", "mine");
    const [kind, out] = [
      ["--kind", "account"],
      ["--out", folder.path("new.json")],
    ];
    const withPassphrase = ["--passphrase-file", passphraseFile];
    expectRefusal(await create(...kind, "--out", there, ...withPassphrase), "CONFIG_INVALID");
    expect(await readFile(there, "utf8")).to.equal("mine");
    expectRefusal(await create("--kind", "\u{1b}[2J", ...out, ...withPassphrase), "USAGE");
    expectRefusal(await create(...kind, ...out), "USAGE");
    expect(await readdir(folder.path("."))).to.not.include("new.json");
  });
});
