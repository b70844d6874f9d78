import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readArtifact } from "../../node/src/deploy/artifacts.ts";
import { type ContractName, protocolContracts, withoutGetter } from "../../node/src/deploy/protocolContracts.ts";
import { networkParameters } from "../../node/src/deploy/protocolParameters.ts";
import { roles, selectorOf } from "../../node/src/deploy/roles.ts";
import { repository } from "./house.ts";

const account = (digit: string) => `0x${digit.repeat(40)}`;
const parameters = {
  chainId: 8453,
  stakeToken: account("9"),
  claimBond: "10000000000000000000",
  admin: account("1"),
  governor: account("1"),
  guard: account("2"),
  pauser: account("3"),
  tcbEvaluation: 18,
};

describe("the table of roles", () => {
  it("default: names every restricted function once, and no other", () => {
    const sources = globSync("contracts/**/*.sol", { cwd: repository }).map((file) =>
      readFileSync(join(repository, file), "utf8"),
    );
    const restricted = sources.flatMap((text) =>
      [...text.matchAll(/function\s+(\w+)\s*\([^)]*\)([^{;]*)\{/g)].flatMap(([, name = "", modifiers = ""]) =>
        /\brestricted\b/.test(modifiers) ? [name] : [],
      ),
    );
    const named = roles.flatMap(({ functions }) => Object.values(functions).flat());
    expect(restricted).to.not.deep.equal([]);
    expect(named.sort()).to.deep.equal(restricted.sort());
  });

  it("default: each function is one of its contract", async () => {
    for (const { functions } of roles)
      for (const [target, names] of Object.entries(functions)) {
        const { abi } = await readArtifact(target as ContractName);
        for (const name of names) expect(selectorOf(abi, name)).to.match(/^0x[0-9a-f]{8}$/);
      }
  });

  it("behavior: whoever widens waits, and somebody who need not wait can cancel it", () => {
    for (const { delay, cancelledBy } of roles.filter((role) => role.delay !== "none")) {
      expect(delay).to.equal("wideningDelaySeconds");
      expect(roles.find(({ name }) => name === cancelledBy)?.delay).to.equal("none");
    }
  });
});

describe("the plan of contracts", () => {
  for (const simulated of [true, false])
    it(`default: every constructor argument is there, and read back (${simulated ? "local" : "public"})`, async () => {
      for (const { name, args } of protocolContracts({ simulated })) {
        const { abi } = await readArtifact(name);
        const inputs = abi.find((entry) => entry.type === "constructor")?.inputs ?? [];
        expect(Object.keys(args), name).to.have.length(inputs.length);
        for (const getter of Object.keys(args)) {
          const readable = abi.some(
            (entry) => entry.type === "function" && entry.name === getter && entry.inputs.length === 0,
          );
          expect(readable, `${name}.${getter}`).to.equal(!withoutGetter.includes(`${name}.${getter}`));
        }
      }
    });
});

describe("parameters of a public chain", () => {
  const refusal = (change: object) =>
    networkParameters.safeParse({ ...parameters, ...change }).error?.issues.map(({ message }) => message);

  it("default: a week for whatever widens, nothing allowed from the start", () => {
    const parsed = networkParameters.parse(parameters);
    expect(parsed).to.include({ wideningDelaySeconds: 604_800, adminDelaySeconds: 604_800, confirmations: 5 });
    expect(parsed.measurements).to.deep.equal([]);
  });

  it("default: the example of the documentation", () => {
    const [, example = ""] =
      /```json\n(.*?)```/s.exec(readFileSync(join(repository, "docs/deployment.md"), "utf8")) ?? [];
    expect(networkParameters.safeParse(JSON.parse(example)).error).to.equal(undefined);
  });

  for (const [what, change] of [
    ["no delay", { wideningDelaySeconds: 0 }],
    ["ADMIN waits less than GOVERNOR", { adminDelaySeconds: 86_400 }],
    ["one key for GOVERNOR and GUARD", { guard: parameters.governor }],
    ["one key for GUARD and PAUSER", { pauser: parameters.guard }],
    ["one key for ADMIN and PAUSER", { pauser: parameters.admin, governor: account("4") }],
    ["a local chain", { chainId: 31_337 }],
    ["the zero address", { admin: account("0") }],
    ["a mistyped address", { admin: "0x036CbD53842c5426634e7929541eC2318f3dCF7E" }],
    ["a setting that does not exist", { gaurd: account("5") }],
  ] as const)
    it(`error: ${what}`, () => {
      expect(refusal(change)).to.have.length(1);
    });
});
