import { chromium, type Page } from "playwright-core";

export type TemplatePage = {
  /** Presses a button, or follows a link that saves a file, which is put at `saveAs`. */
  press(label: string, saveAs?: string): Promise<void>;
  choose(label: string, file: string): Promise<void>;
  /** Waits for the result. */
  readResult(): Promise<{ readonly score: string; readonly provenance: string }>;
  close(): Promise<void>;
};

const longMs = 120_000;

/** A page of the template in a real Chromium; its test wallet is answered yes. What the page throws ends the next step. */
export async function openTemplate(options: {
  readonly executablePath: string;
  readonly url: string;
}): Promise<TemplatePage> {
  const browser = await chromium.launch({
    executablePath: options.executablePath,
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"],
  });
  const thrown: string[] = [];
  const page = await browser.newPage();
  page.on("dialog", (dialog) => void dialog.accept());
  page.on("pageerror", ({ message }) => thrown.push(message));
  await page.goto(options.url);

  return {
    async press(label, saveAs) {
      const target = page.getByRole(saveAs === undefined ? "button" : "link", { name: label });
      const saved = saveAs === undefined ? undefined : page.waitForEvent("download", { timeout: longMs });
      await settled(page, thrown, () => target.click({ timeout: longMs }));
      if (saveAs !== undefined) await (await saved)?.saveAs(saveAs);
    },
    choose: (label, file) => settled(page, thrown, () => page.getByLabel(label).setInputFiles(file)),
    async readResult() {
      const text = (label: string) =>
        settled(page, thrown, async () => (await page.getByLabel(label).textContent({ timeout: longMs })) ?? "");
      return { score: await text("Score"), provenance: await text("Provenance") };
    },
    close: () => browser.close(),
  };
}

/** What a person would read there, instead of a time that has passed. */
async function settled<result>(page: Page, thrown: readonly string[], step: () => Promise<result>): Promise<result> {
  const said = page.getByRole("alert").first();
  const failed = said.waitFor({ timeout: 2 * longMs }).then(async () => {
    throw new Error(`the page says: ${await said.textContent()}`);
  });
  failed.catch(() => {}); // Met below, or it is only that nothing went wrong.
  try {
    return await Promise.race([step(), failed]);
  } catch (error) {
    if (thrown.length === 0) throw error;
    throw new Error(`the page threw: ${thrown.join("; ")}`, { cause: error });
  }
}
