/** What a person does with the page, in a real browser, against a real network: each journey, and what goes wrong on the way. */
import { readFile } from "node:fs/promises";
import { decodeGrantPackage } from "@persona-protocol/sdk";
import { grantRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { parseEther } from "viem";
import { enclaveIn } from "../../node/src/dev/processTree.ts";
import { engagementProgram, threshold } from "../../scripts/demo/engagementProgram.ts";
import { generateCalendar } from "../../scripts/exports/icalendar.ts";
import { describePortal, expectQuiet, restoreRecords, type Scene, type Visit, visit } from "./scene.ts";

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

describePortal("when things go wrong", (scene) => {
  it("error: on another chain nothing can be signed; one click brings the wallet back", async () => {
    const view = await visit(scene(), { view: "grants" });
    const { page } = view;
    await page.getByRole("button", { name: "End all grants" }).waitFor();
    await view.wallet((control) => control.moveTo(1));
    await page.getByText("Your wallet is on another network.").waitFor();
    await page.getByText("Switch your wallet to Local test network to end grants.").waitFor();
    expect(await page.getByRole("button", { name: "End all grants" }).count()).to.equal(0);
    await view.wallet((control) => {
      control.decline = 1;
    });
    await page.getByRole("button", { name: "Switch to Local test network" }).click();
    await page.getByText("You have declined in your wallet. Nothing was changed.").waitFor();
    await page.getByRole("button", { name: "Switch to Local test network" }).click();
    await page.getByRole("button", { name: "End all grants" }).waitFor();
    await view.close();
  });

  it("error: the chain goes away in the middle: what was read stays, nothing pretends to be new, and it comes back", async () => {
    const view = await visit(scene(), { view: "grants" });
    const { page } = view;
    await page.getByRole("article").first().waitFor();
    const there = await page.getByRole("article").count();
    const current = scene();
    current.chainDown = true;
    try {
      await page.getByRole("alert").filter({ hasText: "Local test network does not answer." }).waitFor();
      await page.getByText("What you see was read at").waitFor();
      expect(await page.getByRole("article").count()).to.equal(there);
    } finally {
      current.chainDown = false;
    }
    await page.getByRole("button", { name: "Ask again now" }).click();
    await page
      .getByRole("alert")
      .filter({ hasText: "Local test network does not answer." })
      .waitFor({ state: "detached" });
    await view.close();
  });

  it("error: without a chain from the start nothing is claimed: neither that nobody may, nor that there is nothing", async () => {
    const current = scene();
    current.chainDown = true;
    const view = await visit(current, { view: "" });
    const { page } = view;
    try {
      await page.getByRole("alert").filter({ hasText: "Local test network does not answer." }).waitFor();
      await page.getByText("Who may use it is not known").waitFor();
      for (const name of ["Grants", "My data", "Activity"]) {
        await view.go(name);
        await page.getByText("could not be read").first().waitFor();
        expect(
          await page.getByText(/No grants yet|No data yet|Nothing has been run yet|Nobody may|Nobody: /).count(),
          name,
        ).to.equal(0);
      }
    } finally {
      current.chainDown = false;
    }
    await page.getByText("finished").first().waitFor();
    await view.close();
  });

  it("behavior: ended while a job runs: the dialog says what that means, and the job ends as it must", async () => {
    const { seed, network } = scene();
    const text = await askFor(scene(), "runs-while-ended");
    const { request } = await seed.owner.readAccessRequest(text);
    const [record] = seed.records;
    if (record === undefined) throw new Error("nothing was seeded");
    // One use is the job's; with another one left the grant stays among those that can be used.
    const granted = await seed.owner.grantAndWait({ request, dataset: record.dataset, uses: 2 });
    const { calls, jobId } = await seed.dapp.buildSubmitJob({
      program: request.program,
      grants: [granted],
      args: { threshold },
      maxFee: parseEther("3"),
    });
    // It is posted, and no guardian releases a key yet: it is under way, and cannot end.
    const tell = (signal: "SIGSTOP" | "SIGCONT") => {
      for (const { enclavePid } of network.guardians) process.kill(enclaveIn(enclavePid), signal);
    };
    tell("SIGSTOP");
    const view = await visit(scene(), { view: "grants" });
    const { page } = view;
    try {
      await seed.dapp.sendCalls(calls);
      const short = `Grant ${(await hashOf(scene(), granted)).slice(0, 10)}`;
      const card = page.getByRole("article", { name: new RegExp(short) });
      await card.getByText("a job is under way").waitFor();
      await card.getByRole("button", { name: /End this grant/ }).click();
      await page.getByText("1 job is under way.").waitFor();
      await page.getByRole("button", { name: "End it now" }).click();
      await page.getByText("The grant has ended.").first().waitFor();
      tell("SIGCONT");
      const end = await seed.dapp.waitForJob(jobId, { signal: AbortSignal.timeout(60_000), pollMs: 100 });
      // No key was released: the guardians see that the grant has ended.
      expect(end.status).to.equal("failed");
      await view.page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
      await view.go("Activity");
      const shown = page.getByRole("article", { name: new RegExp(`Job ${jobId.slice(0, 10)}`) });
      await shown.getByText("The guardians refused its keys").waitFor();
    } finally {
      tell("SIGCONT");
      await view.close();
    }
  });

  it("behavior: several are ended as one where the wallet can, by as many questions where not", async () => {
    const { seed } = scene();
    const [record] = seed.records;
    if (record === undefined) throw new Error("nothing was seeded");
    const { request } = await seed.owner.readAccessRequest(await askFor(scene(), "one-of-several"));
    const hashes: string[] = [];
    for (let i = 0; i < 4; i++)
      hashes.push(await hashOf(scene(), await seed.owner.grantAndWait({ request, dataset: record.dataset })));
    const view = await visit(scene(), { view: "grants" });
    const { page } = view;
    const end = async (two: readonly string[]) => {
      for (const hash of two) await page.getByLabel(`Choose grant ${hash.slice(0, 10)}… to end several`).check();
      await page.getByRole("button", { name: "End the 2 chosen" }).click();
      await page.getByRole("button", { name: "End it now" }).click();
      await page.getByText("2 grants have ended.").waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
      for (const hash of two)
        await page.getByRole("article", { name: new RegExp(hash.slice(0, 10)) }).waitFor({ state: "detached" });
    };
    const asked = async (method: string) =>
      page.evaluate(`personaTestWallet.asked.filter((each) => each === ${JSON.stringify(method)}).length`);
    await end(hashes.slice(0, 2));
    expect(await asked("eth_sendTransaction")).to.equal(2);
    await view.wallet((control) => {
      control.batches = true;
    });
    await end(hashes.slice(2));
    expect([await asked("wallet_sendCalls"), await asked("eth_sendTransaction")]).to.deep.equal([1, 2]);
    expectQuiet(view);
    await view.close();
  });

  it("behavior: two tabs: what one ends the other does not offer any more; what one keeps the other has", async () => {
    const { seed } = scene();
    const text = await askFor(scene(), "in-two-tabs");
    const view = await visit(scene(), { view: "data" });
    await restoreRecords(view);
    const second = await view.context.newPage();
    await second.goto(`${scene().origin}#/requests`);
    // Each tab is opened by itself: a passphrase in one is no passphrase in the other.
    await second
      .getByRole("button", { name: "Connect a wallet" })
      .or(second.getByRole("button", { name: /connected/ }))
      .waitFor();
    if ((await second.getByRole("button", { name: "Connect a wallet" }).count()) > 0) {
      await second.getByRole("button", { name: "Connect a wallet" }).click();
      await second.getByRole("button", { name: "Test wallet" }).click();
    }
    await second.getByLabel("The link, or the text").fill(text);
    await second.getByRole("button", { name: "Read it" }).click();
    const card = second.getByRole("article").filter({ hasText: "in-two-tabs" });
    await card.getByLabel("Passphrase", { exact: true }).fill("a passphrase for this device");
    await card.getByRole("button", { name: "Unlock" }).click();
    await card.getByRole("button", { name: "Allow by signature, free" }).click();
    await second.getByText("allowed by signature").first().waitFor();

    await view.go("Grants");
    const first = view.page.getByRole("article").filter({ hasText: "in-two-tabs" });
    await first.getByText("signed, not used yet").waitFor();
    await second.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Grants" }).click();
    await second.getByRole("button", { name: "End all grants" }).click();
    await second.getByRole("dialog").getByRole("button", { name: "End all grants" }).click();
    await second.getByText("All your grants have ended.").waitFor();
    await first.waitFor({ state: "detached" });
    expect(await view.page.getByText("Nobody may run a program on it.").count()).to.be.greaterThan(0);
    const { client, deployment } = seed.owner;
    const epoch = await client.readContract({
      address: deployment.grantRegistry,
      abi: grantRegistryAbi,
      functionName: "ownerEpochOf",
      args: [client.account.address],
    });
    expect(epoch).to.equal(1);
    await view.close();
  });
});

describePortal("developers and operators", (scene) => {
  it("default: an app is registered and acted for, a program published, jobs shown with costs and reasons", async () => {
    const view = await visit(scene(), { as: "dapp", view: "developer" });
    const { page } = view;
    await page.getByText("Civic Polls").first().waitFor();
    await page.getByText("owners see it when this account asks").waitFor();
    await page.getByText("The program stopped with an error of its own.").waitFor();
    await page.getByLabel("Name", { exact: true }).fill("Second app");
    await page.getByLabel("Domain", { exact: true }).fill("second.example.org");
    await page.getByRole("button", { name: "Register the app" }).click();
    await page.getByText("second.example.org").waitFor();
    await page.getByText("claimed, not proved").waitFor();
    await page.getByRole("button", { name: "Check and publish" }).click();
    await page.getByText("Owners will see it like this:").waitFor();
    await page.getByLabel("The program, as JSON").fill('{"v": 1}');
    await page.getByRole("button", { name: "Check and publish" }).click();
    await page.getByText("The program was not published.").or(page.getByText("PROGRAM_INVALID")).first().waitFor();
    expectQuiet(view);
    await view.close();
  });

  it("default: nodes with stake, work, attestation", async () => {
    const view = await visit(scene(), { as: "stranger", view: "operator" });
    const { page } = view;
    await page.getByText("This account runs no node").waitFor();
    await page.getByLabel(/Show every node of the network/).check();
    await page.getByRole("article", { name: "Node 4" }).getByText("jobs finished").waitFor();
    await page.getByText("simulated: protects nothing").first().waitFor();
    expectQuiet(view);
    await view.close();
  });

  it("default: an account without anything is told what would be there", async () => {
    const view = await visit(scene(), { as: "stranger", view: "grants" });
    const { page } = view;
    await page.getByText("No grants yet").waitFor();
    await view.go("My data");
    await page.getByText("No data yet").waitFor();
    await view.go("Activity");
    await page.getByText("Nothing has been run yet").waitFor();
    await view.go("Requests");
    await page.getByText("Nothing waits for you").waitFor();
    expectQuiet(view);
    await view.close();
  });
});

function askFor({ seed }: Scene, name: string): Promise<string> {
  return seed.dapp.requestAccess({
    program: { ...engagementProgram, name },
    segments: ["posts"],
    why: "For a test.",
    uses: 1,
    expiresIn: "1d",
    price: parseEther("1"),
  });
}

async function hashOf(
  { network }: Scene,
  granted: Parameters<typeof import("@persona-protocol/sdk/access").grantHash>[1],
) {
  const { grantHash } = await import("@persona-protocol/sdk/access");
  return grantHash(network.deployment, granted);
}
