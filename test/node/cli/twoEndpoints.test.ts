/** `--rpc A,B` of the command, where whoever runs one of the endpoints wants an owner's shares for themselves. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { encode } from "@ipld/dag-cbor";
import { nodeRegistryAbi } from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, keyIdOf } from "@persona-protocol/sdk/crypto";
import { generateOwnerRootKey, sealKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { type Address, decodeFunctionData, encodeFunctionResult, type Hex, hexToBytes, isAddressEqual } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { writeSampleArchive } from "../../../scripts/demo/sampleArchive.ts";
import { type FaultyRpc, type RpcCall, startFaultyRpc } from "../../helpers/faultyRpc.ts";
import { type Scene, sharedScene } from "../../helpers/guardianScene.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

const kdf = { m: 7_168, t: 5, p: 1 } as const;
const passphrase = "a passphrase of a test";

describe("persona import --rpc A,B", function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  let scene: Scene;
  let thief: Awaited<ReturnType<typeof startThief>>;
  let lying: FaultyRpc;
  let owner: Address;
  let flags: string[];

  before(async () => {
    scene = await sharedScene();
    const { network } = scene;
    const [posing] = network.guardians;
    if (posing === undefined) throw new Error("the scene has guardians");
    thief = await startThief(posing.nodeId);
    lying = await startFaultyRpc(network.rpcUrl);
    lying.fault = (call) => thief.lie(scene, call);
    const key = generatePrivateKey();
    owner = privateKeyToAccount(key).address;
    await network.fund(owner);
    const account = await sealKeystore({ kind: "account", secret: hexToBytes(key), passphrase, kdf });
    const root = await sealKeystore({ kind: "owner-root", secret: generateOwnerRootKey(), passphrase, kdf });
    await folder.write("account.json", JSON.stringify(account));
    await folder.write("owner.json", JSON.stringify(root));
    await folder.write("pass", passphrase);
    await writeSampleArchive(folder.path("archive.zip"), { posts: 3, likes: 1, seed: 4 });
    const guardians = network.guardians.map(({ nodeId }) => nodeId).join(",");
    flags = [
      ...["archive.zip", "--network", network.runDir, "--keystore", "owner.json", "--passphrase-file", "pass"],
      ...["--account", "account.json", "--guardians", guardians, "--threshold", "2"],
    ];
  });
  after(async () => {
    await lying?.close();
    thief?.close();
  });
  beforeEach(() => thief.deposits.splice(0));

  const importBy = (rpc: string, out: string) =>
    runPersona(["import", ...flags, "--rpc", rpc, "--out", out], folder.path("."));
  const isRegistered = async (): Promise<boolean> => {
    const { stdout } = await runPersona(
      ["datasets", "--owner", owner, "--network", scene.network.runDir, "--rpc", scene.network.rpcUrl, "--json"],
      folder.path("."),
    );
    return JSON.parse(stdout).datasets.length > 0;
  };

  it("error: CHAIN_DISAGREES, whichever of the two lies; no share goes to the thief, and nothing is registered", async () => {
    const honest = scene.network.rpcUrl;
    for (const [at, rpc] of [`${honest},${lying.url}`, `${lying.url}, ${honest}`].entries()) {
      const result = await importBy(rpc, `none-${at}.json`);
      expectRefusal(result, "CHAIN_DISAGREES", 75);
    }
    expect(thief.deposits).to.deep.equal([]);
    expect(await isRegistered()).to.equal(false);
  });

  it("behavior: several that agree do as one does; one that lies alone is believed, which is what several are for", async () => {
    const { rpcUrl } = scene.network;
    const agreed = await importBy(`${rpcUrl},${rpcUrl}`, "agreed.json");
    expect(agreed.code, agreed.stderr).to.equal(0);
    expect(thief.deposits).to.deep.equal([]);
    const robbed = await importBy(lying.url, "robbed.json");
    expect(robbed.code, robbed.stderr).to.equal(0);
    expect(thief.deposits).to.have.length(1);
  });

  it("error: CHAIN_UNREACHABLE: an endpoint that is gone once it has proved to be the chain's, whatever it is asked then", async () => {
    const { fault } = lying;
    const look = ["--network", scene.network.runDir, "--rpc", lying.url];
    const none = `0x${"11".repeat(32)}`;
    try {
      for (const [how, ...command] of [
        ["drop", "grants", "--owner", owner],
        [{ status: 502 }, "job", "status", none],
        [{ error: { code: -32_005, message: "too many requests" } }, "provenance", "show", none],
      ] as const) {
        lying.fault = ({ method }) => (method === "eth_chainId" || method === "eth_getCode" ? undefined : how);
        expectRefusal(await runPersona([...command, ...look], folder.path(".")), "CHAIN_UNREACHABLE", 75);
      }
    } finally {
      lying.fault = fault;
    }
  });

  it("error: USAGE and CHAIN_UNREACHABLE: a part that is no address, and one where nobody answers", async () => {
    const { rpcUrl } = scene.network;
    expectRefusal(await importBy(`${rpcUrl},`, "no.json"), "USAGE");
    expectRefusal(await importBy(`${rpcUrl},http://127.0.0.1:9`, "no.json"), "CHAIN_UNREACHABLE", 75);
  });
});

/** A guardian's double with keys of its own, and what an endpoint says so that owners take it for the guardian. */
async function startThief(nodeId: number) {
  const { publicKey: kemKey } = await generateKemKeyPair();
  const signer = privateKeyToAccount(generatePrivateKey()).address;
  const deposits: string[] = [];
  const server = createServer((request, response) => {
    if (request.method === "POST") deposits.push(request.url ?? "");
    request
      .resume()
      .once("end", () => response.end(request.method === "POST" ? encode(null) : encode({ nodeId, signer, kemKey })));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    deposits,
    close: () => server.close(),
    async lie({ network, owner: client }: Scene, { method, params }: RpcCall) {
      if (method !== "eth_call") return;
      const [{ to, data } = {}] = params as readonly { readonly to?: Address; readonly data?: Hex }[];
      const address = network.deployment.nodeRegistry;
      if (to === undefined || data === undefined || !isAddressEqual(to, address)) return;
      const { functionName, args } = decodeFunctionData({ abi: nodeRegistryAbi, data });
      const registry = { address, abi: nodeRegistryAbi } as const;
      const real = network.guardians.find((guardian) => guardian.nodeId === nodeId)?.signer as Address;
      const asked = args?.[0];
      if (functionName === "nodeOf" && asked === nodeId) {
        const result = await client.readContract({ ...registry, functionName, args: [nodeId] });
        return { result: encodeFunctionResult({ ...registry, functionName, result: { ...result, endpoint } }) };
      }
      if (functionName === "enclaveKeyOf" && asked === signer) {
        const result = await client.readContract({ ...registry, functionName, args: [real] });
        const kemKeyHash = keyIdOf(kemKey);
        return { result: encodeFunctionResult({ ...registry, functionName, result: { ...result, kemKeyHash } }) };
      }
      if (functionName === "keyStatusOf" && asked === signer) {
        const result = await client.readContract({ ...registry, functionName, args: [real] });
        return { result: encodeFunctionResult({ ...registry, functionName, result }) };
      }
      return;
    },
  };
}
