/** Owners whose account is code: a contract by its own word (ERC-1271), a key that has delegated (EIP-7702). From import to the end of a grant. */
import { readFile } from "node:fs/promises";
import { decodeGrantPackage, type Program } from "@persona-protocol/sdk";
import { expect } from "chai";
import { type Address, type Hex, isAddressEqual } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createChainClient } from "../../../node/src/chain/connectChain.ts";
import { generateCalendar } from "../../../scripts/exports/icalendar.ts";
import { deployAccount } from "../../helpers/contractAccount.ts";
import { describePortal, expectQuiet, type Scene, visit } from "../scene.ts";

const countsEvents: Program = {
  v: 1,
  kind: "sql",
  name: "event-count",
  description: "How many events a calendar has.",
  statement: "SELECT count(*)::BIGINT AS events FROM events",
  tables: [{ table: "events", schema: "persona:event@1" }],
  args: [],
  result: { columns: [{ name: "events", type: "bigint", nullable: false }], maxRows: 1 },
  limits: { timeMs: 10_000, memoryMb: 256 },
};

describePortal("an owner that is a smart account", (scene) => {
  it("default: a contract (ERC-1271) imports, allows by signature and on chain, and ends grants", async () => {
    const payer = await scene().network.fundedClient();
    const privateKey = generatePrivateKey();
    const { address } = await deployAccount(payer, "SmartWallet", [privateKeyToAccount(privateKey).address]);
    await scene().network.fund(privateKeyToAccount(privateKey).address);
    await liveAs(scene(), { privateKey, contract: address }, "a contract (ERC-1271)");
  });

  it("default: a key that has delegated its code (EIP-7702) does the same", async () => {
    const { network } = scene();
    const payer = await network.fundedClient();
    const delegate = await deployAccount(payer, "DelegateAccount");
    const privateKey = generatePrivateKey();
    const account = privateKeyToAccount(privateKey);
    await network.fund(account.address);
    const { chainId } = network.deployment;
    const own = createChainClient({ rpcUrl: network.rpcUrl, chainId, account });
    const authorization = await account.signAuthorization({ address: delegate.address, chainId, nonce: 1 });
    const hash = await own.sendTransaction({
      to: account.address,
      authorizationList: [authorization],
      type: "eip7702",
    });
    await own.waitForTransactionReceipt({ hash });
    expect(await own.getCode({ address: account.address })).to.equal(
      `0xef0100${delegate.address.slice(2)}`.toLowerCase(),
    );
    await liveAs(scene(), { privateKey }, "a key that has delegated to code (EIP-7702)");
  });
});

async function liveAs(scene: Scene, as: { readonly privateKey: Hex; readonly contract?: Address }, kind: string) {
  const { seed } = scene;
  const owner = as.contract ?? privateKeyToAccount(as.privateKey).address;
  const view = await visit(scene, { as, view: "data" });
  const { page } = view;
  await page.getByRole("button", { name: /connected\. Wallet settings/ }).click();
  await page.getByText(kind).waitFor();
  await page.keyboard.press("Escape");
  await view.wallet((control) => {
    control.batches = true;
  });

  await page.getByLabel("Passphrase", { exact: true }).fill("several words are good");
  await page.getByLabel("The same again").fill("several words are good");
  await page.getByRole("button", { name: "Make my key" }).click();
  const buffer = Buffer.from([...generateCalendar({ events: 30 })].join(""));
  await page.getByLabel("Files of an export").setInputFiles({ name: "c.ics", mimeType: "text/calendar", buffer });
  await page.getByRole("button", { name: "Encrypt, store and register" }).click();
  await page.getByText("is yours, encrypted and registered").waitFor();

  await view.go("Requests");
  const request = (name: string) =>
    seed.dapp.requestAccess({
      program: { ...countsEvents, name },
      segments: ["events"],
      why: "For a test.",
      uses: 2,
      expiresIn: "1d",
    });
  for (const [name, button] of [
    ["by-signature", "Allow by signature, free"],
    ["on-chain", "Allow on the chain"],
  ] as const) {
    await page.getByLabel("The link, or the text").fill(await request(name));
    await page.getByRole("button", { name: "Read it" }).click();
    await page
      .getByRole("article")
      .filter({ hasText: `“${name}”` })
      .getByRole("button", { name: button })
      .click();
    const answered = page
      .getByRole("listitem")
      .filter({ hasText: name })
      .filter({ hasText: "Hand this to who asked." });
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      answered.getByRole("button", { name: "Save the grant as a file" }).click(),
    ]);
    const granted = decodeGrantPackage(new Uint8Array(await readFile(await download.path())));
    expect(isAddressEqual(granted.terms.owner, owner)).to.equal(true);
    const job = await seed.dapp.submitJob({ program: { ...countsEvents, name }, grants: [granted] });
    const { rows } = await job.result({ signal: AbortSignal.timeout(60_000), pollMs: 50 });
    expect(rows).to.deep.equal([{ events: 30 }]);
  }

  await view.go("Grants");
  const card = page.getByRole("article").filter({ hasText: "on-chain" });
  await card.getByRole("button", { name: /End this grant/ }).click();
  await page.getByRole("button", { name: "End it now" }).click();
  await page.getByText("The grant has ended.").first().waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await card.waitFor({ state: "detached" });
  await page.getByRole("article").filter({ hasText: "by-signature" }).getByText("can be used now").waitFor();
  await page.getByRole("button", { name: "End all grants" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End all grants" }).click();
  await page.getByText("All your grants have ended.").waitFor();
  expectQuiet(view);
  await view.close();
}
