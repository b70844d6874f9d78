/** Texts of strangers: what an app, a requester, a program or a config may call itself, and what the page makes of it. */
import { type AccessRequest, encodeAccessRequest, type Program } from "@persona-protocol/sdk";
import { printable } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { parseConfig } from "../../../portal/src/app/config.ts";
import { suggestionFor } from "../../../portal/src/protocol/grantSuggestions.ts";
import { formatSpan } from "../../../portal/src/ui/formatSpan.ts";
import { mixedAlphabets } from "../../../portal/src/ui/mixedAlphabets.ts";
import { alarmsOf } from "../../../portal/src/views/activity/releaseFindings.ts";
import { narrow } from "../../../portal/src/views/requests/narrow.ts";
import { engagementProgram } from "../../../scripts/demo/engagementProgram.ts";
import { describePortal, expectQuiet, visit } from "../scene.ts";

const markup = "<img src=x onerror='globalThis.ran=1'><script>globalThis.ran=1</script>";
const turned = "invoice\u202egnp.exe\u2066\u200b";

describePortal("texts of strangers", (scene) => {
  it("error: markup, turned directions, a long purpose: shown as text, in bounds, and nothing runs", async () => {
    const { seed } = scene();
    const program: Program = {
      ...engagementProgram,
      name: markup.slice(0, 60),
      description: `${turned} ${"wide ".repeat(180)}`.slice(0, 1_000),
      statement: `${engagementProgram.statement}\n-- ${turned} ${markup}`,
    };
    const text = await seed.dapp.requestAccess({
      program,
      segments: ["posts", "<b>bold</b>"],
      why: `${markup} ${turned}\n${"A".repeat(800)}`.slice(0, 1_000),
      uses: 1,
      expiresIn: "1d",
    });
    const view = await visit(scene(), { view: "requests", width: 390 });
    const { page } = view;
    await page.getByLabel("The link, or the text").fill(text);
    await page.getByRole("button", { name: "Read it" }).click();
    const card = page.getByRole("article").filter({ hasText: "<img src=x" });
    await card.getByText(markup).first().waitFor();
    await card.getByText("\\u{202e}gnp.exe\\u{2066}\\u{200b}").first().waitFor();
    await card.getByText("Read the program, and what its result looks like").click();
    expect(await page.evaluate("globalThis.ran")).to.equal(undefined);
    expect(await card.locator("img, script, b").count()).to.equal(0);
    // Whatever it says, the page stays as wide as the screen.
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).to.equal(true);
    expectQuiet(view);
    await view.close();
  });

  it("error: an app with a name in two alphabets and a domain of coded letters is shown as what it is", async () => {
    const { seed, network } = scene();
    const stranger = await network.fundedClient();
    const { createPersonaClient } = await import("@persona-protocol/sdk");
    const persona = createPersonaClient({ client: stranger, deployment: network.deployment, token: network.token });
    const { appRegistryAbi, contractCall } = await import("@persona-protocol/sdk/contracts");
    // A Cyrillic letter among Latin ones; the registry takes names in any script.
    const { appId } = await persona.registerAppAndWait({
      name: "P\u0430ypal",
      domain: "xn--pypal-4ve.com",
      metadataDigest: `0x${"11".repeat(32)}`,
    });
    const { appRegistry: address } = network.deployment;
    const account = stranger.account.address;
    await persona.sendCalls([
      contractCall({ address, abi: appRegistryAbi, functionName: "setAccount", args: [appId, account, true] }),
      contractCall({ address, abi: appRegistryAbi, functionName: "acceptAccount", args: [appId] }),
    ]);
    const text = await persona.requestAccess({
      program: { ...engagementProgram, name: "trust-me" },
      segments: ["posts"],
      why: "Security check.",
      uses: 1,
      expiresIn: "1d",
    });
    expect(seed.owner).to.not.equal(undefined);
    const view = await visit(scene(), { view: "requests" });
    await view.page.getByLabel("The link, or the text").fill(text);
    await view.page.getByRole("button", { name: "Read it" }).click();
    const card = view.page.getByRole("article").filter({ hasText: "trust-me" });
    await card.getByText("mixes alphabets: may imitate another name").waitFor();
    await card.getByText("xn--pypal-4ve.com").waitFor();
    await card.getByText("claimed, not proved").waitFor();
    await card.getByText("holds letters of other alphabets").waitFor();
    await card.getByText("nobody has proved who stands behind it").waitFor();
    await view.close();
  });

  it("error: a request that was changed on its way, of another signer, or a megabyte long is refused in words", async () => {
    const { seed } = scene();
    const text = await seed.dapp.requestAccess({
      program: engagementProgram,
      segments: ["posts"],
      why: "An honest one.",
      uses: 1,
      expiresIn: "1d",
    });
    const view = await visit(scene(), { view: "requests" });
    const { page } = view;
    const paste = async (given: string) => {
      await page.getByLabel("The link, or the text").fill(given);
      await page.getByRole("button", { name: "Read it" }).click();
    };
    const { decodeAccessRequest } = await import("@persona-protocol/sdk");
    const decoded = decodeAccessRequest(text);
    await paste(encodeAccessRequest({ ...decoded, request: { ...decoded.request, uses: 1_000 } }));
    await page.getByText("This request cannot be used.").waitFor();
    await page.getByRole("button", { name: "Remove it" }).click();
    await page.getByText("This request cannot be used.").waitFor({ state: "detached" });
    await paste("x".repeat(1_000_000));
    await page.getByText("There is no request in this text.").waitFor();
    await paste("persona-access-1.AAAA");
    await page.getByText("It is damaged, was changed on its way").waitFor();
    expectQuiet(view);
    await view.close();
  });
});

