import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sealKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import { readArtifact } from "../../node/src/deploy/artifacts.ts";
import type { ContractName } from "../../node/src/deploy/protocolContracts.ts";
import { freePort } from "../../node/src/dev/freePort.ts";
import { createProcesses, type Processes } from "../../node/src/dev/processes.ts";
import { localDeployer } from "../../scripts/deploy/network.ts";
import { repository, start } from "../house/house.ts";

const chainId = 424_242;
const multisig = "0x1111111111111111111111111111111111111111";
const stakeToken = "0x9999999999999999999999999999999999999999";
const parameters = {
  chainId,
  confirmations: 1,
  stakeToken,
  claimBond: "10000000000000000000",
  admin: multisig,
  governor: multisig,
  guard: "0x2222222222222222222222222222222222222222",
  pauser: "0x3333333333333333333333333333333333333333",
  tcbEvaluation: 18,
};

/** Everything of the recipe for a public chain, on a chain process that is not one of the local chain ids. */
describe("a public chain", function () {
  this.timeout(120_000);
  let root: string;
  let rpcUrl: string;
  let processes: Processes;
  let keys: string[];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "persona-public-"));
    processes = createProcesses(root);
    const port = await freePort(0);
    const hardhat = join(repository, "node_modules/hardhat/dist/src/cli.js");
    const at = ["--hostname", "127.0.0.1", "--port", String(port), "--chain-id", String(chainId)];
    await processes.start({
      name: "chain",
      command: [process.execPath, hardhat, "--config", join(repository, "hardhat.config.ts"), "node", ...at],
      readyTimeoutMs: 60_000,
      isReady: (line) => line.includes("JSON-RPC server at"),
    }).ready;
    rpcUrl = `http://127.0.0.1:${port}`;

    const key = generatePrivateKey();
    await writeFile(join(root, "passphrase"), "correct horse");
    const keystore = await sealKeystore({ kind: "account", secret: hexToBytes(key), passphrase: "correct horse" });
    await writeFile(join(root, "deployer.json"), JSON.stringify(keystore));
    keys = ["--keystore", join(root, "deployer.json"), "--passphrase-file", join(root, "passphrase")];
    await mkdir(join(root, "ignition/parameters"), { recursive: true });
    await writeFile(join(root, "ignition/parameters/test-net.json"), JSON.stringify(parameters));
    await rpc("hardhat_setBalance", privateKeyToAccount(key).address, "0x8ac7230489e80000");
  });

  after(async () => {
    await processes.stopAll();
    await rm(root, { recursive: true, force: true });
  });

  const rpc = (method: string, ...params: unknown[]) =>
    createChainClient({ rpcUrl, chainId, account: localDeployer }).request({ method, params } as never);
  const run = (script: string, ...args: string[]) =>
    start([join(repository, "scripts", script), "--network", "test-net", "--root", root, "--rpc-url", rpcUrl, ...args])
      .ended;

  it("error: refused while admin and stake token are no contracts", async () => {
    const { code, stderr } = await run("deploy.ts", ...keys, "--yes", "--allow-dirty");
    expect(code).to.equal(1);
    for (const what of ["The admin", "The governor", "The stake token"]) expect(stderr).to.include(what);
  });

  it("error: refused without somebody's word", async () => {
    for (const address of [multisig, stakeToken]) await rpc("hardhat_setCode", address, "0x00");
    const { code, stderr } = await run("deploy.ts", ...keys, "--allow-dirty");
    expect(code).to.equal(1);
    expect(stderr).to.include("--yes");
  });

  it("default: deploys, gives its rights away, and explorers get sources that compile to what is there", async () => {
    const { code, stderr } = await run("deploy.ts", ...keys, "--yes", "--allow-dirty");
    expect(code, stderr).to.equal(0);
    const { contracts, simulated } = JSON.parse(await readFile(join(root, `deployments/${chainId}.json`), "utf8"));
    expect(simulated).to.equal(false);
    expect(Object.keys(contracts)).to.not.include("DevToken");
    expect(contracts.NodeRegistry.constructorArguments[0]).to.equal(stakeToken);
    expect((await run("deploy.ts", "--check")).code).to.equal(0);
    expect((await run("deploy.ts", ...keys, "--yes", "--allow-dirty")).code, "a second time").to.equal(1);

    const sourcify = await startSourcify();
    try {
      const verified = await run("verifyContracts.ts", "--sourcify-url", sourcify.url);
      expect(verified.code, verified.stderr).to.equal(0);
    } finally {
      sourcify.server.close();
    }
    expect(sourcify.submitted.size).to.equal(Object.keys(contracts).length);
    for (const name of ["AccessManager", "MeasurementPolicy"] as const) {
      const { address } = contracts[name];
      const { identifier, input } =
        sourcify.submitted.get(address.toLowerCase()) ?? expect.fail(`${name} was not sent.`);
      // hardhat-verify sends the fewest sources: the same code, but another hash of what was compiled at its end.
      expect(
        withoutMetadata(await compile(identifier, input)) === withoutMetadata(await bytecodeOf(name)),
        name,
      ).to.equal(true);
    }
    const folder = join(root, "export");
    expect((await run("verifyContracts.ts", "--export", folder)).code).to.equal(0);
    const read = async (file: string) => JSON.parse(await readFile(join(folder, file), "utf8"));
    const { contract } = await read("MeasurementPolicy.json");
    const exported = await compile(contract, await read("MeasurementPolicy.input.json"));
    expect(exported === (await bytecodeOf("MeasurementPolicy")), "the exported input").to.equal(true);
    const form = await read("JobMarket.json");
    expect(form.constructorArguments).to.include(contracts.NodeRegistry.address.slice(2).toLowerCase());
  });
});

