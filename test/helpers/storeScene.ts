import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type ChainClient, datasetRegistryAbi } from "@persona-protocol/sdk/contracts";
import { cidOfDigest, confirmStored, decodeManifest, sealKeystore } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../node/src/chain/connectChain.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { writeSampleArchive } from "../../scripts/demo/sampleArchive.ts";
import type { temporaryFolder } from "../node/ingest/temporaryFolder.ts";
import { deployOnAnvil } from "./deployedChain.ts";

const passphrase = "a passphrase";

export type StoreScene = {
  readonly network: Network;
  /** Has ether, and the keystore that {@link StoreScene.importCommand} names. */
  readonly owner: ChainClient;
  /** `persona` arguments that publish a dataset of three segments, its files in `cwd`. */
  importCommand(cwd: string, changed?: Readonly<Record<string, string>>): string[];
  newFolder(): Promise<string>;
  registered(): ReturnType<typeof registeredDatasets>;
  /** Everything that the chain names is in the network's store, whole. @returns how many datasets there are */
  agree(): Promise<number>;
};

/** A network with three guardians and one owner who publishes: what may go wrong in between is the test's business. */
export async function startStoreScene(
  folder: ReturnType<typeof temporaryFolder>,
  signal: AbortSignal,
): Promise<StoreScene> {
  const archive = folder.path("archive.zip");
  await writeSampleArchive(archive, { posts: 3_000, likes: 2_000, seed: 8 });
  const network = await startNetwork({
    runDir: folder.path("network"),
    chain: "anvil",
    deploy: deployOnAnvil,
    port: 0,
    guardians: 3,
    workers: 0,
    signal,
  });
  const key = generatePrivateKey();
  const account = privateKeyToAccount(key);
  await network.fund(account.address);
  const owner = createChainClient({ rpcUrl: network.rpcUrl, chainId: network.deployment.chainId, account });
  const keystore = await sealKeystore({ kind: "account", secret: hexToBytes(key), passphrase });
  await folder.write("account.json", JSON.stringify(keystore));
  await folder.write("passphrase", passphrase);
  const registered = () => registeredDatasets(owner, network);
  let folders = 0;
  return {
    network,
    owner,
    registered,
    importCommand(cwd, changed = {}) {
      const flags = {
        network: network.runDir,
        rpc: network.rpcUrl,
        keystore: join(cwd, "owner.json"),
        "passphrase-file": folder.path("passphrase"),
        account: folder.path("account.json"),
        guardians: network.guardians.map(({ nodeId }) => nodeId).join(","),
        threshold: "2",
        ...changed,
      };
      return [
        "import",
        archive,
        "--new-keystore",
        "--json",
        ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
      ];
    },
    async newFolder() {
      folders += 1;
      const cwd = folder.path(`cwd-${folders}`);
      await mkdir(cwd);
      return cwd;
    },
    async agree() {
      const events = await registered();
      for (const { args } of events) {
        const { manifestDigest, keyBoxDigest } = args.head;
        const cids = [manifestDigest, keyBoxDigest].map((digest) => cidOfDigest(digest, "dag-cbor"));
        await confirmStored(network.store, cids);
        const manifest = decodeManifest(await network.store.getBlock(cids[0] ?? ""), { digest: manifestDigest });
        expect(manifest.segments.length).to.be.greaterThan(0);
      }
      return events.length;
    },
  };
}

function registeredDatasets(client: ChainClient, { deployment }: Network) {
  return client.getContractEvents({
    address: deployment.datasetRegistry,
    abi: datasetRegistryAbi,
    eventName: "DatasetRegistered",
    fromBlock: 0n,
    strict: true,
  });
}
