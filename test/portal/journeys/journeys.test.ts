/** What an owner does with the page, in a real browser, against a real network. */
import { readFile } from "node:fs/promises";
import { decodeGrantPackage } from "@persona-protocol/sdk";
import { expect } from "chai";
import { parseEther } from "viem";
import { engagementProgram, threshold } from "../../../scripts/demo/engagementProgram.ts";
import { generateCalendar } from "../../../scripts/exports/icalendar.ts";
import { describePortal, expectQuiet, restoreRecords, type Visit, visit } from "../scene.ts";

describePortal("an owner's journeys", (scene) => {
  let view: Visit;

  before(async () => {
    view = await visit(scene(), { view: "grants" });
  });
  after(() => view?.close());

  it("default: what the chain knows is there at once; records come back from the kit, with their names", async () => {
    const { page } = view;
    await page.getByText("Unlock your records to see which program and segments").first().waitFor();
    await view.go("My data");
    await page.getByText("Their names and counts are in your private records.").first().waitFor();
    await restoreRecords(view);
    await page.getByRole("heading", { name: "X archive" }).waitFor();
    const row = page.getByRole("row", { name: /^posts / });
    expect(await row.textContent()).to.match(/^posts400/);
    await page.getByText("1 of 1 whole").first().waitFor();
    await view.go("Grants");
    await page.getByText("engagement-score").first().waitFor();
    await page.getByText("signed, not used yet").waitFor();
  });

  it("behavior: a lock is a lock; a wrong passphrase opens nothing, the right one does", async () => {
    const { page } = view;
    await view.go("Recovery");
    await page.getByRole("button", { name: "Lock it now" }).click();
    await page.getByLabel("Passphrase", { exact: true }).fill("not the passphrase");
    await page.getByRole("button", { name: "Unlock" }).click();
    await page.getByText("That is not the passphrase.").waitFor();
    await page.getByLabel("Passphrase", { exact: true }).fill("a passphrase for this device");
    await page.getByRole("button", { name: "Unlock" }).click();
    await page.getByRole("button", { name: "Lock it now" }).waitFor();
  });

  it("behavior: a request is narrowed and allowed by a signature alone; the grant runs a job", async () => {
    const { page } = view;
    const { seed } = scene();
    await view.go("Requests");
    await page.getByText("known to the registry since").waitFor();
    await page.getByText("proved, until").waitFor();
    await page.getByLabel("How often").fill("9");
    await page.getByText("More often than was asked.").waitFor();
    expect(await page.getByRole("button", { name: "Allow by signature, free" }).isDisabled()).to.equal(true);
    await page.getByLabel("How often").fill("2");
    await page.getByLabel("For how many days").fill("3");
    const nonce = await seed.owner.client.getTransactionCount({ address: seed.owner.client.account.address });
    const answered = page.getByText("allowed by signature");
    await page.getByRole("button", { name: "Allow by signature, free" }).click();
    await answered.waitFor();
    expect(await seed.owner.client.getTransactionCount({ address: seed.owner.client.account.address })).to.equal(nonce);

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the grant as a file" }).click(),
    ]);
    const granted = decodeGrantPackage(new Uint8Array(await readFile(await download.path())));
    expect(granted.terms.maxUses).to.equal(2);
    expect(granted.terms.price).to.equal(parseEther("2"));
    const { timestamp } = await seed.owner.client.getBlock();
    expect(granted.terms.expiresAt - Number(timestamp)).to.be.within(3 * 86_400 - 300, 3 * 86_400);
    const program = { ...engagementProgram, name: "reach-of-posts", description: descriptionOfRequest };
    const job = await seed.dapp.submitJob({
      program,
      grants: [granted],
      args: { threshold },
      maxFee: parseEther("4"),
    });
    const { rows } = await job.result({ signal: AbortSignal.timeout(60_000), pollMs: 50 });
    expect(rows).to.have.length(1);
    await view.go("Activity");
    await page.getByRole("article").first().getByText("reach-of-posts").waitFor();
  });

  it("error: declined in the wallet, nothing is granted or ended, and the page says so", async () => {
    const { page } = view;
    const { seed } = scene();
    const text = await seed.dapp.requestAccess({
      program: { ...engagementProgram, name: "declined-once" },
      segments: ["posts"],
      why: "To see what a no looks like.",
      uses: 1,
      expiresIn: "1d",
    });
    await page.goto(`${scene().origin}#/requests/${text}`);
    await page.getByText("declined-once").first().waitFor();
    // A request is nothing for the browser's history.
    expect(page.url()).to.equal(`${scene().origin}#/requests`);
    await view.wallet((control) => {
      control.decline = 1;
    });
    await page.getByRole("button", { name: "Allow on the chain" }).click();
    await page.getByText("You have declined in your wallet.").waitFor();
    await page.getByRole("button", { name: "Allow on the chain" }).click();
    await page.getByText("allowed on the chain").waitFor();

    await view.go("Grants");
    const card = page.getByRole("article").filter({ hasText: "declined-once" });
    await card.getByRole("button", { name: /End this grant/ }).click();
    await view.wallet((control) => {
      control.decline = 1;
    });
    await page.getByRole("button", { name: "End it now" }).click();
    await page.getByRole("dialog").getByText("You have declined in your wallet.").waitFor();
    await page.getByRole("button", { name: "Keep it" }).click();
    await card.getByText("can be used now").waitFor();
  });

  it("default: said no to, a request is put aside and nothing is sent", async () => {
    const { page } = view;
    const { seed } = scene();
    const text = await seed.dapp.requestAccess({
      program: { ...engagementProgram, name: "unwanted" },
      segments: ["posts", "medical-history"],
      why: "Because.",
      uses: 1,
      expiresIn: "1d",
    });
    await view.go("Requests");
    await page
      .getByLabel("The link, or the text")
      .fill(`Please look: https://page.example/#/requests/${text} thank you`);
    await page.getByRole("button", { name: "Read it" }).click();
    const card = page.getByRole("article").filter({ hasText: "unwanted" });
    await card.getByText("which is not in this data").waitFor();
    await card.getByRole("button", { name: "Say no" }).click();
    await page.getByText("you said no").waitFor();
    await card.waitFor({ state: "detached" });
  });

  it("default: an export is dropped, read in a worker, stored and registered, and found again", async () => {
    const { page } = view;
    await view.go("My data");
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Choose files" }).click(),
    ]);
    const buffer = Buffer.from([...generateCalendar({ events: 120 })].join(""));
    await chooser.setFiles({ name: "calendar.ics", mimeType: "text/calendar", buffer });
    await page.getByRole("heading", { name: /^Found: / }).waitFor();
    await page.getByLabel("Name it for yourself").fill("Harbour calendar");
    await page.getByRole("button", { name: "Encrypt, store and register" }).click();
    await page.getByText("is yours, encrypted and registered").waitFor();
    const card = page.getByRole("article", { name: "Harbour calendar" });
    expect(await card.getByRole("row", { name: /^events / }).textContent()).to.match(/^events120/);
    await card.getByText("1 of 1 whole").waitFor();
  });

  it("error: what is no export is refused, with what to do", async () => {
    const { page } = view;
    await page.getByRole("button", { name: "Bring another" }).click();
    const damaged = Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(200, 7)]);
    await page
      .getByLabel("Files of an export")
      .setInputFiles({ name: "export.zip", mimeType: "application/zip", buffer: damaged });
    await page.getByText("The file was not read.").or(page.getByRole("alert")).first().waitFor();
    expect(await page.getByRole("alert").textContent()).to.match(/ARCHIVE_|EXPORT_/);
  });

  it("default: erased with its consequences said, and restored", async () => {
    const { page } = view;
    const card = page.getByRole("article", { name: "Harbour calendar" });
    await card.getByRole("button", { name: /^Erase/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("What no erasure reaches:").waitFor();
    expect(await dialog.getByRole("button", { name: "Begin the erasure" }).isDisabled()).to.equal(true);
    await dialog.getByLabel("I have read what happens, and what does not.").check();
    await dialog.getByRole("button", { name: "Begin the erasure" }).click();
    await dialog.getByText("The erasure has begun.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await card.getByText("being erased").waitFor();
    await card.getByRole("button", { name: "Restore it" }).click();
    await card.getByText("in use").waitFor();
  });

  it("default: releases are proved from guardians' logs, receipts verified here, earnings withdrawn", async () => {
    const { page } = view;
    await view.go("Activity");
    await page.getByRole("button", { name: "Ask the guardians" }).click();
    await page.getByText("No alarm:").waitFor();
    expect(await page.getByRole("region", { name: "Releases" }).getByRole("row").count()).to.be.greaterThan(3);
    const finished = page.getByRole("article").filter({ hasText: "finished" }).first();
    await finished.getByRole("button", { name: /Check the receipt/ }).click();
    await finished.getByText("The receipt stands.").waitFor();
    await finished.getByText("the signature is the named key's").waitFor();
    await page.getByRole("button", { name: "Send it to my account" }).click();
    await page.getByText("nothing").first().waitFor();
  });

  it("default: a kit is made, tested from its text, and opens the backup", async () => {
    const { page } = view;
    await view.go("Recovery");
    await page.getByRole("button", { name: "Back up now" }).click();
    await page.getByText("The backup is stored, and the chain names it.").waitFor();
    await page.getByText("up to date").waitFor();
    await page.getByLabel("Passphrase of the kit").fill("kept apart from paper");
    await page.getByRole("button", { name: "Make the kit" }).click();
    const kit = (await page.getByLabel("Recovery kit", { exact: true }).textContent()) ?? "";
    const typed = kit
      .split("\n")
      .filter((line) => /^\d\d /.test(line))
      .map((line) => line.toLowerCase())
      .join("\n");
    await page
      .getByLabel("The kit", { exact: true })
      .fill(typed.replace(/^01 {2}(\w)/, (_, letter) => `01  ${letter === "b" ? "c" : "b"}`));
    await page.getByLabel("Its passphrase").fill("kept apart from paper");
    await page.getByRole("button", { name: "Test it" }).click();
    await page.getByText("Line 1 of the recovery kit was typed wrong.").waitFor();
    await page.getByLabel("The kit", { exact: true }).fill(typed);
    await page.getByRole("button", { name: "Test it" }).click();
    await page.getByText("It is the key of this device.").waitFor();
    await page.getByText("With it your backup opens: 3 datasets.").waitFor();
  });

  it("behavior: through all of it nothing was asked of anybody else, and the browser complained of nothing", () => {
    expectQuiet(view);
  });
});

const descriptionOfRequest = "How many of your posts were widely read, and how widely.";
