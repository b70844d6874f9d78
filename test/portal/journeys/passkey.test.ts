/** The owner's key under a passkey, by Chromium's own authenticator that nobody has to touch. */
import { join } from "node:path";
import { expect } from "chai";
import type { CDPSession, Page } from "playwright-core";
import { artifacts, describePortal, expectQuiet, restoreRecords, visit } from "../scene.ts";

type Authenticator = { readonly cdp: CDPSession; readonly authenticatorId: string };

describePortal("a key under a passkey", (scene) => {
  const open = async (options: { readonly hasPrf: boolean; readonly view?: string; as?: "owner" | "stranger" }) => {
    let authenticator: Authenticator | undefined;
    const view = await visit(scene(), {
      as: options.as ?? "stranger",
      view: options.view ?? "recovery",
      host: "localhost",
      prepare: async (page) => {
        authenticator = await addAuthenticator(page, options.hasPrf);
      },
    });
    if (authenticator === undefined) throw new Error("there is no authenticator");
    return { view, ...authenticator };
  };
  const lock = async (page: Page) => {
    await page.getByRole("button", { name: "Lock it now" }).click();
    await page.getByText("Your private records are locked").first().waitFor();
  };
  const nameOfKey = async (page: Page) =>
    page.getByRole("region", { name: "The key on this device" }).locator(".mono").textContent();

  it("default: a key is made under a passkey alone, locked and opened; nothing of it lies in the browser in clear", async () => {
    const { view, cdp, authenticatorId } = await open({ hasPrf: true });
    const { page } = view;
    await page.getByLabel(/By a passkey/).check();
    expect(await page.getByLabel("The same again").count()).to.equal(0);
    await page.screenshot({ path: join(artifacts, "passkey.png") });
    await page.getByRole("button", { name: "Make my key" }).click();
    await page.getByText("sealed under your passkey").waitFor();
    const made = await nameOfKey(page);
    const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
    expect(credentials).to.have.length(1);
    expect(credentials[0]?.isResidentCredential).to.equal(true);
    expect(credentials[0]?.rpId).to.equal("localhost");
    await lock(page);
    expect(await page.getByLabel("Passphrase", { exact: true }).count()).to.equal(0);
    await page.getByRole("button", { name: "Unlock with your passkey" }).click();
    await page.getByText("sealed under your passkey").waitFor();
    expect(await nameOfKey(page)).to.equal(made);
    // As after a night: another start of the page, the same passkey.
    await page.reload();
    await page.getByRole("button", { name: "Unlock with your passkey" }).click();
    await page.getByText("sealed under your passkey").waitFor();
    expect(await nameOfKey(page)).to.equal(made);
    expectQuiet(view);
    await view.close();
  });

  it("error: who does not prove who they are, or has lost the passkey, gets nothing; it says what to do", async () => {
    const { view, cdp, authenticatorId } = await open({ hasPrf: true });
    const { page } = view;
    await page.getByLabel(/By a passkey/).check();
    await page.getByRole("button", { name: "Make my key" }).click();
    await page.getByText("sealed under your passkey").waitFor();
    await lock(page);
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await page.getByRole("button", { name: "Unlock with your passkey" }).click();
    await page.getByText("The passkey gave no secret.").waitFor();
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
    await page.getByRole("button", { name: "Unlock with your passkey" }).click();
    await page.getByText("with your recovery kit you come in as well").waitFor();
    await page.getByText("Your private records are locked").first().waitFor();
    await view.close();
  });

  it("error: an authenticator that computes no secrets makes no key; the passphrase beside it does", async () => {
    const { view } = await open({ hasPrf: false });
    const { page } = view;
    await page.getByLabel(/By a passkey/).check();
    await page.getByRole("button", { name: "Make my key" }).click();
    await page.getByText("The passkey gave no secret.").waitFor();
    await page.getByLabel(/By a passphrase/).check();
    await page.getByLabel("Passphrase", { exact: true }).fill("too short");
    await page.getByText("Too short to be safe.").waitFor();
    await page.getByLabel("Passphrase", { exact: true }).fill("several words are good");
    await page.getByLabel("The same again").fill("several words are goof");
    await page.getByText("The two are not the same.").waitFor();
    expect(await page.getByRole("button", { name: "Make my key" }).isDisabled()).to.equal(true);
    await page.getByLabel("The same again").fill("several words are good");
    await page.getByRole("button", { name: "Make my key" }).click();
    await page.getByText("sealed under your passphrase").waitFor();
    await view.close();
  });

  it("default: a restored key gets a passkey beside its passphrase; either opens it, and one can be taken away", async () => {
    const { view } = await open({ hasPrf: true, as: "owner" });
    const { page } = view;
    await restoreRecords(view);
    const made = await nameOfKey(page);
    await page.getByText("Open it with a passkey, too").click();
    await page.getByRole("button", { name: "Add the passkey" }).click();
    await page.getByText("sealed under your passphrase or passkey").waitFor();
    await lock(page);
    await page.getByRole("button", { name: "Unlock with your passkey" }).click();
    await page.getByText("sealed under your passphrase or passkey").waitFor();
    await lock(page);
    await page.getByLabel("Passphrase", { exact: true }).fill("a passphrase for this device");
    await page.getByRole("button", { name: "Unlock", exact: true }).click();
    await page.getByRole("button", { name: "Remove the passphrase" }).click();
    await page.getByText("sealed under your passkey").waitFor();
    // The last one stays: without it nothing would open the key here.
    expect(await page.getByRole("button", { name: /^Remove the/ }).count()).to.equal(0);
    expect(await nameOfKey(page)).to.equal(made);
    await view.go("My data");
    await page.getByRole("heading", { name: "X archive" }).waitFor();
    expectQuiet(view);
    await view.close();
  });

  it("behavior: where a browser has no passkeys for the page's address, none is offered", async () => {
    const view = await visit(scene(), { as: "stranger", view: "recovery" });
    await view.page.getByRole("button", { name: "Make my key" }).waitFor();
    expect(await view.page.getByText("By a passkey").count()).to.equal(0);
    await view.close();
  });
});

async function addAuthenticator(page: Page, hasPrf: boolean): Promise<Authenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf,
    },
  });
  return { cdp, authenticatorId };
}
