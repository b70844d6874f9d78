/** The page for who makes apps and programs, who runs nodes, and who has nothing yet. */
import { describePortal, expectQuiet, visit } from "../scene.ts";

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
