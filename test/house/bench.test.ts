import { join } from "node:path";
import { expect } from "chai";
import { formatTable } from "../../bench/formatTable.ts";
import { copyFromRepository, makeTree, start } from "./house.ts";

function runBench(args: string[]) {
  const root = makeTree({
    "package.json": '{"type":"module"}',
    "bench/sized.ts":
      'export const options = { size: { type: "string", default: "1" } }; export const run = ({ values }) => ({ size: values.size });',
    "bench/hash.ts": 'export function run({ log }) { log("warming up"); return { p50Ms: 1.5, nested: { count: 2 } }; }',
  });
  copyFromRepository(root, ["bench/main.ts", "bench/bench.ts", "bench/formatTable.ts"]);
  return start([join(root, "bench/main.ts"), ...args]).ended;
}

describe("npm run bench", () => {
  it("default: --json prints one object on one line, the last; what it logs goes elsewhere", async () => {
    const { code, stdout, stderr } = await runBench(["hash", "--json"]);
    expect(code).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal({ p50Ms: 1.5, nested: { count: 2 } });
    expect(stderr).to.include("warming up");
  });

  it("behavior: a bench has options of its own, which no other has", async () => {
    expect(JSON.parse((await runBench(["sized", "--json"])).stdout)).to.deep.equal({ size: "1" });
    expect(JSON.parse((await runBench(["--json", "sized", "--size", "2"])).stdout)).to.deep.equal({ size: "2" });
    expect((await runBench(["hash", "--size", "2"])).code).not.to.equal(0);
  });

  it("error: BENCH_UNKNOWN names those there are", async () => {
    for (const args of [["nothing", "--json"], ["main"], ["../scripts/check"], []]) {
      const { code, stdout, stderr } = await runBench(args);
      expect(code).to.equal(1);
      expect(stdout).to.equal("");
      expect(stderr).to.include("BENCH_UNKNOWN").and.to.include("hash");
    }
  });
});

describe("formatTable", () => {
  it("default: one aligned line a figure", () => {
    expect(formatTable({ a: 1234.5, long: { name: "x" } })).to.equal("a          1,234.5\nlong.name  x\n");
  });
});
