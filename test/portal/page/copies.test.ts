/** Where data is kept and whether the copies are whole, against stores that lost something, give other bytes, or are a real Kubo daemon. */
import { cp, mkdtemp, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectors } from "@persona-protocol/sdk/ingest";
import { NextToLast } from "blockstore-fs/sharding";
import { expect } from "chai";
import { CID } from "multiformats/cid";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { localMedium } from "../../../node/src/storage/index.ts";
import { readableFormats } from "../../../portal/src/views/data/readableFormats.ts";
import { generateCalendar } from "../../../scripts/exports/icalendar.ts";
import { portalDist } from "../../../scripts/portal/installPortal.ts";
import { type PortalServer, servePortal } from "../../../scripts/portal/servePortal.ts";
import { storeRoute } from "../../../scripts/portal/storeRoute.ts";
import { findServer } from "../../helpers/findServer.ts";
import { type KuboDaemon, startKubo } from "../../helpers/kubo.ts";
import { describePortal, expectQuiet, passOn, type Scene, type Visit, visit } from "../scene.ts";

type Store = { readonly name: string; readonly kind: string; readonly url: string };

/** The page, over the scene's network, with other stores. */
function serveWith(scene: Scene, stores: readonly Store[], routes: servePortal.Options["routes"] = {}, port = 0) {
  const config = { ...(scene.seed.config as object), stores, wanted: 1 };
  const rpc: NonNullable<servePortal.Options["routes"]>[string] = (_path, _query, request, response) =>
    passOn(scene.network.rpcUrl, scene, request, response);
  return servePortal({ dist: portalDist, port, config, routes: { rpc, ...routes } });
}

/** Segments of the same bytes are one file. */
function ignoreTwice(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

describePortal("copies", (scene) => {
  let folder: string;
  let server: PortalServer;
  let isLying = true;

  before(async () => {
    const { network, seed } = scene();
    folder = await mkdtemp(join(tmpdir(), "persona-portal-copies-"));
    await cp(network.storeDir, folder, { recursive: true });
    // Every segment's bytes: the manifest that names them is there, and says that all is well.
    const layout = new NextToLast();
    for (const { dataset } of seed.records)
      for (const { cid } of dataset.segments) {
        const { dir, file } = layout.encode(CID.parse(cid));
        await unlink(join(folder, "blocks", dir, file)).catch(ignoreTwice);
      }
    const good = await localMedium({ path: network.storeDir });
    server = await serveWith(
      scene(),
      [
        { name: "good", kind: "http", url: "./good" },
        { name: "forgetful", kind: "http", url: "./forgetful" },
        { name: "lying", kind: "http", url: "./lying" },
        { name: "silent", kind: "gateway", url: "http://127.0.0.1:1" },
      ],
      {
        good: storeRoute(good),
        forgetful: storeRoute(await localMedium({ path: folder })),
        lying(path, query, request, response) {
          if (!isLying || request.method !== "GET" || !path.startsWith("/ipfs/"))
            return storeRoute(good)(path, query, request, response);
          response
            .writeHead(200, { "content-type": "application/vnd.ipld.raw" })
            .end("other bytes than were asked for");
        },
      },
    );
  });
  after(async () => {
    await server?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it("error: a copy that has lost parts, and a store that gives other bytes, are no copies; each is named", async () => {
    const view = await visit(scene(), { view: "data", at: server.origin });
    const card = view.page.getByRole("article").first();
    await card.getByText("1 of 4 whole").waitFor();
    await card.getByText(/^good: whole/).waitFor();
    await card.getByText(/^forgetful: parts are missing/).waitFor();
    await card.getByText(/^lying: gave wrong bytes/).waitFor();
    await card.getByText(/^silent: does not answer this page/).waitFor();
    await view.close();
  });

  it("default: repaired from the good copies, and read back", async () => {
    isLying = false;
    const view = await visit(scene(), { view: "data", at: server.origin });
    const card = view.page.getByRole("article").first();
    await card.getByText(/^forgetful: parts are missing/).waitFor();
    await card.getByRole("button", { name: "Repair from the good copies" }).click();
    await card.getByText("3 of 4 whole").waitFor();
    expect(await card.getByRole("button", { name: "Repair from the good copies" }).count()).to.equal(0);
    await view.close();
  });

  it("behavior: the page names every format that the SDK reads, and no other", () => {
    expect(Object.keys(readableFormats).sort()).to.deep.equal(connectors.map(({ id }) => id).sort());
  });

  describe("in a Kubo daemon", () => {
    let kubo: KuboDaemon | undefined;
    let page: PortalServer | undefined;
    before(async function () {
      const found = findServer("kubo");
      if ("reason" in found) {
        process.stderr.write(`\n  SKIPPED: no test of the page has met Kubo. ${found.reason}\n\n`);
        return this.skip();
      }
      // The daemon must know the page's address, and the page the daemon's.
      const { port, close } = await serveWith(scene(), []);
      await close();
      kubo = await startKubo(found.binary, { origin: `http://127.0.0.1:${port}` });
      page = await serveWith(scene(), [{ name: "my Kubo", kind: "kubo", url: kubo.apiUrl }], {}, port);
    });
    after(async () => {
      await page?.close();
      await kubo?.stop();
    });

    async function bring({ page: tab }: Visit): Promise<void> {
      await tab.getByLabel("Passphrase", { exact: true }).fill("several words are good");
      await tab.getByLabel("The same again").fill("several words are good");
      await tab.getByRole("button", { name: "Make my key" }).click();
      const buffer = Buffer.from([...generateCalendar({ events: 20 })].join(""));
      const file = { name: "calendar.ics", mimeType: "text/calendar", buffer };
      await tab.getByLabel("Files of an export").setInputFiles(file);
      await tab.getByRole("button", { name: "Encrypt, store and register" }).click();
    }

    it("default: what is brought lies in it, pinned, and is read back", async () => {
      const privateKey = generatePrivateKey();
      await scene().network.fund(privateKeyToAccount(privateKey).address);
      const view = await visit(scene(), { as: { privateKey }, view: "data", at: page?.origin ?? "" });
      await bring(view);
      await view.page.getByText("is yours, encrypted and registered").waitFor();
      await view.page.getByText("1 of 1 whole").waitFor();
      expectQuiet(view);
      await view.close();
    });

    it("error: a page whose origin it was not told of stores nothing, and its owner learns what to do", async () => {
      const privateKey = generatePrivateKey();
      const view = await visit(scene(), {
        as: { privateKey },
        view: "data",
        at: page?.origin ?? "",
        host: "localhost",
      });
      await bring(view);
      await view.page
        .getByText("See that your store runs and allows this page")
        .or(view.page.getByText("See that it runs and allows this page"))
        .first()
        .waitFor();
      await view.close();
    });
  });

  it("behavior: nothing was complained of while all was well", async () => {
    const view = await visit(scene(), { view: "data" });
    await view.page.getByText("1 of 1 whole").first().waitFor();
    expectQuiet(view);
    await view.close();
  });
});
