/** What is served: how large, from whom, under which policy, and whether it is the same when it is built again. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { buildPortal, portalDist } from "../../../scripts/portal/installPortal.ts";
import { describePortal, expectQuiet, visit } from "../scene.ts";

/** Issue: under 250 kB. What is reached now is held with a quarter to spare. */
const mostLandingBytes = 150_000;
const mostLandingRequests = 24;

type Chunk = { readonly file: string; readonly imports?: readonly string[]; readonly isEntry?: boolean };

describePortal("the built page", (scene) => {
  const page = () => readFileSync(join(portalDist, "index.html"), "utf8");
  const digest = (file: string, algorithm: string) =>
    `${algorithm}-${createHash(algorithm)
      .update(readFileSync(join(portalDist, file)))
      .digest("base64")}`;

  it("behavior: the landing view's scripts are under the budget, gzip", () => {
    const manifest = JSON.parse(readFileSync(join(portalDist, "manifest.json"), "utf8")) as Record<string, Chunk>;
    const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry === true) ?? "";
    const loaded = new Set([entry]);
    for (const name of loaded) for (const each of manifest[name]?.imports ?? []) loaded.add(each);
    const bytes = [...loaded].reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(portalDist, manifest[name]?.file ?? "")), { level: 9 }).length,
      0,
    );
    console.log(`      ${loaded.size} scripts, ${bytes} bytes gzip`);
    expect(bytes).to.be.lessThan(mostLandingBytes);
  });

  it("behavior: the landing view asks for few files, of the page alone, and connects to the chain alone", async () => {
    const { server, browser, origin } = scene();
    const context = await browser.newContext();
    const tab = await context.newPage();
    const asked: string[] = [];
    tab.on("request", (request) => asked.push(request.url()));
    await tab.goto(origin);
    await tab.getByRole("heading", { level: 1 }).waitFor();
    await tab.waitForLoadState("networkidle");
    const files = asked.filter((url) => !url.endsWith("/rpc"));
    expect(files.length, files.join("\n")).to.be.at.most(mostLandingRequests);
    for (const url of asked) expect(new URL(url).origin).to.equal(server.origin);
    await context.close();
  });

  it("behavior: every script and style carries its digest, also what is loaded later", () => {
    const html = page();
    const tags = [...html.matchAll(/<(?:script|link)[^>]*?(?:src|href)="\.\/([^"]+\.(?:js|css))"[^>]*>/g)];
    expect(tags.length).to.be.greaterThan(1);
    for (const [tag, file = ""] of tags) expect(tag).to.include(`integrity="${digest(file, "sha384")}"`);
    const [, map = "{}"] = /<script type="importmap">(.*?)<\/script>/s.exec(html) ?? [];
    const { integrity } = JSON.parse(map) as { readonly integrity: Record<string, string> };
    const scripts = readdirSync(join(portalDist, "assets")).filter((file) => file.endsWith(".js"));
    expect(Object.keys(integrity).sort()).to.deep.equal(scripts.map((file) => `./assets/${file}`).sort());
    for (const file of scripts) expect(integrity[`./assets/${file}`]).to.equal(digest(`assets/${file}`, "sha384"));
    const hash = createHash("sha256").update(map).digest("base64");
    expect(html).to.include(`'sha256-${hash}'`);
  });

  it("behavior: a script that is not the one that was built is not run", async () => {
    const { browser, origin } = scene();
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.route(/assets\/Grants-.*\.js$/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: `${await answer.text()}\nglobalThis.changed = true;` });
    });
    await tab.goto(`${origin}#/grants`);
    await tab.getByText("This view has failed.").waitFor();
    expect(await tab.evaluate("globalThis.changed")).to.equal(undefined);
    await context.close();
  });

  it("behavior: the policy allows no inline script, no evaluation, no other host's scripts, no framing", async () => {
    const { origin } = scene();
    const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page()) ?? [];
    const rules = new Map(policy.split("; ").map((rule) => [rule.split(" ")[0], rule.split(" ").slice(1)] as const));
    expect(rules.get("default-src")).to.deep.equal(["'none'"]);
    expect(rules.get("script-src")?.every((each) => each === "'self'" || each.startsWith("'sha256-"))).to.equal(true);
    expect(rules.get("style-src")).to.deep.equal(["'self'"]);
    expect(rules.get("base-uri")).to.deep.equal(["'none'"]);
    expect(rules.get("form-action")).to.deep.equal(["'none'"]);
    expect(policy).to.include("require-trusted-types-for 'script'").and.not.include("unsafe");
    const { headers } = await fetch(origin);
    expect(headers.get("content-security-policy")).to.equal(`${policy}; frame-ancestors 'none'`);
  });

  it("behavior: what is put into the page as text by any means does not run", async () => {
    const view = await visit(scene(), { as: "nobody" });
    const { page: tab } = view;
    // In a turn of the page's own: what a debugger evaluates is let through.
    const attempts = [
      "document.body.innerHTML = \"<img src=x onerror='globalThis.ran = true'>\"",
      "globalThis.eval('globalThis.ran = true')",
      "const script = document.createElement('script'); script.append('globalThis.ran = true'); document.body.append(script)",
    ];
    const body = attempts.map((each) => `try { ${each}; tried.push("no error") } catch { tried.push("refused") }`);
    const thrown = await tab.evaluate(
      `new Promise((done) => setTimeout(() => { const tried = []; ${body.join(";")}; done(tried) }))`,
    );
    // The browser says nothing about a script that it does not run.
    expect((thrown as string[]).slice(0, 2)).to.deep.equal(["refused", "refused"]);
    expect(await tab.evaluate("globalThis.ran")).to.equal(undefined);
    await view.close();
  });

  it("default: nothing of a third party is in it, nor WalletConnect's", () => {
    for (const file of readdirSync(join(portalDist, "assets"))) {
      const text = readFileSync(join(portalDist, "assets", file), "utf8");
      expect(text, file).to.not.match(/relay\.walletconnect|google-analytics|googletagmanager|sentry\.io|segment\.com/);
    }
    expect(page()).to.not.match(/(?:src|href)="(?:https?:)?\/\//);
  });

  it("default: it looks at an address below any path, without a wallet, and complains of nothing", async () => {
    const { seed } = scene();
    const view = await visit(scene(), { as: "nobody" });
    await view.page.getByLabel("Look at an address without a wallet").fill(seed.owner.client.account.address);
    await view.page.getByRole("button", { name: "Look", exact: true }).click();
    await view.page.getByText("grants can be used").or(view.page.getByText("grant can be used")).first().waitFor();
    await view.go("Grants");
    await view.page.getByText("Connect the owner's wallet to end grants.").waitFor();
    expect(await view.page.getByRole("button", { name: "End all grants" }).count()).to.equal(0);
    expectQuiet(view);
    await view.close();
  });

  it("behavior: built again it is the same, byte by byte", () => {
    const again = mkdtempSync(join(tmpdir(), "persona-portal-build-"));
    try {
      expect(buildPortal(again)).to.equal(true);
      expect(digests(again)).to.deep.equal(digests(portalDist));
    } finally {
      rmSync(again, { recursive: true, force: true });
    }
  });

  it("default: its types are right", () => {
    const tsc = join(repositoryRoot, "node_modules/typescript/bin/tsc");
    const types = ["--noEmit", "--project", join(repositoryRoot, "portal/tsconfig.types.json")];
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...types], { encoding: "utf8" });
    expect(stdout).to.equal("");
    expect(status).to.equal(0);
  });
});

function digests(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length)).sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}
