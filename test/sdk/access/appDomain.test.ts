import type { RequestListener } from "node:http";
import {
  appOfAccount,
  appTypedData,
  attestDomain,
  buildDomainFile,
  checkDomainFile,
  type DomainFile,
  type DomainFileApp,
  decodeDomainFile,
  domainFilePath,
  encodeDomainFile,
  maxDomainFileBytes,
  submitDomainProof,
} from "@persona-protocol/sdk/access";
import { callContract } from "@persona-protocol/sdk/contracts";
import { sha256Hex } from "@persona-protocol/sdk/crypto";
import type { ErrorCode } from "@persona-protocol/sdk/errors";
import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import { concatHex, createPublicClient, custom, getAddress, type Hex, hashTypedData, toHex } from "viem";
import { type App, startAppScene, startPages } from "../../helpers/appScene.ts";
import { expectError } from "../../helpers/errors.ts";
import { randomHex32 } from "../../helpers/structs.ts";

const domain = "app.example.com";

describe("the domain of an app", function () {
  this.timeout(20_000);
  let scene: Awaited<ReturnType<typeof startAppScene>>;
  let pages: Awaited<ReturnType<typeof startPages>>;
  let app: App;
  let file: DomainFile;

  before(async function () {
    this.timeout(90_000);
    scene = await startAppScene();
    pages = await startPages();
    app = await scene.registerApp(domain);
    file = await build(app);
  });
  after(async () => {
    pages?.close();
    await scene?.close();
  });
  beforeEach(() => {
    pages.requests = [];
    serve(encodeDomainFile(file));
  });

  const build = ({ owner, appId, domain }: App, more = {}) =>
    buildDomainFile({ client: owner, deployment: scene.deployment }, { appId, domain, ...more });
  const context = () => ({ client: scene.attestor, deployment: scene.deployment });
  const check = (more: Partial<checkDomainFile.Parameters> = {}, changed = {}) =>
    checkDomainFile(
      { ...context(), ...changed },
      { appId: app.appId, domain, allowInsecureLoopback: { port: pages.port }, ...more },
    );
  const answer =
    (status: number, body: string | Uint8Array, headers: Record<string, string> = {}): RequestListener =>
    (_, response) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  const serve = (body: string | Uint8Array) => {
    pages.page = answer(200, body);
  };
  /** The true file with its one entry changed, signed for as it is. */
  const serveEntry = (change: Partial<DomainFileApp>) => {
    const [entry] = file.apps;
    if (entry === undefined) throw new Error("no entry");
    serve(encodeDomainFile({ ...file, apps: [{ ...entry, ...change }] }));
  };

  it("default: built, served, checked, attested, and shown for the account that acts for the app", async () => {
    const account = await scene.chain.fundedClient();
    const { appId, owner } = app;
    const setAccount = { functionName: "setAccount", args: [appId, account.account.address, true] } as const;
    await callContract(owner, { ...scene.registry, ...setAccount });
    const shown = () => appOfAccount(context(), account.account.address);
    expect(await shown()).to.equal(undefined);
    await callContract(account, { ...scene.registry, functionName: "acceptAccount", args: [appId] });
    expect((await shown())?.domain).to.deep.equal({ status: "claimed", name: domain });

    const evidence = await check();
    expect(pages.requests).to.deep.equal([`GET ${domainFilePath}`]);
    const bytes = new TextEncoder().encode(encodeDomainFile(file));
    expect(evidence.evidenceHash).to.equal(sha256Hex(bytes));
    expect([...evidence.file]).to.deep.equal([...bytes]);
    const signed = await attestDomain(context(), evidence, { lifetimeSeconds: 86_400 });
    expect(signed.attestor).to.equal(scene.attestor.account.address);
    expect((await submitDomainProof({ ...context(), client: scene.chain.governor }, signed)).gasUsed > 0n).to.equal(
      true,
    );
    const said = await shown();
    expect(said?.appId).to.equal(appId);
    expect(said?.name).to.equal("Example");
    expect(said?.owner).to.equal(owner.account.address);
    const expiresAt = evidence.checkedAt + 86_400;
    expect(said?.domain).to.deep.equal({ status: "proved", name: domain, expiresAt });

    await callContract(scene.attestor, { ...scene.registry, functionName: "revokeDomainProof", args: [appId] });
    expect((await shown())?.domain.status).to.equal("claimed");
    const again = await expectError("TRANSACTION_REVERTED", () => submitDomainProof(context(), signed));
    expect(again.data["error"]).to.equal("DomainProofSuperseded");
  });

  it("default: digests are the contract's, and those of ethers", async () => {
    const { random, deployment, registry, attestor } = scene;
    const address = () => getAddress(toHex(random.bytes(20)));
    const number = () => random.integer(2 ** 40);
    const proof = {
      appId: randomHex32(random),
      domainHash: randomHex32(random),
      owner: address(),
      checkedAt: number(),
      expiresAt: number(),
      evidenceHash: randomHex32(random),
    };
    const wanted = await attestor.readContract({ ...registry, functionName: "proofDigest", args: [proof] });
    expect(hashTypedData(appTypedData.domainProof(deployment, proof))).to.equal(wanted);
    const consent = {
      appId: randomHex32(random),
      account: address(),
      owner: address(),
      nonce: 2n ** 64n - 1n,
      deadline: number(),
    };
    const digest = await attestor.readContract({ ...registry, functionName: "consentDigest", args: [consent] });
    expect(hashTypedData(appTypedData.appConsent(deployment, consent))).to.equal(digest);
    const definition = appTypedData.appDomain(deployment, {
      appId: proof.appId,
      domain,
      owner: proof.owner,
      signedAt: 7,
    });
    const types = { AppDomain: definition.types.AppDomain.map((field) => ({ ...field })) };
    const byEthers = TypedDataEncoder.hash(definition.domain, types, definition.message);
    expect(hashTypedData(definition)).to.equal(byEthers);
  });

  it("behavior: asks HTTPS on the domain itself, follows no redirect and sends no cookies", async () => {
    const asked: [string, RequestInit][] = [];
    const fetch = async (url: string, init: RequestInit) => {
      asked.push([url, init]);
      return new Response(encodeDomainFile(file), { headers: { "content-type": "application/json; charset=utf-8" } });
    };
    // Without `allowInsecureLoopback`, as in production.
    await checkDomainFile(context(), { appId: app.appId, domain, fetch });
    expect(asked[0]?.[0]).to.equal(`https://${domain}${domainFilePath}`);
    expect(asked[0]?.[1]).to.include({ method: "GET", redirect: "manual", credentials: "omit" });
    expect(asked).to.have.length(1);
    expect(pages.requests).to.deep.equal([]);
  });

  it("behavior: one file stands for several apps; the same app is replaced, not doubled", async () => {
    const second = await scene.registerApp(domain);
    const both = await build(second, { previous: file });
    const again = await build(app, { previous: both });
    expect(again.apps.map(({ appId }) => appId)).to.deep.equal([second.appId, app.appId]);
    serve(encodeDomainFile(again));
    expect((await check()).owner).to.equal(app.owner.account.address);
    expect((await check({ appId: second.appId })).owner).to.equal(second.owner.account.address);
    await expectError("DOMAIN_FILE_MISMATCH", () => build({ ...app, domain: "b.example.com" }, { previous: file }));
  });

  it("behavior: a contract wallet's word counts (ERC-1271), for what it accepts and nothing else", async () => {
    const wallet = await scene.registerApp(domain);
    const key = await scene.chain.fundedClient();
    const address = wallet.owner.account.address;
    const byKey = (appId: Hex) => build({ ...wallet, appId, owner: key }, { owner: address, signedAt: 7 });
    const message = { appId: wallet.appId, domain, owner: address, signedAt: 7 };
    // Answers isValidSignature with the selector where the hash is this one, else with zero.
    const digest = hashTypedData(appTypedData.appDomain(scene.deployment, message));
    const code = concatHex(["0x7f", digest, "0x60043514631626ba7e60e01b0260005260206000f3"]);
    serve(encodeDomainFile(await byKey(wallet.appId)));
    await expectError("DOMAIN_FILE_UNSIGNED", () => check({ appId: wallet.appId }));
    await scene.chain.governor.request({ method: "hardhat_setCode", params: [address, code] } as never);
    expect((await check({ appId: wallet.appId })).owner).to.equal(address);
    const { apps } = await byKey(wallet.appId);
    serve(encodeDomainFile({ v: 1, domain, apps: apps.map((entry) => ({ ...entry, signedAt: 8 })) }));
    await expectError("DOMAIN_FILE_UNSIGNED", () => check({ appId: wallet.appId }));
  });

  it("error: pages that are not the file", async () => {
    const elsewhere = await startPages();
    try {
      elsewhere.page = answer(200, encodeDomainFile(file));
      const away = `http://127.0.0.1:${elsewhere.port}${domainFilePath}`;
      const cases: readonly (readonly [RequestListener, ErrorCode])[] = [
        [answer(302, "", { location: away }), "DOMAIN_FILE_INVALID"],
        [answer(301, "", { location: `http://localhost:${elsewhere.port}/` }), "DOMAIN_FILE_INVALID"],
        [answer(307, "", { location: "/other.json" }), "DOMAIN_FILE_INVALID"],
        [answer(308, encodeDomainFile(file)), "DOMAIN_FILE_INVALID"],
        [answer(304, ""), "DOMAIN_FILE_INVALID"],
        [answer(204, ""), "DOMAIN_FILE_INVALID"],
        [answer(404, encodeDomainFile(file)), "DOMAIN_FILE_INVALID"],
        [answer(403, ""), "DOMAIN_FILE_INVALID"],
        [answer(429, ""), "DOMAIN_UNREACHABLE"],
        [answer(503, encodeDomainFile(file)), "DOMAIN_UNREACHABLE"],
        [answer(200, encodeDomainFile(file), { "content-type": "text/html" }), "DOMAIN_FILE_INVALID"],
        [answer(200, encodeDomainFile(file), { "content-type": "application/json5" }), "DOMAIN_FILE_INVALID"],
        [(_, response) => response.writeHead(200).end(encodeDomainFile(file)), "DOMAIN_FILE_INVALID"],
        [(_, response) => response.destroy(), "DOMAIN_UNREACHABLE"],
      ];
      for (const [i, [page, code]] of cases.entries()) {
        pages.page = page;
        await expectError(code, () => check()).catch((error) => {
          throw new Error(`case ${i}`, { cause: error });
        });
      }
      expect(elsewhere.requests).to.deep.equal([]);
    } finally {
      elsewhere.close();
    }
  });

  it("error: a body without an end, and one just too large", async () => {
    let written = 0;
    pages.page = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        written += 1;
        if (!response.destroyed) response.write(" ".repeat(16_384), more);
      };
      more();
    };
    await expectError("DOMAIN_FILE_INVALID", () => check());
    expect(written * 16_384).to.be.lessThan(64 * maxDomainFileBytes);
    const text = encodeDomainFile(file);
    serve(text.padEnd(maxDomainFileBytes, " "));
    await check();
    serve(text.padEnd(maxDomainFileBytes + 1, " "));
    await expectError("DOMAIN_FILE_INVALID", () => check());
  });

  it("error: an answer that does not come, one that stops, and a caller who waits no longer", async () => {
    pages.page = () => {};
    await expectError("DOMAIN_UNREACHABLE", () => check({ timeoutMs: 100 }));
    pages.page = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write('{"v":1,');
    };
    await expectError("DOMAIN_UNREACHABLE", () => check({ timeoutMs: 100 }));
    await expectError("CANCELLED", () => check({ signal: AbortSignal.timeout(50) }));
    await expectError("CANCELLED", () => check({ signal: AbortSignal.abort() }));
    await expectError("DOMAIN_UNREACHABLE", () => check({ allowInsecureLoopback: { port: 9 } }));
  });

  it("error: what is no file of the protocol", async () => {
    const text = encodeDomainFile(file);
    const value = JSON.parse(text);
    const entry = value.apps[0];
    const withEntry = (change: object) => JSON.stringify({ ...value, apps: [{ ...entry, ...change }] });
    const bodies = [
      "",
      "null",
      "[]",
      "<html></html>",
      `${text}x`,
      text.slice(0, -3),
      "[".repeat(60_000),
      new Uint8Array([...new TextEncoder().encode('{"v":1,"domain":"'), 0xff, 0x22, 0x7d]),
      JSON.stringify({ ...value, v: 2 }),
      JSON.stringify({ ...value, v: "1" }),
      JSON.stringify({ ...value, more: 1 }),
      text.replace('"v": 1', '"__proto__": {}, "v": 1'),
      JSON.stringify({ ...value, domain: [domain] }),
      JSON.stringify({ ...value, apps: [] }),
      JSON.stringify({ ...value, apps: entry }),
      JSON.stringify({ ...value, apps: Array(17).fill(entry) }),
      withEntry({ more: 1 }),
      withEntry({ chainId: "31337" }),
      withEntry({ chainId: 1.5 }),
      withEntry({ registry: "0x12" }),
      withEntry({ appId: `${app.appId}00` }),
      withEntry({ owner: null }),
      withEntry({ signedAt: -1 }),
      withEntry({ signedAt: 2 ** 40 }),
      withEntry({ signature: "" }),
      withEntry({ signature: "0x" }),
      withEntry({ signature: "0x123" }),
      withEntry({ signature: `0x${"00".repeat(2_049)}` }),
      JSON.stringify({ v: 1, domain }),
    ];
    for (const body of bodies) {
      serve(body);
      const error = await expectError("DOMAIN_FILE_INVALID", () => check()).catch((cause) => {
        throw new Error(String(body).slice(0, 60), { cause });
      });
      expect(error.message).not.to.include("html");
    }
    expect(decodeDomainFile(new TextEncoder().encode(text))).to.deep.equal(file);
  });

  it("error: a true file of another app, domain, chain, registry or owner", async () => {
    const thief = await scene.registerApp("thief.example.com");
    // The true app's file, copied to the thief's domain: as it is, with the domain's name changed, with the app's changed.
    const there = { appId: app.appId, domain: "thief.example.com" };
    await expectError("DOMAIN_FILE_MISMATCH", () => check(there));
    await expectError("DOMAIN_FILE_MISMATCH", () => check({ ...there, appId: thief.appId }));
    serve(encodeDomainFile({ ...file, domain: thief.domain }));
    await expectError("DOMAIN_FILE_MISMATCH", () => check({ ...there, appId: thief.appId }));
    serve(
      encodeDomainFile({
        ...file,
        domain: thief.domain,
        apps: file.apps.map((entry) => ({ ...entry, appId: thief.appId, owner: thief.owner.account.address })),
      }),
    );
    await expectError("DOMAIN_FILE_UNSIGNED", () => check({ ...there, appId: thief.appId }));
    // An app that claims the true domain, which does not know it.
    const claimer = await scene.registerApp(domain);
    serve(encodeDomainFile(file));
    await expectError("DOMAIN_FILE_MISMATCH", () => check({ appId: claimer.appId }));

    const [entry] = file.apps;
    if (entry === undefined) throw new Error("no entry");
    const changes: Partial<DomainFileApp>[] = [
      { chainId: 1 },
      { registry: scene.chain.token },
      { appId: claimer.appId },
      { owner: thief.owner.account.address },
      { signedAt: 2 ** 40 - 1 },
    ];
    for (const change of changes) {
      serveEntry(change);
      await expectError("DOMAIN_FILE_MISMATCH", () => check());
    }
    serve(encodeDomainFile({ ...file, apps: [entry, entry] }));
    await expectError("DOMAIN_FILE_MISMATCH", () => check());
  });

  it("error: a signature that is another's, of something else, or noise", async () => {
    const other = await scene.registerApp(domain);
    const elsewhere = { ...scene.deployment, chainId: 1 };
    const { owner, appId } = app;
    const sign = (deployment = scene.deployment, change = {}) => {
      const message = { appId, domain, owner: owner.account.address, signedAt: 7, ...change };
      return owner.signTypedData(appTypedData.appDomain(deployment, message));
    };
    const byOther = (await build({ ...app, owner: other.owner }, { owner: owner.account.address, signedAt: 7 }))
      .apps[0];
    const good = await sign();
    serveEntry({ signature: good, signedAt: 7 });
    await check();
    const signatures = [
      byOther?.signature ?? "0x",
      await sign(elsewhere),
      await sign({ ...scene.deployment, appRegistry: scene.chain.token }),
      await sign(undefined, { appId: other.appId }),
      await sign(undefined, { domain: "b.example.com" }),
      await sign(undefined, { owner: other.owner.account.address }),
      await sign(undefined, { signedAt: 8 }),
      "0x00",
      good.slice(0, -2) as Hex,
      `0x${"00".repeat(65)}`,
      `0x${"ff".repeat(65)}`,
      toHex(scene.random.bytes(300)),
    ] as const;
    for (const signature of signatures) {
      serveEntry({ signature, signedAt: 7 });
      await expectError("DOMAIN_FILE_UNSIGNED", () => check());
    }
  });

  it("error: a chain endpoint that goes away before the signature is checked says nothing about it", async () => {
    serveEntry({ signature: `0x${"00".repeat(65)}` });
    const { chain, attestor } = scene;
    let answering = true;
    const transport = custom(
      {
        request: (call) => {
          if (!answering) throw new Error("connection refused");
          return attestor.request(call as never);
        },
      },
      { retryCount: 0 },
    );
    const client = createPublicClient({ chain: chain.governor.chain, transport });
    const { page } = pages;
    pages.page = (request, response) => {
      answering = false;
      page(request, response);
    };
    await expectError("CHAIN_UNREACHABLE", () => check({}, { client }));
  });

  it("error: nothing is asked for what is no name of the public internet", async () => {
    const fetch = () => {
      throw new Error("was asked");
    };
    const names = [
      ...["", "localhost", "app.localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "127.0.0.0x1", "10.0.0.1"],
      ...["[::1]", "::1", "::ffff:127.0.0.1", "a.example", "printer.local", "db.internal", "x.home.arpa", "a.onion"],
      ...["example.com:8080", "example.com.", "Example.com", "user@example.com", "example.com/a", "example.com?a"],
      ...["example.com#a", "exa mple.com", "example.com\n", "\texample.com", "exämple.com", "example。com", "a..com"],
      ...["-a.com", "a-.com", "a_b.com", "xn--.com", "https://example.com", "169.254.169.254", `${"a".repeat(64)}.com`],
      `${"a.".repeat(126)}com`,
    ];
    for (const name of names) {
      await expectError("DOMAIN_INVALID", () => checkDomainFile(context(), { appId: app.appId, domain: name, fetch }));
    }
  });

  it("behavior: the SDK takes the domains that the registry takes", async () => {
    const { random, registry, attestor } = scene;
    const labels = ["a", "z9", "a-b", "a--z", "0a", "a".repeat(63)];
    const spoilers = ["", ".", "-", "-a", "a-", "..", "0", "A", "_", "é", "\n", "a".repeat(64)];
    const counts = { taken: 0, refused: 0 };
    for (let round = 0; round < 300; round++) {
      const good = Array.from({ length: 1 + random.integer(5) }, () => random.pick(labels));
      if (round % 2 === 0) good.splice(random.integer(good.length + 1), 0, random.pick(spoilers));
      const name = good.join(".");
      const args = [randomHex32(random), "Example", name, randomHex32(random)] as const;
      const call = { ...registry, functionName: "registerApp", args, account: attestor.account } as const;
      const onChain = await attestor.simulateContract(call).then(
        () => true,
        () => false,
      );
      const inSdk = await build({ ...app, domain: name }, { signedAt: 7 }).then(
        () => true,
        () => false,
      );
      expect(inSdk, JSON.stringify(name)).to.equal(onChain);
      counts[onChain ? "taken" : "refused"] += 1;
    }
    expect(Math.min(counts.taken, counts.refused)).to.be.greaterThan(10);
  });

  it("error: loopback is for local chains, and for a domain all the same", async () => {
    const elsewhere = { deployment: { ...scene.deployment, chainId: 1 } };
    await expectError("CONFIG_INVALID", () => check({}, elsewhere));
    for (const port of [0, 65_536, 1.5, Number.NaN])
      await expectError("CONFIG_INVALID", () => check({ allowInsecureLoopback: { port } }));
    await expectError("DOMAIN_INVALID", () => check({ domain: "127.0.0.1" }));
    expect(pages.requests).to.deep.equal([]);
  });

  it("error: an app that is unknown, claims another domain or is retired, and another chain", async () => {
    await expectError("APP_UNKNOWN", () => check({ appId: randomHex32(scene.random) }));
    await expectError("DOMAIN_FILE_MISMATCH", () => check({ domain: "b.example.com" }));
    const retired = await scene.registerApp(domain);
    await callContract(retired.owner, { ...scene.registry, functionName: "retireApp", args: [retired.appId] });
    await expectError("APP_UNKNOWN", () => check({ appId: retired.appId }));
    await expectError("APP_UNKNOWN", () =>
      callContract(retired.owner, { ...scene.registry, functionName: "retireApp", args: [retired.appId] }),
    );
    const wrong = { deployment: { ...scene.deployment, chainId: 1 } };
    await expectError("CHAIN_WRONG", () => check({ allowInsecureLoopback: undefined } as never, wrong));
    expect(pages.requests).to.deep.equal([]);
  });

  it("error: the old owner's file after a transfer", async () => {
    const sold = await scene.registerApp(domain);
    const served = await build(sold);
    serve(encodeDomainFile(served));
    const evidence = await check({ appId: sold.appId });
    const signed = await attestDomain(context(), evidence);
    const buyer = await scene.chain.fundedClient();
    const offer = { functionName: "transferApp", args: [sold.appId, buyer.account.address] } as const;
    await callContract(sold.owner, { ...scene.registry, ...offer });
    await callContract(buyer, { ...scene.registry, functionName: "acceptApp", args: [sold.appId] });
    await expectError("DOMAIN_FILE_MISMATCH", () => check({ appId: sold.appId }));
    const refused = await expectError("TRANSACTION_REVERTED", () => submitDomainProof(context(), signed));
    expect(refused.data["error"]).to.equal("DomainProofOwnerMismatched");
    serve(encodeDomainFile(await build({ ...sold, owner: buyer })));
    expect((await check({ appId: sold.appId })).owner).to.equal(buyer.account.address);
  });

  it("error: a proof that lives no time, or too long", async () => {
    const evidence = await check();
    for (const lifetimeSeconds of [0, -1, 1.5, Number.NaN, 90 * 86_400 + 1])
      await expectError("CONFIG_INVALID", () => attestDomain(context(), evidence, { lifetimeSeconds }));
    const { proof } = await attestDomain(context(), evidence, { lifetimeSeconds: 90 * 86_400 });
    expect(proof.expiresAt - proof.checkedAt).to.equal(90 * 86_400);
  });
});
