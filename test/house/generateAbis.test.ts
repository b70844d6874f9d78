import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { makeTree, repository, start } from "./house.ts";

const NAMES = [
  "storage/DatasetRegistry",
  "storage/OwnerKeys",
  "access/GrantRegistry",
  "access/AppRegistry",
  "compute/NodeRegistry",
  "compute/JobMarket",
  "attestation/MeasurementPolicy",
  "attestation/PckRegistry",
  "attestation/TcbPolicy",
  "attestation/DcapVerifier",
  "attestation/QuorumVerifier",
  "dev/DevToken",
];

const artifactPath = (name: string) => `artifacts/contracts/${name}.sol/${name.split("/")[1]}.json`;

const artifact = (input: string) =>
  JSON.stringify({
    abi: ["f", ...core].map((name) => ({
      type: "function",
      name,
      inputs: [{ name: input, type: "bytes32", internalType: "JobId" }],
    })),
  });

/** What pages load of the ABIs must be in them. */
const core = [
  ...["check", "enclaveKeyOf", "nodeOf", "JobFailed", "JobSettled", "JobSubmitted", "JobTimedOut", "jobOf"],
  ...["keyStatusOf", "submitJob", "submitJobWithSignatures", "tokenOf"],
];

function makeArtifacts(): string {
  return makeTree({
    "sdk/src/contracts/.keep": "",
    ...Object.fromEntries(NAMES.map((name) => [artifactPath(name), artifact("a")])),
  });
}

const generate = (root: string, args: string[] = []) =>
  start([join(repository, "scripts/generateAbis.ts"), ...args], { env: { PERSONA_ABIS_ROOT: root } }).ended;

describe("generateAbis", () => {
  it("default: writes one typed export a contract, and the same again", async () => {
    const root = makeArtifacts();
    const path = join(root, "sdk/src/contracts/abis.ts");
    expect((await generate(root)).code).to.equal(0);
    const text = readFileSync(path, "utf8");
    const names = [...text.matchAll(/^export const (\w+) = \[$/gm)].map(([, name]) => name);
    expect(names).to.deep.equal(
      "datasetRegistryAbi ownerKeysAbi grantRegistryAbi appRegistryAbi nodeRegistryAbi jobMarketAbi measurementPolicyAbi pckRegistryAbi tcbPolicyAbi dcapVerifierAbi quorumVerifierAbi devTokenAbi".split(
        " ",
      ),
    );
    expect(text).to.not.include("internalType");
    const pages = readFileSync(join(root, "sdk/src/contracts/coreAbis.ts"), "utf8");
    expect([...pages.matchAll(/^export const (\w+) = \[$/gm)].map(([, name]) => name)).to.deep.equal([
      "grantRegistryCoreAbi",
      "nodeRegistryCoreAbi",
      "jobMarketCoreAbi",
    ]);
    expect(pages).to.include('"submitJob"').and.not.include('"f"');
    expect((await generate(root, ["--check"])).code).to.equal(0);
    expect((await generate(root)).stdout).to.include("is current");
  });

  it("error: --check finds a changed contract and writes nothing", async () => {
    const root = makeArtifacts();
    await generate(root);
    const path = join(root, "sdk/src/contracts/abis.ts");
    const before = readFileSync(path, "utf8");
    writeFileSync(join(root, artifactPath("compute/JobMarket")), artifact("b"));
    const { code, stderr } = await generate(root, ["--check"]);
    expect(code).to.equal(1);
    expect(stderr).to.include("npm run abis");
    expect(readFileSync(path, "utf8")).to.equal(before);
  });

  it("error: a function that pages load and the contract has not", async () => {
    const root = makeArtifacts();
    writeFileSync(join(root, artifactPath("compute/JobMarket")), artifact("a").replace('"tokenOf"', '"tokensOf"'));
    const { code, stderr } = await generate(root);
    expect(code).to.not.equal(0);
    expect(stderr).to.include("tokenOf");
  });

  it("error: a contract that is not there", async () => {
    const root = makeArtifacts();
    rmSync(join(root, artifactPath("dev/DevToken")));
    const { code, stderr } = await generate(root);
    expect(code).to.equal(1);
    expect(stderr).to.include("DevToken");
  });
});