type Submitted = { readonly identifier: string; readonly input: { readonly settings: object } };

/** What Sourcify's API v2 answers to somebody who verifies for the first time. */
async function startSourcify(): Promise<{ url: string; server: Server; submitted: Map<string, Submitted> }> {
  const submitted = new Map<string, Submitted>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? "";
    const answer = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const address = path.split("/").at(-1)?.toLowerCase() ?? "";
    if (request.method === "POST") {
      const { contractIdentifier, stdJsonInput } = JSON.parse(Buffer.concat(chunks).toString());
      submitted.set(address, { identifier: contractIdentifier, input: stdJsonInput });
      return answer(202, { verificationId: address });
    }
    const match = {
      match: "exact_match",
      creationMatch: "exact_match",
      runtimeMatch: "exact_match",
      chainId: String(chainId),
      address,
    };
    if (path.includes("/v2/verify/"))
      return answer(200, { isJobCompleted: true, jobStartTime: "", verificationId: address, contract: match });
    return submitted.has(address)
      ? answer(200, match)
      : answer(404, { match: null, creationMatch: null, runtimeMatch: null, chainId, address });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, submitted };
}

const bytecodeOf = async (name: ContractName) => (await readArtifact(name)).bytecode;

/** The last two bytes tell how long the metadata before them is. */
function withoutMetadata(code: string): string {
  return code.slice(0, -2 * (2 + Number.parseInt(code.slice(-4), 16)));
}

/** Creation code of one contract: code is only made for what is asked for, which takes a second instead of a minute. */
async function compile(identifier: string, input: { readonly settings: object }): Promise<string> {
  const solc = createRequire(import.meta.url)("solc") as { compile(input: string): string };
  const at = identifier.lastIndexOf(":");
  const [source, name] = [identifier.slice(0, at), identifier.slice(at + 1)];
  const outputSelection = { [source]: { [name]: ["evm.bytecode.object"] } };
  const output = solc.compile(JSON.stringify({ ...input, settings: { ...input.settings, outputSelection } }));
  return `0x${JSON.parse(output).contracts[source][name].evm.bytecode.object}`;
}
