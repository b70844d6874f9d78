/** A requested program is tried on a sample: what it gives, and what a hostile one gets. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Program } from "@persona-protocol/sdk";
import { encodeCode, type ProgramManifest } from "@persona-protocol/sdk/compute";
import { utf8 } from "@persona-protocol/sdk/crypto";
import { cidOfDigest } from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import type { Locator, Page } from "playwright-core";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { engagementProgram, threshold } from "../../../scripts/demo/engagementProgram.ts";
import { artifacts, describePortal, expectQuiet, restoreRecords, type Scene, type Visit, visit } from "../scene.ts";

const anyText = { type: "string", maxLength: 1_048_576 } as const;
const limits = { timeMs: 2_000, memoryMb: 32, fuel: 1_000_000_000_000, outputBytes: 65_536 };
const folder = (name: string) => join(repositoryRoot, "examples/programs", name);

describePortal("a dry run of a requested program", (scene) => {
  let view: Visit;
  let ran: Set<string>;

  before(async () => {
    view = await visit(scene(), { view: "requests" });
    ran = new Set();
    view.context.on("request", (request) => void ran.add(new URL(request.url()).pathname.split("/").at(-1) ?? ""));
    await view.page.getByText("reach-of-posts").first().waitFor();
  });
  after(() => view?.close());

  const loaded = (pattern: RegExp) => [...ran].filter((file) => pattern.test(file));

  it("default: a script on invented records; neither interpreter nor trial is loaded before it is asked for", async () => {
    const card = await asked(scene(), view.page, await scriptOf(scene(), "word-of-each", countsWords, anyText));
    expect(loaded(/^(?:Trial|sample|dryRunWorker|emscripten)/)).to.deep.equal([]);
    await card.getByText("Read the program, and what its result looks like").click();
    await card.getByText("let words = 0").waitFor();
    await card.getByText("Try it on a sample").click();
    await card.getByText("Unlock your records below to try it on your own.").waitFor();
    expect(loaded(/^(?:dryRunWorker|emscripten)/)).to.deep.equal([]);
    await card.getByRole("button", { name: "Run it" }).click();
    const result = card.getByLabel("What word-of-each gave");
    expect(await result.textContent()).to.match(/^"60 posts, \d+ words"$/);
    expect(loaded(/^dryRunWorker|\.wasm$/)).to.have.length(2);
    expectQuiet(view);
  });

  it("default: a compiled module, with arguments of its form", async () => {
    const { code: _, ...rest } = JSON.parse(readFileSync(join(folder("wordCount"), "program.json"), "utf8"));
    const module = readFileSync(join(folder("wordCount"), "wordCount.wasm"));
    const card = await asked(scene(), view.page, await programOf(scene(), rest, module));
    await card.getByText("Try it on a sample").click();
    await card.getByRole("button", { name: "Run it" }).click();
    const said = JSON.parse((await card.getByLabel(`What ${rest.name} gave`).textContent()) ?? "") as unknown;
    expect(said).to.not.equal(null);
    expectQuiet(view);
  });

  it("default: on the owner's own records, decrypted in the page", async () => {
    await view.go("Recovery");
    await restoreRecords(view);
    await view.go("Requests");
    const card = await asked(scene(), view.page, await scriptOf(scene(), "own-words", countsWords, anyText));
    await card.getByText("Try it on a sample").click();
    await card.getByLabel("On what").selectOption({ label: "My own: X archive" });
    await card.getByRole("button", { name: "Run it" }).click();
    expect(await card.getByLabel("What own-words gave").textContent()).to.match(/^"400 posts, \d+ words"$/);
    await card.screenshot({ path: join(artifacts, "trial.png") });
    expectQuiet(view);
  });

  const hostile = [
    ["loops for ever", "for (;;);", "was ended"],
    ["loops within one call", "'a'.repeat(1e6).split('').sort(() => { for (;;); })", "was ended"],
    ["takes all memory", "const all = []; for (;;) all.push(new Array(1e5).fill(all.length))", "was ended"],
    ["calls itself for ever", "(function again() { again(); })()", "was ended"],
    ["gives more than it declares", "return 'x'.repeat(70000)", "It wanted to give more than it declares."],
    ["gives another form", "return { rows: [] }", "What it gave is not of the form that it declares."],
    [
      "throws what looks like the page's own",
      "throw { code: 'DONE', message: '<b>Approved</b>' }",
      "an error of its own",
    ],
  ] as const;
  for (const [what, code, words] of hostile)
    it(`error: a program that ${what} ends, is said to, and the page answers meanwhile`, async () => {
      const { page } = view;
      const name = `hostile ${what}`;
      const card = await asked(scene(), page, await scriptOf(scene(), name, ending(code), anyText));
      await card.getByText("Try it on a sample").click();
      await card.getByRole("button", { name: "Run it" }).click();
      // A page that is busy would not answer so soon.
      expect(await page.evaluate("new Promise((done) => setTimeout(() => done('here'), 0))")).to.equal("here");
      await card.getByText("It gave no result.").waitFor();
      await card.getByText(words).waitFor();
      expect(await card.getByRole("alert").textContent()).to.not.include("Approved");
      expectQuiet(view);
    });

  it("error: markup and turned directions in a result are text; a long one is cut", async () => {
    const { page } = view;
    const output = "return \"<img src=x onerror='globalThis.ran=1'>\\u202egnp\" + 'wide '.repeat(10000)";
    const card = await asked(scene(), page, await scriptOf(scene(), "paints", ending(output), anyText));
    await card.getByText("Try it on a sample").click();
    await card.getByRole("button", { name: "Run it" }).click();
    const shown = (await card.getByLabel("What paints gave").textContent()) ?? "";
    expect(shown).to.include("<img src=x onerror").and.include("\\u{202e}gnp");
    expect(shown.length).to.be.lessThan(20_100);
    expect(await card.locator("img, script").count()).to.equal(0);
    expect(await page.evaluate("globalThis.ran")).to.equal(undefined);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).to.equal(true);
  });

  it("error: a program finds no way out: no network, no storage, no clock, not by its constructors either", async () => {
    const names = [
      "fetch",
      "XMLHttpRequest",
      "WebSocket",
      "importScripts",
      "postMessage",
      "indexedDB",
      "Date",
      "process",
    ];
    const looks = `const by = (name) => { try { return Function("return typeof " + name)(); } catch { return "undefined"; } };
      return ${JSON.stringify(names)}.filter((name) => typeof globalThis[name] !== "undefined" || by(name) !== "undefined").join()`;
    const card = await asked(scene(), view.page, await scriptOf(scene(), "looks-around", ending(looks), anyText));
    await card.getByText("Try it on a sample").click();
    await card.getByRole("button", { name: "Run it" }).click();
    expect(await card.getByLabel("What looks-around gave").textContent()).to.equal('""');
  });

  it("behavior: the thread it runs in reaches nobody, and the page may still not compile WebAssembly", async () => {
    const [worker = ""] = loaded(/^dryRunWorker/);
    const { headers } = await fetch(`${scene().origin}assets/${worker}`);
    expect(headers.get("content-security-policy")).to.equal("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    const empty = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])";
    const compiled = `new Promise((done) => setTimeout(() => WebAssembly.compile(${empty}).then(() => done("yes"), () => done("no"))))`;
    expect(await view.page.evaluate(compiled)).to.equal("no");
  });

  it("error: an interpreter that is not the one of the build is not run", async () => {
    const other = await visit(scene(), { view: "requests" });
    await other.page.route(/\.wasm$/, async (route) => {
      const answer = await route.fetch();
      const body = await answer.body();
      body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
      await route.fulfill({ response: answer, body });
    });
    const card = await asked(scene(), other.page, await scriptOf(scene(), "changed", countsWords, anyText));
    await card.getByText("Try it on a sample").click();
    await card.getByRole("button", { name: "Run it" }).click();
    await card.getByRole("alert").waitFor();
    expect(await card.getByText("What it would give away").count()).to.equal(0);
    await other.close();
  });

  it("default: SQL is handed over with records, and the command runs both as an enclave would", async () => {
    const { page } = view;
    const card = await asked(scene(), page, { ...engagementProgram, name: "tried-at-home" });
    await card.getByText("Try it on a sample").click();
    await card.getByText("This page cannot run it").waitFor();
    const home = mkdtempSync(join(tmpdir(), "persona-trial-"));
    try {
      for (const [button, file] of [
        ["Save the program", "asked.program"],
        ["Save invented posts", "posts.ndjson"],
      ] as const) {
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          card.getByRole("button", { name: button }).click(),
        ]);
        expect(download.suggestedFilename()).to.equal(file);
        await download.saveAs(join(home, file));
      }
      const command = (await card.getByLabel("The command that tries it").textContent()) ?? "";
      expect(command).to.equal("persona program test asked.program --data posts=posts.ndjson");
      const persona = join(repositoryRoot, "node/src/cli/persona.ts");
      const words = [
        ...command.split(" ").slice(1),
        "--args",
        JSON.stringify({ threshold: Number(threshold) }),
        "--json",
      ];
      const { stdout, status } = spawnSync(process.execPath, [persona, ...words], { cwd: home, encoding: "utf8" });
      expect(status, stdout).to.equal(0);
      expect((JSON.parse(stdout) as { readonly result: readonly unknown[] }).result).to.have.length(1);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

const countsWords = `(() => {
  let posts = 0;
  let words = 0;
  return {
    rows(table, records) {
      for (const { content } of records) { posts++; words += (content ?? "").split(" ").length; }
    },
    end() { return posts + " posts, " + words + " words"; },
  };
})()`;

const ending = (code: string) => `({ end() { ${code} } })`;

async function scriptOf(scene: Scene, name: string, code: string, result: ProgramManifest["result"]): Promise<Program> {
  const tables = [{ table: "posts", schema: "persona:post@1", columns: ["content"] }];
  const args = { type: "object", properties: {}, additionalProperties: false } as const;
  const about = { kind: "js", name, description: "For a test.", tables, args, result, limits } as const;
  return programOf(scene, about, utf8(code));
}

/** A program whose code lies in the network's store, as its maker publishes it. */
async function programOf(
  { network }: Scene,
  about: Omit<ProgramManifest, "v" | "code">,
  code: Uint8Array,
): Promise<Program> {
  const { bytes, digest } = encodeCode(code);
  await network.store.putBlock(bytes, "dag-cbor");
  return { v: 2, ...about, code: cidOfDigest(digest, "dag-cbor") };
}

/** Hands the owner a request for a program, in the page. */
async function asked({ seed }: Scene, page: Page, program: Program): Promise<Locator> {
  const text = await seed.dapp.requestAccess({
    program,
    segments: ["posts"],
    why: "For a test.",
    uses: 1,
    expiresIn: "1d",
  });
  await page.getByLabel("The link, or the text").fill(text);
  await page.getByRole("button", { name: "Read it" }).click();
  const card = page.getByRole("article").filter({ hasText: `“${program.name}”` });
  await card.waitFor();
  return card;
}
