import { PersonaError, printable } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import fc from "fast-check";
import { testSeed } from "../../helpers/random.ts";

describe("printable", () => {
  it("default: what people write stays as it is", () => {
    for (const text of ["Überweisung", "שלום", "日本語", "e\u0301te\u0301", "👍🏽", "a – b", "நன்றி", "x\u00a0y"])
      expect(printable(text)).to.equal(text);
  });

  it("behavior: escapes, direction marks, invisible letters and lines are shown as codes", () => {
    expect(printable("\u001b[2J\u001b]0;root\u0007")).to.equal("\\u{1b}[2J\\u{1b}]0;root\\u{7}");
    expect(printable("\u009b31m")).to.equal("\\u{9b}31m");
    expect(printable("invoice\u202etxt.exe")).to.equal("invoice\\u{202e}txt.exe");
    expect(printable("pay\u200bpal")).to.equal("pay\\u{200b}pal");
    expect(printable("a\r\nGranted: yes")).to.equal("a\\u{d}\\u{a}Granted: yes");
    expect(printable("a\nb", { lines: true })).to.equal("a\nb");
    expect(printable("a\u2028b\u{e0041}")).to.equal("a\\u{2028}b\\u{e0041}");
    expect(printable("\ud800")).to.equal("\\u{d800}");
    expect(printable(`a${"\u0301".repeat(40)}`).match(/\u0301/g)).to.have.length(4);
  });

  it("behavior: a megabyte takes one line, and no longer than a glance", () => {
    const shown = printable("A".repeat(2 ** 20));
    expect(shown).to.equal(`${"A".repeat(200)}… (1048576 in all)`);
    expect(printable("\u202e".repeat(2 ** 20)).length).to.be.lessThan(2_000);
  });

  it("fuzz: nothing that a terminal obeys comes out, of any text", () => {
    const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
    const anything = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 });
    fc.assert(
      fc.property(anything, (units) => !harmful.test(printable(String.fromCharCode(...units)))),
      { seed: Number(testSeed()) | 0, numRuns: 500 },
    );
  });

  it("behavior: an error prints what a stranger has named, harmlessly; its fields keep it", () => {
    const endpoint = `https://x/\u001b[31m${"y".repeat(5_000)}`;
    const error = new PersonaError("GUARDIANS_UNAVAILABLE", "No answer: \u202eok.", { data: { endpoint } });
    expect(error.message).to.include("No answer: \\u{202e}ok.").and.include("\\u{1b}[31m").and.not.include("\u001b");
    expect(error.message.length).to.be.lessThan(2_000);
    expect(error.data["endpoint"]).to.equal(endpoint);
  });
});
