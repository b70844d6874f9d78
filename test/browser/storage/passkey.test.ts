import { expect } from "chai";
import type { CDPSession } from "playwright-core";
import { describeInBrowser, type TestPage } from "../../helpers/browser.ts";

type PasskeyPage = typeof import("../pages/passkeyPage.ts");

describeInBrowser("passkeys in Chromium", (open) => {
  const module = new URL("../pages/passkeyPage.ts", import.meta.url);

  /** A page whose machine has one authenticator, and nobody who has to touch it. */
  async function pageWith(choice: {
    readonly hasPrf: boolean;
  }): Promise<TestPage<PasskeyPage> & { readonly authenticatorId: string }> {
    const page = await open<PasskeyPage>({ module });
    return { ...page, authenticatorId: await addAuthenticator(page.cdp, choice) };
  }

  it("default: a keystore under a passkey is made and opened; another passkey of the same person opens nothing", async () => {
    const page = await pageWith({ hasPrf: true });
    const passkey = made(await page.call("create", "localhost"));
    expect(passkey.rpId).to.equal("localhost");
    const { secret, file } = made(await page.call("sealNewKey", passkey));
    expect(await page.call("openFile", file)).to.deep.equal({ value: secret });

    const other = made(await page.call("create", "localhost"));
    expect(other.credentialId).not.to.equal(passkey.credentialId);
    const moved = await page.call("move", file, other);
    expect(await page.call("openFile", moved)).to.deep.equal({ code: "KEYSTORE_PASSPHRASE_WRONG" });
    // The file has not changed, and goes on opening.
    expect(await page.call("openFile", file)).to.deep.equal({ value: secret });
  });

  it("error: a user who does not prove who they are, a machine that has not the passkey, one without `prf`", async () => {
    const page = await pageWith({ hasPrf: true });
    const passkey = made(await page.call("create", "localhost"));
    const { file, secret } = made(await page.call("sealNewKey", passkey));
    expect(await page.call("openFile", file)).to.deep.equal({ value: secret });

    const { authenticatorId } = page;
    await page.cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    expect(await page.call("openFile", file)).to.deep.equal({ code: "KEYSTORE_PASSKEY_FAILED" });

    await page.cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
    await addAuthenticator(page.cdp, { hasPrf: true });
    expect(await page.call("openFile", file)).to.deep.equal({ code: "KEYSTORE_PASSKEY_FAILED" });

    const old = await pageWith({ hasPrf: false });
    expect(await old.call("create", "localhost")).to.deep.equal({ code: "KEYSTORE_PASSKEY_FAILED" });
  });

  it("error: a site cannot make or ask for the passkey of another", async () => {
    const page = await pageWith({ hasPrf: true });
    expect(await page.call("create", "example.com")).to.deep.equal({ code: "KEYSTORE_PASSKEY_FAILED" });
    const passkey = made(await page.call("create", "localhost"));
    const { file } = made(await page.call("sealNewKey", passkey));
    const elsewhere = await page.call("move", file, { ...passkey, rpId: "example.com" });
    expect(await page.call("openFile", elsewhere)).to.deep.equal({ code: "KEYSTORE_PASSKEY_FAILED" });
  });
});

async function addAuthenticator(cdp: CDPSession, { hasPrf }: { readonly hasPrf: boolean }): Promise<string> {
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
  return authenticatorId;
}

function made<T>(outcome: { readonly value: T } | { readonly code: string }): T {
  if ("value" in outcome) return outcome.value;
  throw new Error(`it failed with ${outcome.code}`);
}
