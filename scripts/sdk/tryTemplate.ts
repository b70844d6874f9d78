import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify, stripVTControlCharacters } from "node:util";
import { createPersonaClient, encodeGrantPackage } from "@persona-protocol/sdk";
import { xArchive } from "@persona-protocol/sdk/sources";
import { generateOwnerRootKey, ownerKemKeyPair } from "@persona-protocol/sdk/storage";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { expectedScore, readPlainArchive } from "../demo/plainArchive.ts";
import { writeSampleArchive } from "../demo/sampleArchive.ts";
import { startOneRegistry } from "./oneRegistry.ts";
import { openTemplate } from "./openTemplate.ts";

const run = promisify(execFile);
const source = fileURLToPath(new URL("../../create-persona-app", import.meta.url));

type Places = { readonly folder: string; readonly sdk: string; readonly env: NodeJS.ProcessEnv };

/** `npm create persona-app` as one types it, against a registry that has the packed template. @returns the new app's folder */
export async function createFromTarball({ folder, sdk, env }: Places, network: string | undefined): Promise<string> {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: source, env });
  const [{ filename }] = JSON.parse(stdout) as [{ readonly filename: string }];
  const manifest = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  const registry = await startOneRegistry(join(folder, filename), manifest);
  const name = "my-dapp";
  try {
    const flags = ["--sdk", `file:${basename(sdk)}`, ...(network === undefined ? [] : ["--network", network])];
    const own = { ...env, npm_config_registry: registry.url, npm_config_cache: join(folder, "npm-cache") };
    await run("npm", ["create", "--yes", "persona-app", name, "--", ...flags], { cwd: folder, env: own });
  } finally {
    registry.close();
  }
  await copyFile(sdk, join(folder, name, basename(sdk)));
  return join(folder, name);
}

export async function buildTemplate(cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  await run("npm", ["install"], { cwd, env });
  // Its own type check is part of it.
  await run("npm", ["run", "build"], { cwd, env });
}

/** A network with an owner whose posts are known; used until `work` has ended. */
export async function withNetwork<result>(
  folder: string,
  work: (network: Network & { readonly pagesUrl: string }) => Promise<result>,
): Promise<result> {
  const stop = new AbortController();
  const runDir = join(folder, "network");
  const started = await startNetwork({
    ...{ runDir, chain: "hardhat", port: 0, pagesPort: 0, guardians: 3, workers: 1, signal: stop.signal },
  });
  const { pagesUrl } = started;
  try {
    if (pagesUrl === undefined) throw new Error("the network has no server for pages");
    return await work({ ...started, pagesUrl });
  } finally {
    await started.close();
  }
}

/** The built page in a real browser: it asks, the owner grants, it shows the right score and where that comes from. */
export async function tryBuilt(cwd: string, network: Network, executablePath: string): Promise<string> {
  const archive = join(cwd, "archive.zip");
  await writeSampleArchive(archive, { posts: 300, likes: 20, seed: 9 });
  const client = await network.fundedClient();
  const { deployment, store: storage, token } = network;
  const keys = await ownerKemKeyPair(generateOwnerRootKey());
  const owner = createPersonaClient({ client, deployment, storage, token, keys });
  const dataset = await owner.importDataset({ source: xArchive(await openAsBlob(archive)) });

  const vite = join(cwd, "node_modules/vite/bin/vite.js");
  const server = spawn(process.execPath, [vite, "preview", "--port", "0"], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const page = await openTemplate({ executablePath, url: await addressOf(server.stdout) });
    try {
      await page.press("Local test wallet");
      await page.press("Ask for access");
      const asked = join(cwd, "asked.txt");
      await page.press("Save the request", asked);
      const { request } = await owner.readAccessRequest(await readFile(asked, "utf8"));
      const grant = join(cwd, "grant.cbor");
      await writeFile(grant, encodeGrantPackage(await owner.signGrant({ request, dataset })));
      await page.choose("The owner's grant", grant);
      await page.press("Get the score");
      const { score, provenance } = await page.readResult();
      const wanted = String(expectedScore(await readPlainArchive(archive)).score);
      if (score !== wanted) throw new Error(`the page shows ${score}, and the score is ${wanted}`);
      if (!provenance.includes(dataset.datasetId)) throw new Error(`the page shows no provenance: ${provenance}`);
      return `score ${score}, receipt and provenance shown`;
    } finally {
      await page.close();
    }
  } finally {
    server.kill("SIGTERM");
    await once(server, "close");
  }
}

/** What Vite prints when it listens. */
export function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  let said = "";
  return new Promise((resolve, reject) => {
    output.on("data", (chunk) => {
      said += stripVTControlCharacters(String(chunk));
      const [url] = /http:\/\/localhost:\d+/.exec(said) ?? [];
      if (url !== undefined) resolve(url);
    });
    output.once("end", () => reject(new Error(`Vite ended: ${said}`)));
  });
}
