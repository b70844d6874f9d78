import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { typedData } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { ToolError } from "../../scripts/command/ToolError.ts";
import { typicalDeployment } from "../../scripts/vectors/deployments.ts";
import { exactNegativeLog } from "../../scripts/vectors/exactLog.ts";
import { agreed, signTwice } from "../../scripts/vectors/signTwice.ts";
import { makeTree, repository, start } from "./house.ts";

const files = [
  "test/vectors/typed-data.json",
  "test/vectors/race.json",
  "test/vectors/envelope.json",
  "test/vectors/evidence.json",
];
const vectors = (root: string, ...args: string[]) =>
  start([join(repository, "scripts/generateVectors.ts"), ...args], { env: { PERSONA_TOOLS_ROOT: root } }).ended;
const read = (root: string, path: string) => readFileSync(join(root, path), "utf8");

describe("npm run vectors", function () {
  this.timeout(30_000);

  it("default: writes what is committed, and the same again", async () => {
    const root = makeTree({});
    expect((await vectors(root)).code).to.equal(0);
    for (const path of files) expect(read(root, path)).to.equal(read(repository, path));
    expect((await vectors(root, "--check")).stdout).to.include("is current");
  });

  it("error: --check names the file and the line, and writes nothing", async () => {
    const changed = read(repository, "test/vectors/race.json").replace('"x": "3"', '"x": "4"');
    const root = makeTree({ "test/vectors/race.json": changed });
    writeFileSync(join(root, "test/vectors/typed-data.json"), read(repository, "test/vectors/typed-data.json"));
    const { code, stderr } = await vectors(root, "--check");
    expect(code).to.equal(1);
    expect(stderr).to.include("race.json is not what the SDK says, from line 5 on").and.to.include("npm run vectors");
    expect(stderr).to.not.include("typed-data");
    expect(read(root, "test/vectors/race.json")).to.equal(changed);
  });
});

describe("agreed", () => {
  it("error: nothing is written of which viem and ethers say different things", async () => {
    const { jobMarket: owner } = typicalDeployment;
    const signed = await signTwice(typedData.revokeAll(typicalDeployment, { owner, ownerEpoch: 1 }));
    const other = await signTwice(typedData.revokeAll(typicalDeployment, { owner, ownerEpoch: 2 }));
    expect(agreed("RevokeAll", signed, { ...signed })).to.equal(signed);
    for (const part of ["abi", "structHash", "digest", "signature"] as const) {
      const differs = { ...signed, [part]: other[part] };
      expect(() => agreed("RevokeAll", signed, differs), part).to.throw(ToolError, "disagree about RevokeAll");
    }
  });
});

describe("exactNegativeLog", () => {
  it("default: as Python's decimal has it, with 60 digits", () => {
    const known = [
      [1n, 818_323_753_292_969_962_226n],
      [1_559n, 682_706_982_627_329_765_645n],
      [97_460_986_726n, 351_570_990_001_138_669_730n],
      [1_997_740_966_730_071_281n, 41_004_729_796_980_483_742n],
      [10_509_484_535_949_048_316n, 10_378_317_949_180_146_390n],
      [1n << 64n, 0n],
    ] as const;
    for (const [x, log] of known) expect(exactNegativeLog(x)).to.equal(log);
  });
});
