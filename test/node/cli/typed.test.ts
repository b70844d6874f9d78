/** What a person types at a terminal, which files and flags do for scripts. */
import { access, readFile } from "node:fs/promises";
import { openKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { hasTerminal, typeAtPersona } from "../../helpers/terminal.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

const passphrase = "ein Pässwort, getippt";
const first = "Passphrase of the new account keystore";
const again = "The same again";

describe("a passphrase typed at the terminal", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const make = (out: string, ...typed: Parameters<typeof typeAtPersona>[1]) =>
    typeAtPersona(["keystore", "new", "--kind", "account", "--out", out], typed, folder.path("."));
  const isThere = (name: string) =>
    access(folder.path(name)).then(
      () => true,
      () => false,
    );

  before(function () {
    if (hasTerminal()) return;
    process.stderr.write(
      "\n  SKIPPED: no passphrase was typed at a terminal. This machine has no `script` of util-linux.\n\n",
    );
    this.skip();
  });

  it("default: asked for twice, never shown, and it opens what was made", async () => {
    const { code, screen } = await make("a.json", [first, `${passphrase}\r`], [again, `${passphrase}\r`]);
    expect(code, screen).to.equal(0);
    expect(screen).to.include("Keep a copy").and.not.include("getippt").and.not.include("P\u00e4ss");
    const { kind } = await openKeystore(await readFile(folder.path("a.json"), "utf8"), passphrase);
    expect(kind).to.equal("account");
  });

  it("error: two that differ, none, and Ctrl-C: nothing is made, and the terminal gets no stack", async () => {
    const cases = [
      [make("b.json", [first, "one\r"], [again, "two\r"]), "USAGE"],
      [make("b.json", [first, "\r"], [again, "\r"]), "USAGE"],
      [make("b.json", [first, "half\u0003"]), "CANCELLED"],
      [make("b.json", [first, "one\r"], [again, "\u0003"]), "CANCELLED"],
    ] as const;
    for (const [attempt, error] of cases) {
      const { code, screen } = await attempt;
      expect(screen)
        .to.include(`error ${error}:`)
        .and.not.match(/^\s+at .*:\d+:\d+\)?\r?$/m)
        .and.not.include("half");
      expect(code, screen).to.equal(1);
      expect(await isThere("b.json")).to.equal(false);
    }
  });

  it("error: USAGE: without a terminal nobody is asked, and nothing waits for an answer", async () => {
    const result = await runPersona(["keystore", "new", "--kind", "account", "--out", "c.json"], folder.path("."));
    expectRefusal(result, "USAGE");
    expect(result.stderr).to.include("--passphrase-file");
    expect(await isThere("c.json")).to.equal(false);
  });
});
