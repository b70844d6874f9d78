import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";
import { bundleForBrowser } from "./browserBundle.ts";
import { type BrowserSite, type SiteRoute, startBrowserSite } from "./browserSite.ts";

/** The functions of a page's module, as tests call them: what goes in and comes out is copied (plain data, `Uint8Array`). */
// biome-ignore lint/suspicious/noExplicitAny: any function will do; `call` has its types.
type PageModule = Record<string, (...args: any[]) => unknown>;

export type TestPage<M> = {
  /** Runs a function of the page's module inside the browser. */
  call<K extends keyof M & string>(
    name: K,
    ...args: M[K] extends (...args: infer A) => unknown ? A : never
  ): Promise<M[K] extends (...args: never[]) => infer R ? Awaited<R> : never>;
  /** Chrome DevTools Protocol of this page: virtual authenticators, memory, throttling. */
  readonly cdp: CDPSession;
  readonly page: Page;
  readonly site: BrowserSite;
};

export type OpenPage = <M extends PageModule>(options: {
  /** A TypeScript module below test/, bundled with the SDK: `new URL("…", import.meta.url)`. */
  readonly module: URL;
  /** More of them, by the path at which the page finds them: `{ "/worker.js": … }`. */
  readonly modules?: Readonly<Record<string, URL>>;
  readonly routes?: Readonly<Record<string, SiteRoute>>;
}) => Promise<TestPage<M>>;

const fetchScript = fileURLToPath(new URL("../../scripts/fetchBrowser.ts", import.meta.url));
/** One browser for all tests of a process. */
let shared: Promise<Browser> | undefined;

/**
 * Tests that need a real browser: `describe`, with a function that opens pages. Each page has a site and a profile of its own;
 * all are closed after the tests. Chromium is fetched when it is missing; where it cannot be, the tests are skipped with the
 * reason in capitals.
 */
export function describeInBrowser(title: string, tests: (open: OpenPage) => void): void {
  describe(title, () => {
    const open: { sites: BrowserSite[]; contexts: BrowserContext[] } = { sites: [], contexts: [] };
    before(async function () {
      this.timeout(5 * 60_000); // 100 MB, where it is not there yet
      const found = await sharedBrowser();
      if (found !== undefined) return;
      process.stderr.write("\n  SKIPPED: no test has met a real browser. The reason is above.\n\n");
      this.skip();
    });
    after(async () => {
      await Promise.all(open.contexts.map((context) => context.close()));
      await Promise.all(open.sites.map((site) => site.close()));
    });
    tests(async ({ module, modules = {}, routes = {} }) => {
      const browser = await sharedBrowser();
      if (browser === undefined) throw new Error("there is no browser");
      const site = await startBrowserSite();
      open.sites.push(site);
      site.route("/", new TextEncoder().encode("<!doctype html><title>test</title>"));
      for (const [path, each] of Object.entries({ "/page.js": module, ...modules })) {
        site.route(path, new TextEncoder().encode((await bundleForBrowser(each)).code));
      }
      for (const [path, answer] of Object.entries(routes)) site.route(path, answer);
      const context = await browser.newContext();
      open.contexts.push(context);
      const page = await context.newPage();
      await page.goto(`${site.origin}/index.html`);
      return { page, site, cdp: await context.newCDPSession(page), call: (name, ...args) => callIn(page, name, args) };
    });
  });
}

after(async () => {
  const browser = await shared;
  await browser?.close();
});

// biome-ignore lint/suspicious/noExplicitAny: typed by TestPage.
async function callIn(page: Page, name: string, args: readonly unknown[]): Promise<any> {
  return page.evaluate(
    async ({ url, name, args }) => {
      const module = (await import(url)) as PageModule;
      return module[name]?.(...args);
    },
    { url: "/page.js", name, args: [...args] },
  );
}

async function sharedBrowser(): Promise<Browser | undefined> {
  if (shared !== undefined) return shared;
  const { status, stdout, stderr } = spawnSync(process.execPath, [fetchScript], { encoding: "utf8" });
  if (status !== 0) {
    process.stderr.write(stderr);
    return undefined;
  }
  shared = chromium.launch({
    executablePath: stdout.trim(),
    // Nothing but loopback has a name: neither a page nor the browser itself reaches the network.
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"],
  });
  return shared;
}
