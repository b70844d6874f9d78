/** One network, seeded, and one browser for all of test/portal: what a person meets, with nothing in the place of anything. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Hex } from "viem";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { localMedium } from "../../node/src/storage/index.ts";
import type { TestWalletControl } from "../../portal/dev/testWallet.ts";
import { buildPortal, installPortal, portalDist } from "../../scripts/portal/installPortal.ts";
import { type Seed, seedPortal } from "../../scripts/portal/seedPortal.ts";
import { type PortalServer, servePortal } from "../../scripts/portal/servePortal.ts";
import { storeRoute } from "../../scripts/portal/storeRoute.ts";
import { testWalletScript } from "../../scripts/portal/testWalletScript.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";

/** Not the root: the page must work below any path. */
const path = "/ipfs/bafyexample/";
const passphrase = "a passphrase for this device";
export const artifacts = join(repositoryRoot, "portal/artifacts");

export type Scene = {
  readonly network: Network;
  readonly seed: Seed;
  readonly server: PortalServer;
  readonly origin: string;
  /** What stands between page and chain does not let anything through. */
  chainDown: boolean;
  readonly browser: Browser;
};

const fetchScript = fileURLToPath(new URL("../../scripts/fetchBrowser.ts", import.meta.url));
const stop = new AbortController();
let started: Promise<Scene | undefined> | undefined;
let folder: string | undefined;

/** Starts it when it is first asked for. Undefined where Chromium or the page's packages cannot be had: the reason is on stderr. */
function startScene(): Promise<Scene | undefined> {
  started ??= start();
  return started;
}

async function start(): Promise<Scene | undefined> {
  const found = spawnSync(process.execPath, [fetchScript], { encoding: "utf8" });
  if (found.status !== 0) {
    process.stderr.write(`${found.stderr}\n  SKIPPED: no test has met a real browser.\n\n`);
    return undefined;
  }
  if (!installPortal()) {
    process.stderr.write("\n  SKIPPED: the packages of portal/ cannot be had here.\n\n");
    return undefined;
  }
  if (!buildPortal()) throw new Error("portal/ does not build: the reason is above");
  folder = await mkdtemp(join(tmpdir(), "persona-portal-"));
  const network = await startNetwork({
    runDir: join(folder, "network"),
    chain: "anvil",
    deploy: deployOnAnvil,
    port: 0,
    guardians: 3,
    workers: 1,
    signal: stop.signal,
  });
  const seed = await seedPortal(network, { rpcUrl: "./rpc" });
  const scene: { chainDown: boolean } = { chainDown: false };
  const server = await servePortal({
    dist: portalDist,
    port: 0,
    path,
    config: seed.config,
    routes: {
      store: storeRoute(await localMedium({ path: network.storeDir })),
      rpc: (_path, _query, request, response) => passOn(network.rpcUrl, scene, request, response),
    },
  });
  const browser = await chromium.launch({
    executablePath: found.stdout.trim(),
    // Nothing but loopback has a name: neither a page nor the browser itself reaches the network.
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"],
  });
  const rest = { network, seed, server, browser, origin: `${server.origin}${path}` };
  return Object.assign(scene, rest);
}

/** To the chain, unless it is down. */
export async function passOn(
  rpcUrl: string,
  scene: { readonly chainDown: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of request as AsyncIterable<Uint8Array>) parts.push(part);
  if (scene.chainDown) {
    request.socket.destroy();
    return;
  }
  const headers = { "content-type": "application/json" };
  const answer = await fetch(rpcUrl, { method: "POST", headers, body: Buffer.concat(parts) });
  response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
}

