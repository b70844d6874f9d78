import { expect } from "chai";
import { orderedOutput } from "../../scripts/test/orderedOutput.ts";

describe("orderedOutput", () => {
  it("default: prints sections in the order announced, whoever writes first", () => {
    const printed: unknown[] = [];
    const output = orderedOutput({ write: (chunk) => printed.push(chunk) });
    output.announce("a");
    output.announce("b");
    const a = output.section("a");
    const b = output.section("b");
    b.write("b1");
    expect(printed).to.deep.equal([]);
    a.write("a1");
    b.end();
    a.write("a2");
    a.end();
    expect(printed).to.deep.equal(["a1", "a2", "b1"]);
  });
});
