import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Network } from "../../node/src/dev/startNetwork.ts";
import { expectedScore, readPlainArchive } from "../../scripts/demo/plainArchive.ts";
import { describeInBrowser } from "../helpers/browser.ts";
import { injectWallet } from "../helpers/injectedWallet.ts";

type LifePage = typeof import("../browser/pages/lifePage.ts");

/** The same life in real pages, on a network that is there: `network` was started with a server for pages. */
export function lifeInBrowser(network: () => Network, archive: () => string): void {
  describeInBrowser("in Chromium, with an injected wallet (EIP-6963)", (open) => {
    it("default: a worker imports and encrypts a chosen file, the wallet grants, the page reads a result", async () => {
      const { page, site, call } = await open<LifePage>({
        module: new URL("../browser/pages/lifePage.ts", import.meta.url),
        modules: { "/worker.js": new URL("../browser/pages/lifeWorker.ts", import.meta.url) },
      });
      site.route("/archive.zip", Uint8Array.from(await readFile(archive())));
      const accounts = [generatePrivateKey(), generatePrivateKey()].map((key) => privateKeyToAccount(key));
      const { rpcUrl, pagesUrl = "" } = network();
      const wallet = await injectWallet(page, { rpcUrl, accounts });
      // What the faucet is for: the wallet's accounts are new.
      for (const { address } of accounts) {
        const { status } = await fetch(`${pagesUrl}/faucet/${address}`, { method: "POST" });
        expect(status).to.equal(200);
      }

      const found = await call("connect", pagesUrl);
      expect(found).to.deep.equal({ wallet: "Test Wallet", accounts: accounts.map(({ address }) => address) });
      const imported = await call("importFile", "/archive.zip");
      expect(imported.segments).to.include.members(["posts", "likes"]);
      expect(imported.steps).to.deep.equal(["read", "encrypt", "confirm", "deposit"]);
      expect(imported.page.turns).to.be.above(10);

      const { row, tree } = await call("askGrantRun");
      const wanted = expectedScore(await readPlainArchive(archive()));
      expect(row).to.deep.equal(
        Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, String(value)])),
      );
      expect(tree).to.include("engagement");
      // A deposit for each of three guardians, the request and the grant are signed; the rest are transactions.
      const count = (method: string) => wallet.prompts.filter((each) => each === method).length;
      expect(wallet.prompts[0]).to.equal("eth_requestAccounts");
      expect([count("eth_signTypedData_v4"), count("eth_sendTransaction")]).to.deep.equal([5, 3]);

      wallet.refuse(true);
      expect(await call("revokeAll")).to.equal("SIGNATURE_REJECTED");
      wallet.refuse(false);
      expect(await call("revokeAll")).to.equal("done");
    });
  });
}
