import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { formatJson } from "../../scripts/command/formatJson.ts";
import { makeTree, repository, start } from "./house.ts";

const contract = (members: string) => `pragma solidity ^0.8.28;
enum State { None, Open }
struct Job { address who; State state; }
interface INothing {}
abstract contract Part { ${members} }
contract Market is Part { mapping(bytes32 => Job) private _jobs; }
`;

const FILE = "contracts/Market.sol";
const layouts = (root: string, ...args: string[]) =>
  start([join(repository, "scripts/layouts.ts"), ...args], { env: { PERSONA_TOOLS_ROOT: root } }).ended;

describe("npm run layouts", function () {
  this.timeout(60_000); // the compiler is 9 MB of WebAssembly

  it("default: what can be deployed, with inherited slots, structs and enums, and the same again", async () => {
    const root = makeTree({ [FILE]: contract("uint96 private _a; address private _b;"), "docs/.keep": "" });
    expect((await layouts(root)).code).to.equal(0);
    const written = JSON.parse(readFileSync(join(root, "docs/storage-layout.json"), "utf8"));
    expect(Object.keys(written)).to.deep.equal([`${FILE}:Market`]);
    const { storage, structs, enums } = written[`${FILE}:Market`];
    expect(storage).to.deep.equal([
      { slot: 0, offset: 0, bytes: 12, label: "_a", type: "uint96" },
      { slot: 0, offset: 12, bytes: 20, label: "_b", type: "address" },
      { slot: 1, offset: 0, bytes: 32, label: "_jobs", type: "mapping(bytes32 => struct Job)" },
    ]);
    expect(structs["struct Job"]).to.have.length(2);
    expect(enums).to.deep.equal({ "enum State": ["None", "Open"] });
    expect((await layouts(root, "--check")).code).to.equal(0);
  });

  it("error: --check names each slot that moved, and writes nothing", async () => {
    const root = makeTree({ [FILE]: contract("uint96 private _a;"), "docs/.keep": "" });
    await layouts(root);
    const path = join(root, "docs/storage-layout.json");
    const before = readFileSync(path, "utf8");
    writeFileSync(join(root, FILE), contract("uint128 private _a;"));
    const { code, stderr } = await layouts(root, "--check");
    expect(code).to.equal(1);
    expect(stderr)
      .to.include("- slot 0, bytes 0 to 11: uint96 _a")
      .and.to.include("+ slot 0, bytes 0 to 15: uint128 _a");
    expect(stderr).to.not.include("_jobs");
    expect(readFileSync(path, "utf8")).to.equal(before);
  });

  it("error: contracts that do not compile (1), an unknown option (2)", async () => {
    const root = makeTree({ [FILE]: "pragma solidity ^0.8.28; contract A { B b; }" });
    const broken = await layouts(root);
    expect(broken.code).to.equal(1);
    expect(broken.stderr).to.include("The contracts do not compile");
    const unknown = await layouts(root, "--nothing");
    expect(unknown.code).to.equal(2);
    expect(unknown.stderr).to.include("usage: npm run layouts");
  });
});

describe("formatJson", () => {
  it("default: plain values on one line while it fits, as Biome has it", () => {
    expect(formatJson({ a: [], b: { c: 1, d: "x" }, e: [{ f: null }] })).to.equal(
      '{\n  "a": [],\n  "b": { "c": 1, "d": "x" },\n  "e": [\n    { "f": null }\n  ]\n}\n',
    );
    const long = "x".repeat(120);
    expect(formatJson({ a: long })).to.equal(`{\n  "a": "${long}"\n}\n`);
  });
});