describe("what the page makes of what it is given", () => {
  const request = {
    uses: 4,
    seconds: 10 * 86_400,
    price: 5n,
    maxOutputBytes: 64_000n,
    token: zeroAddress,
  } as unknown as AccessRequest;
  const typed = { days: "10", uses: "4", price: "5", decimals: 0, segments: ["posts"] };

  it("default: as asked, or less, with as much output a use", () => {
    expect(narrow(request, typed)).to.deep.equal({
      segments: ["posts"],
      uses: 4,
      expiresIn: 864_000,
      price: 5n,
      maxOutputBytes: 64_000n,
    });
    const less = narrow(request, { ...typed, days: "0.5", uses: "1" });
    expect(less).to.include({ uses: 1, expiresIn: 43_200, maxOutputBytes: 16_000n });
  });

  it("error: more than was asked, nothing, or no number", () => {
    for (const [change, field] of [
      [{ days: "11" }, "days"],
      [{ days: "0" }, "days"],
      [{ days: "1e9" }, "days"],
      [{ days: "-1" }, "days"],
      [{ uses: "5" }, "uses"],
      [{ uses: "0" }, "uses"],
      [{ uses: "1.5" }, "uses"],
      [{ price: "-1" }, "price"],
      [{ price: "NaN" }, "price"],
      [{ price: "9".repeat(24), decimals: 18 }, "price"],
      [{ segments: [] }, "segments"],
    ] as const) {
      const narrowed = narrow(request, { ...typed, ...change });
      expect("problems" in narrowed && Object.keys(narrowed.problems), JSON.stringify(change)).to.deep.equal([field]);
    }
  });

  it("behavior: alarms: keys without a receipt, an unknown job, a silent guardian; none for what runs or has ended well", () => {
    const [one, two] = [`0x${"01".repeat(32)}`, `0x${"02".repeat(32)}`] as const;
    const row = { jobId: one, guardians: [1, 2], refusedBy: [] };
    const receipt = {} as never;
    const of = (state: "running" | "settled" | "timedOut", withReceipt: boolean) =>
      alarmsOf([row], [{ jobId: one, state, receipt: withReceipt ? receipt : undefined }], []).length;
    expect(of("running", false)).to.equal(0);
    expect(of("settled", true)).to.equal(0);
    expect(of("timedOut", false)).to.equal(1);
    expect(alarmsOf([row], [], [])).to.have.length(1);
    expect(alarmsOf([{ ...row, guardians: [] }], [], [])).to.have.length(0);
    const omitted = { job: { jobId: two }, check: { status: "omitted", suspects: [3] } } as const;
    expect(alarmsOf([], [], [omitted])[0]?.text).to.include("3");
  });

  it("behavior: suggests to end what nobody uses, and nothing that has ended", () => {
    const day = 86_400;
    const grant = { state: "active", createdAt: 0, expiresAt: 100 * day } as const;
    expect(suggestionFor(grant, undefined, 29 * day)).to.equal(undefined);
    expect(suggestionFor(grant, undefined, 31 * day)).to.equal("never used");
    expect(suggestionFor(grant, 40 * day, 71 * day)).to.equal("unused for long");
    expect(suggestionFor(grant, 60 * day, 71 * day)).to.equal(undefined);
    expect(suggestionFor({ ...grant, state: "revoked" }, undefined, 90 * day)).to.equal(undefined);
    expect(suggestionFor({ ...grant, expiresAt: 4_000 * day }, 1, day)).to.equal("nearly without end");
  });

  it("behavior: a time left is never said longer than it is", () => {
    expect(formatSpan(86_399)).to.equal("23 hours");
    expect(formatSpan(45 * 86_400)).to.equal("45 days");
    expect(formatSpan(0.5)).to.equal("a moment");
    expect(formatSpan(1)).to.equal("1 second");
    expect(formatSpan(400 * 86_400)).to.equal("1 year");
  });

  it("behavior: words in two alphabets that look alike are noticed, others not", () => {
    for (const name of ["P\u0430ypal", "\u0410pple", "G\u03bfogle"]) expect(mixedAlphabets(name), name).to.equal(true);
    for (const name of ["PayPal", "Яндекс", "Яндекс Maps", "東京 News", "Ελλάδα"])
      expect(mixedAlphabets(name), name).to.equal(false);
    expect(mixedAlphabets("a".repeat(10_000_000))).to.equal(false);
    expect(printable("a".repeat(1_000_000), { maxLength: 64 }).length).to.be.lessThan(200);
  });

  it("error: settings that would send the page elsewhere, or give keys for a real chain, are refused", () => {
    const address = `0x${"22".repeat(20)}`;
    const names = "datasetRegistry grantRegistry nodeRegistry measurementPolicy jobMarket appRegistry ownerKeys".split(
      " ",
    );
    const config = {
      network: {
        name: "Net",
        chainId: 31_337,
        rpcUrls: ["./rpc"],
        currency: { name: "Ether", symbol: "ETH", decimals: 18 },
        simulated: true,
      },
      deployment: { chainId: 31_337, fromBlock: "0", ...Object.fromEntries(names.map((name) => [name, address])) },
      token: { address, symbol: "T", decimals: 18 },
      stores: [{ name: "s", kind: "kubo", url: "./store" }],
      wanted: 1,
      test: { owner: address, kit: "kit", kitPassphrase: "p", requests: [] },
    };
    const base = "https://page.example/a/";
    const parsed = parseConfig(config, base);
    expect(parsed.network.rpcUrls).to.deep.equal(["https://page.example/a/rpc"]);
    expect(parsed.test?.kit).to.equal("kit");
    const on = (chainId: number) => ({
      ...config,
      network: { ...config.network, chainId },
      deployment: { ...config.deployment, chainId },
    });
    expect(parseConfig(on(1), base).test).to.equal(undefined);
    for (const broken of [
      { ...config, network: { ...config.network, rpcUrls: ["javascript:alert(1)"] } },
      { ...config, stores: [{ name: "s", kind: "ftp", url: "./store" }] },
      { ...config, token: { ...config.token, address: "0x1" } },
      { ...config, deployment: { ...config.deployment, chainId: 1 } },
      { ...config, deployment: { ...config.deployment, fromBlock: "-1" } },
      { ...config, network: { ...config.network, name: "x".repeat(100_000) } },
      [],
      null,
    ])
      expect(() => parseConfig(broken, base)).to.throw(/portal\.config\.json/);
  });
});
