import { expect } from "chai";
import { randomTests, shortRuns } from "../../scripts/deep/shortRuns.ts";
import { repository, start } from "./house.ts";

const run = (...kinds: readonly { runs?: bigint; calls?: bigint }[]) => ({
  suiteResults: [
    {
      id: { name: "T" },
      testResults: kinds.map((kind, n) => ({ name: `t${n}()`, durationNs: BigInt(n) * 10n ** 9n, kind })),
    },
  ],
});

describe("npm run test:deep", () => {
  it("default: lists what is random, the longest first", () => {
    const tests = randomTests(run({ runs: 5n, calls: 50n }, {}, { runs: 7n }));
    expect(tests).to.deep.equal([
      { title: "T.t2()", runs: 7, calls: undefined, seconds: 2 },
      { title: "T.t0()", runs: 5, calls: 50, seconds: 0 },
    ]);
  });

  it("error: fewer runs or calls than were asked for", () => {
    const wanted = { fuzz: 100, runs: 10, depth: 5 };
    const short = (...kinds: readonly { runs?: bigint; calls?: bigint }[]) =>
      shortRuns(randomTests(run(...kinds)), wanted);
    expect(short({ runs: 100n }, { runs: 10n, calls: 50n })).to.deep.equal([]);
    expect(short({ runs: 99n })).to.deep.equal(["T.t0(): 99 of 100 runs"]);
    expect(short({ runs: 9n, calls: 50n })).to.have.length(1);
    expect(short({ runs: 10n, calls: 49n })).to.have.length(1);
  });

  it("behavior: one layer alone, with as many mutations as asked for", async () => {
    const args = ["--only", "storage", "--mutations", "20", "--seed", "0x7"];
    const { code, stdout } = await start(["scripts/testDeep.ts", ...args], { cwd: repository }).ended;
    expect(stdout).to.include("PERSONA_SEED=7").and.to.include("no envelope of 20 is accepted");
    expect(code).to.equal(0);
  });

  it("error: options that are none, before anything is compiled", async () => {
    for (const args of [
      ["--runs", "0"],
      ["--depth", "x"],
      ["--seed", "12"],
      ["--deep"],
      ["--only", "nothing"],
      ["--mutations", "0"],
    ]) {
      const { code, stderr } = await start(["scripts/testDeep.ts", ...args], { cwd: repository }).ended;
      expect(code, args.join(" ")).to.equal(2);
      expect(stderr).to.include(args[0]);
    }
  });
});
