/** Each view as people see it, in light, dark and on a phone: no breach of axe's rules, nothing wider than the screen, and a picture. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { artifacts, describePortal, expectQuiet, restoreRecords, type Visit, visit } from "../scene.ts";

/** What is used of axe's answer. */
type Found = {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
};

const looks = [
  { name: "light", width: 1_280, theme: "light" },
  { name: "dark", width: 1_280, theme: "dark" },
  { name: "phone", width: 390, theme: "light" },
] as const;

const views = [
  ["requests", "Requests", "What you would allow"],
  ["grants", "Grants", "Who could read what right now"],
  ["data", "My data", "whole"],
  ["activity", "Activity", "Keys that were released"],
  ["recovery", "Recovery", "Make a recovery kit"],
  ["developer", "For developers", "Publish a program"],
  ["operator", "For operators", "Show every node"],
  ["overview", "Overview", "Lately"],
] as const;

describePortal("the page as it looks", (scene) => {
  // A package of portal/ alone, and only its file is used.
  const axe = () => readFileSync(join(repositoryRoot, "portal/node_modules/axe-core/axe.min.js"), "utf8");

  async function look(page: Page, name: string): Promise<void> {
    const { violations } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as Found;
    const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
    expect(said, name).to.deep.equal([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), `${name} is too wide`).to.equal(
      true,
    );
    await page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: true });
  }

  before(() => void mkdirSync(artifacts, { recursive: true }));

  for (const { name, width, theme } of looks) {
    it(`default: ${name}: axe clean, within the screen, kept as pictures`, async () => {
      const visits: Visit[] = [];
      const open = async (options: Parameters<typeof visit>[1]) => {
        const view = await visit(scene(), { ...options, width, theme });
        visits.push(view);
        // In the page's own world, as the debugger puts it there: the policy lets no other script in.
        await view.page.evaluate(axe());
        return view;
      };
      const nobody = await open({ as: "nobody" });
      await nobody.page.getByRole("heading", { level: 1 }).waitFor();
      await look(nobody.page, `welcome-${name}`);
      await nobody.page.getByRole("button", { name: "Connect a wallet" }).click();
      await nobody.page.getByText("No wallet was found in this browser.").waitFor();
      await look(nobody.page, `no-wallet-${name}`);

      const stranger = await open({ as: "stranger", view: "grants" });
      await stranger.page.getByText("No grants yet").waitFor();
      await look(stranger.page, `empty-${name}`);

      const owner = await open({ view: "recovery" });
      await restoreRecords(owner);
      for (const [file, link, there] of views) {
        await owner.go(link);
        await owner.page.getByText(there).first().waitFor();
        await owner.page.locator(".skeleton").first().waitFor({ state: "detached" });
        if (file === "operator") await owner.page.getByLabel(/Show every node/).check();
        if (file === "operator") await owner.page.getByRole("article").first().waitFor();
        if (file === "requests") {
          await owner.page.getByText("Read the program").first().click();
          await owner.page.getByText("Try it on a sample").first().click();
          await owner.page.getByText("This page cannot run it").first().waitFor();
        }
        if (file === "data") await owner.page.getByText("formats that it reads").click();
        await look(owner.page, `${file}-${name}`);
      }
      await owner.go("Grants");
      await owner.page.getByRole("button", { name: "End all grants" }).click();
      await look(owner.page, `end-all-${name}`);
      await owner.page.keyboard.press("Escape");
      await owner.go("Activity");
      const finished = owner.page.getByRole("article").filter({ hasText: "finished" }).first();
      await finished.getByRole("button", { name: /Check the receipt/ }).click();
      await finished.getByText("The receipt stands.").waitFor();
      await look(owner.page, `receipt-${name}`);
      for (const view of visits) {
        expectQuiet(view);
        await view.close();
      }
    });
  }

  it("default: by keyboard alone: past the navigation, into a dialog, out again with the focus where it was", async () => {
    const view = await visit(scene(), { view: "grants" });
    const { page } = view;
    await page.getByRole("button", { name: "End all grants" }).waitFor();
    // As the page is opened: with the focus nowhere.
    await page.reload();
    await page.getByRole("button", { name: "End all grants" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).to.equal("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).to.equal("main");
    await page.getByRole("button", { name: "End all grants" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "End all grants?" }).waitFor();
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press("Tab");
      const inside = "document.activeElement === document.body || document.activeElement.closest('dialog') !== null";
      expect(await page.evaluate(inside), `tab ${i}`).to.equal(true);
    }
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused(page)).to.equal("End all grants");
    await view.close();
  });

  it("behavior: nothing jumps: what is read later takes the place that was kept for it", async () => {
    const view = await visit(scene(), { view: "grants" });
    const { page } = view;
    const cdp = await view.context.newCDPSession(page);
    expect(cdp).to.not.equal(undefined);
    await page.evaluate(
      "globalThis.shift = 0; new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) globalThis.shift += each.value }).observe({ type: 'layout-shift', buffered: true })",
    );
    await page.reload();
    await page.evaluate(
      "globalThis.shift = 0; new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) globalThis.shift += each.value }).observe({ type: 'layout-shift', buffered: true })",
    );
    await page.getByRole("article").first().waitFor();
    await page.locator(".skeleton").first().waitFor({ state: "detached" });
    const shift = Number(await page.evaluate("globalThis.shift"));
    console.log(`      layout shift ${shift.toFixed(3)}`);
    expect(shift).to.be.lessThan(0.25);
    await view.close();
  });
});

const focused = (page: Page): Promise<unknown> =>
  page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()");
