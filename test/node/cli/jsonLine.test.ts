import { expect } from "chai";
import { jsonLine } from "../../../node/src/cli/jsonLine.ts";
import { drivesTerminal } from "./persona.ts";

describe("jsonLine", () => {
  it("default: one line, big integers as text", () => {
    expect(jsonLine({ a: 1, b: 2n ** 70n, c: ["x\ny"] })).to.equal(
      '{"a":1,"b":"1180591620717411303424","c":["x\\ny"]}\n',
    );
  });

  it("behavior: nothing in it drives a terminal, and nothing is lost", () => {
    const text = [
      "\u001b[2J\u009b31m\u007f",
      "a\u202eb\u2066c\u200bd\u061c\ufeff",
      "\u2028\u2029",
      "\u{e0041}\u{e007f}",
      "\ud800 alone",
      "\ue000",
      "👩‍👩‍👧 naïve Ω 漢字 עברית",
      "\u001b]0;title\u0007".repeat(50_000),
    ];
    const line = jsonLine({ [text[0] ?? ""]: text });
    expect(line).to.not.match(drivesTerminal);
    expect(line.split("\n")).to.have.length(2);
    expect(JSON.parse(line)).to.deep.equal({ [text[0] ?? ""]: text });
    // What people write stays as it is written.
    expect(line).to.include("naïve Ω 漢字 עברית");
  });
});
