/** WalletConnect: nothing of it where it is not configured, nothing of it loaded where nobody chooses it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { BrowserContext, Page } from "playwright-core";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { portalDist } from "../../../scripts/portal/installPortal.ts";
import { type PortalServer, servePortal } from "../../../scripts/portal/servePortal.ts";
import { describePortal, passOn } from "../scene.ts";

const standIn = fileURLToPath(new URL("walletConnect/ethereumProvider.js", import.meta.url));
/** Names that are only in its code. viem knows one error by its name. */
const traces =
  /relay\.walletconnect|display_uri|requestedChainsStorageKey|wc:|WalletConnect(?!SessionSettlementError| session)/;
const textsOf = (folder: string) =>
  readdirSync(join(folder, "assets"))
    .filter((file) => file.endsWith(".js"))
    .map((file) => [file, readFileSync(join(folder, "assets", file), "utf8")] as const);

describePortal("WalletConnect", (scene) => {
  let folder: string;
  let server: PortalServer;
  let context: BrowserContext;
  let page: Page;
  const asked: string[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "persona-portal-wc-"));
    const config = {
      build: { outDir: folder, emptyOutDir: true },
      resolve: { alias: { "@walletconnect/ethereum-provider": standIn } },
    };
    const build = `import { build } from "vite"; await build(${JSON.stringify(config)});`;
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", build], {
      cwd: join(repositoryRoot, "portal"),
      env: { ...process.env, PORTAL_WALLETCONNECT_PROJECT_ID: "a-project-of-theirs" },
      encoding: "utf8",
    });
    expect(status, stderr).to.equal(0);
    const { network, seed, browser } = scene();
    server = await servePortal({
      dist: folder,
      port: 0,
      config: seed.config,
      routes: { rpc: (_path, _query, request, response) => passOn(network.rpcUrl, scene(), request, response) },
    });
    context = await browser.newContext();
    page = await context.newPage();
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  });
  after(async () => {
    await context?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const chunksOf = (pattern: RegExp) =>
    textsOf(folder)
      .filter(([, text]) => pattern.test(text))
      .map(([file]) => `/assets/${file}`);

  it("default: a page that is built without a project has nothing of it, in its files, its policy or its dialog", async () => {
    for (const [file, text] of textsOf(portalDist)) expect(traces.exec(text)?.[0], file).to.equal(undefined);
    expect(readFileSync(join(portalDist, "index.html"), "utf8")).to.not.include("walletconnect");
    const tab = await scene().browser.newPage();
    await tab.goto(scene().origin);
    await tab.getByRole("button", { name: "Connect a wallet" }).click();
    await tab.getByText("No wallet was found in this browser.").waitFor();
    expect(await tab.getByRole("button", { name: /WalletConnect/ }).count()).to.equal(0);
    await tab.close();
  });

  it("behavior: with a project it is offered, and loaded when it is chosen, not before", async () => {
    const chunks = chunksOf(/stand-in-session|display_uri/);
    expect(chunks.length).to.be.greaterThan(0);
    await page.goto(server.origin);
    await page.getByRole("button", { name: "Connect a wallet" }).click();
    await page.getByRole("button", { name: /WalletConnect/ }).waitFor();
    await page.waitForLoadState("networkidle");
    expect(asked.filter((each) => chunks.includes(each))).to.deep.equal([]);
    await page.getByRole("button", { name: /WalletConnect/ }).click();
    await page.getByText("paste this address").waitFor();
    expect(asked).to.include.members(chunks);
    expect(await page.getByRole("link", { name: "Open in a wallet on this device" }).getAttribute("href")).to.match(
      /^wc:/,
    );
    // Its own dialog would ask third parties.
    expect(await page.evaluate("[personaPhone.projectId, personaPhone.showQrModal]")).to.deep.equal([
      "a-project-of-theirs",
      false,
    ]);
  });

  it("default: when the other device says yes the page is connected, also after it was opened again", async () => {
    const { address } = scene().seed.owner.client.account;
    await page.evaluate(`personaPhone.approve(${JSON.stringify(address)})`);
    await page.getByRole("button", { name: /connected\. Wallet settings/ }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: /connected\. Wallet settings/ }).waitFor();
  });
});
