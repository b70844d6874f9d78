/** What goes wrong on the way: the wallet elsewhere, the chain away, a job in the middle, two tabs. It ends all grants: after the journeys. */
import { grantHash } from "@persona-protocol/sdk/access";
import { grantRegistryAbi } from "@persona-protocol/sdk/contracts";
import { expect } from "chai";
import { parseEther } from "viem";
import { enclaveIn } from "../../../node/src/dev/processTree.ts";
import { engagementProgram, threshold } from "../../../scripts/demo/engagementProgram.ts";
import { describePortal, expectQuiet, restoreRecords, type Scene, visit } from "../scene.ts";

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
    // Side by side: each waits until it has asked in vain more than once.
    const places = ["", "grants", "data", "activity"] as const;
    const [home, ...others] = await Promise.all(places.map((view) => visit(current, { view })));
    if (home === undefined) throw new Error("no page was opened");
    try {
      await home.page.getByRole("alert").filter({ hasText: "Local test network does not answer." }).waitFor();
      await home.page.getByText("Who may use it is not known").waitFor();
      for (const { page } of others) {
        await page.getByText("could not be read").first().waitFor();
        const claimed = page.getByText(/No grants yet|No data yet|Nothing has been run yet|Nobody may|Nobody: /);
        expect(await claimed.count(), page.url()).to.equal(0);
      }
    } finally {
      current.chainDown = false;
    }
    for (const { page } of others) await page.getByText("could not be read").first().waitFor({ state: "detached" });
    await home.page.getByText("finished").first().waitFor();
    for (const view of [home, ...others]) await view.close();
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

const hashOf = ({ network }: Scene, granted: Parameters<typeof grantHash>[1]) => grantHash(network.deployment, granted);