after(async function () {
  this.timeout(60_000);
  const scene = await started?.catch(() => undefined);
  await scene?.browser.close();
  await scene?.server.close();
  await scene?.network.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** `describe` over the scene; skipped, with the reason in capitals, where there is no browser. */
export function describePortal(title: string, tests: (scene: () => Scene) => void): void {
  describe(title, function () {
    this.timeout(6 * 60_000);
    let scene: Scene | undefined;
    before(async function () {
      this.timeout(6 * 60_000);
      scene = await startScene();
      if (scene === undefined) this.skip();
    });
    tests(() => {
      if (scene === undefined) throw new Error("there is no scene");
      return scene;
    });
  });
}

export type Visit = {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Every address that the page asked. */
  readonly asked: Set<string>;
  /** What the browser complained of: scripts that break, and breaks of the page's policy. */
  readonly complaints: string[];
  go(view: string): Promise<void>;
  wallet(change: (control: TestWalletControl) => void): Promise<void>;
  close(): Promise<void>;
};

/** An account of a test's own: a key, and the contract that it signs for. */
type Account = { readonly privateKey: Hex; readonly contract?: Hex };

type VisitOptions = {
  readonly as?: "owner" | "dapp" | "nobody" | "stranger" | Account;
  readonly view?: string;
  readonly width?: number;
  readonly theme?: "light" | "dark";
  /** By which name of this machine the page is opened: passkeys belong to names. */
  readonly host?: "127.0.0.1" | "localhost";
  /** Another server of the page than the scene's. */
  readonly at?: string;
  /** Before the page is opened. */
  readonly prepare?: (page: Page) => Promise<void>;
};

/** A key of nobody else: an account without data and money. */
const strangerKey = `0x${"5e".repeat(32)}` as const;

/** Opens the page in a browser of its own, with a wallet in it, and connects it. */
export async function visit(scene: Scene, options: VisitOptions = {}): Promise<Visit> {
  const {
    as = "owner",
    view = "",
    width = 1_280,
    theme = "light",
    host = "127.0.0.1",
    at = scene.origin,
    prepare,
  } = options;
  const { network, seed } = scene;
  const context = await scene.browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    reducedMotion: "reduce",
    colorScheme: theme,
    timezoneId: "Europe/Berlin",
    locale: "en-GB",
    acceptDownloads: true,
  });
  context.setDefaultTimeout(90_000);
  if (as !== "nobody") {
    const keys = { owner: seed.ownerKey, dapp: seed.dappKey, stranger: strangerKey };
    const account = typeof as === "string" ? { privateKey: keys[as] } : as;
    const wallet = { rpcUrl: network.rpcUrl, chainId: network.deployment.chainId, asks: false };
    await context.addInitScript({ content: await testWalletScript({ ...wallet, ...account, name: "Test wallet" }) });
  }
  const page = await context.newPage();
  const asked = new Set<string>();
  const complaints: string[] = [];
  context.on("request", (request) => void asked.add(new URL(request.url()).origin));
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  await prepare?.(page);
  await page.goto(`${at.replace("127.0.0.1", host)}#/${view}`);
  if (as !== "nobody") {
    await page.getByRole("button", { name: "Connect a wallet" }).click();
    await page.getByRole("button", { name: "Test wallet" }).click();
    await page.getByRole("button", { name: /connected\. Wallet settings/ }).waitFor();
  }
  return {
    context,
    page,
    asked,
    complaints,
    async go(name) {
      await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { level: 1 }).waitFor();
    },
    async wallet(change) {
      await page.evaluate(
        `(${change.toString()})(window.personaTestWallet)`, // as it stands: it uses nothing but its argument
      );
    },
    close: () => context.close(),
  };
}

/** Brings the seeded owner's records to this browser, from the kit. */
export async function restoreRecords({ page }: Visit): Promise<void> {
  await page.getByRole("button", { name: "I have a recovery kit" }).first().click();
  await page.getByRole("button", { name: "Fill in the test owner's kit" }).click();
  await page.getByLabel("New passphrase for this device").fill(passphrase);
  await page.getByLabel("The same again").fill(passphrase);
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await page.getByRole("button", { name: "Fill in the test owner's kit" }).waitFor({ state: "detached" });
}

/** Nothing was asked of anybody but the page's own server, and guardians on this machine; and nothing was complained of. */
export function expectQuiet({ asked, complaints }: Visit): void {
  expect(complaints).to.deep.equal([]);
  for (const origin of asked) expect(new URL(origin).hostname, origin).to.be.oneOf(["127.0.0.1", "localhost"]);
}
