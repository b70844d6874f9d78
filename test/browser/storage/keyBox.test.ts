import { generateKemKeyPair, open as openBox, randomBytes, seal, toHex, utf8 } from "@persona-protocol/sdk/crypto";
import {
  combineShares,
  decodeKeyBoxBody,
  decodeKeyBoxHead,
  encodeKeyBoxBody,
  encodeKeyBoxHead,
  openOwnerDeks,
  openShare,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { describeInBrowser, type TestPage } from "../../helpers/browser.ts";
import { createKeyBox } from "../../helpers/keyBox.ts";

type StoragePage = typeof import("../pages/storagePage.ts");

describeInBrowser("KeyBoxes in Chromium", (open) => {
  let page: TestPage<StoragePage>;
  before(async () => {
    page = await open<StoragePage>({ module: new URL("../pages/storagePage.ts", import.meta.url) });
  });

  it("default: one that Node has made opens in the browser, by shares and as its owner", async () => {
    const { context, keyBox, deks, owner, guardians } = await createKeyBox();
    const keys = {
      owner: owner.privateKey,
      guardians: guardians.slice(1).map(({ nodeId, keyPair }) => ({ nodeId, seed: keyPair.privateKey })),
    };
    const { head, body } = keyBox;
    const opened = await page.call(
      "openKeyBox",
      context,
      encodeKeyBoxHead(head).bytes,
      encodeKeyBoxBody(body),
      keys,
      7,
    );
    const wanted = toHex(deks.get(7) ?? expect.fail("no such key"));
    expect(opened).to.deep.equal({ byShares: wanted, byOwner: wanted });
  });

  it("behavior: one that the browser has made opens in Node, by shares and as its owner", async () => {
    const context = {
      chainId: 31_337,
      registry: `0x${"5a".repeat(20)}`,
      datasetId: `0x${"d1".repeat(32)}`,
      keyEpoch: 3,
    } as const;
    const [owner, ...pairs] = await Promise.all(Array.from({ length: 4 }, () => generateKemKeyPair()));
    if (owner === undefined) throw new Error("no key");
    const dek = randomBytes(32);
    const guardians = pairs.map(({ publicKey }, at) => ({ nodeId: 21 + at, kemPublicKey: publicKey }));
    const made = await page.call("makeBox", context, owner.publicKey, guardians, dek);
    const [head, body] = [decodeKeyBoxHead(made.head), decodeKeyBoxBody(made.body)];
    const shares = [];
    for (const [at, keyPair] of pairs.slice(0, 2).entries()) {
      const sealed = body.shares.find(({ guardian }) => guardian === 21 + at) ?? expect.fail("no share");
      shares.push(await openShare({ ...context, head, segment: 0, guardian: 21 + at, keyPair, sealed }));
    }
    expect(await combineShares({ head, segment: 0, shares })).to.deep.equal(dek);
    const deks = await openOwnerDeks({ ...context, head, body, ownerKeyPair: owner });
    expect(new Uint8Array(deks.get(0) ?? [])).to.deep.equal(dek);
  });

  it("behavior: HPKE between browser and Node, both ways; another info or key opens nothing", async () => {
    const { publicKey, privateKey } = await generateKemKeyPair();
    const fromPage = await page.call("sealFor", publicKey, "ctx", "hello");
    const opened = await openBox({ privateKey, info: utf8("ctx"), ...fromPage });
    expect(new TextDecoder().decode(opened)).to.equal("hello");
    const { enc, ct } = await seal({ publicKey, info: utf8("ctx"), plaintext: utf8("hello") });
    expect(await page.call("openSealed", privateKey, "ctx", { enc, ct })).to.equal("opened");
    expect(await page.call("openSealed", privateKey, "ctx2", { enc, ct })).to.equal("SEALED_BOX_INVALID");
    expect(await page.call("openSealed", randomBytes(32), "ctx", { enc, ct })).to.equal("SEALED_BOX_INVALID");
  });
});
