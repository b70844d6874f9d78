import { expect } from "chai";
import { describeInBrowser } from "../../helpers/browser.ts";

type VaultPage = typeof import("./vaultPage.ts");

describeInBrowser("the vault of the page", (open) => {
  const module = new URL("./vaultPage.ts", import.meta.url);

  it("error: locked while something is saved: it is saved under the owner's key, and the vault stays locked", async () => {
    const page = await open<VaultPage>({ module });
    await page.call("create");
    const { wasOpen, kept } = await page.call("lockWhileSaving");
    expect(wasOpen).to.equal(false);
    expect(kept).to.deep.equal(["before", "meanwhile"]);
    expect(await page.call("lockWhileHearing")).to.equal(false);
  });

  it("error: a second key does not take the first one's place, new or out of a kit", async () => {
    const page = await open<VaultPage>({ module });
    const rootKeyId = await page.call("create");
    for (const fromKit of [false, true]) {
      const again = await page.call("createAgain", fromKit);
      expect(again.said).to.include(fromKit ? "another key" : "already");
      expect(again.rootKeyId).to.equal(rootKeyId);
    }
  });

  it("default: who has forgotten the passphrase comes back with the kit, and loses nothing", async () => {
    const page = await open<VaultPage>({ module });
    await page.call("create");
    expect(await page.call("restoreHere")).to.deep.equal(["before"]);
  });
});
