import { expect } from "chai";
import { id, Wallet } from "ethers";
import {
  type ReclaimPolicy,
  type ReclaimRule,
  reclaimAttestors,
  reclaimRules,
  reclaimVerifier,
  verifyReclaim,
} from "../../../sdk/src/provenance/index.ts";
import {
  attestor,
  context,
  forContracts,
  makeProof,
  owner,
  type Proof,
  policy,
  request,
  secondAttestor,
  stranger,
  timestampS,
} from "./makeProof.ts";

/** Hash of `request`, made once by hand: ethers.id of its text with sorted names. */
const requestHash = id(
  '{"body":"","method":"GET","responseMatches":[{"type":"contains","value":"\\"login\\":\\"{{login}}\\""}],"responseRedactions":[{"jsonPath":"$.login","regex":"\\"login\\":\\"(.*)\\"","xPath":""}],"url":"https://accounts.example/me"}',
);

const tried = new Set<string>();

async function expectRule(value: unknown, rule: ReclaimRule | null, asked: ReclaimPolicy = policy) {
  const verdict = await verifyReclaim(value, asked);
  expect(verdict.rule, JSON.stringify(verdict.fields)).to.equal(rule);
  expect(verdict.verdict).to.equal(rule === null ? "accept" : "reject");
  expect(verdict.kind).to.equal("reclaim");
  if (rule !== null) tried.add(rule);
  return verdict.fields;
}

/** The proof with one thing changed after it was signed. */
async function withClaim(change: Record<string, unknown>): Promise<Proof> {
  const proof = await makeProof();
  return { ...proof, claimData: { ...proof.claimData, ...change } };
}

/** By the contracts' form, whose ABI tools print numbers as they like. */
async function withContractClaim(change: Record<string, unknown>) {
  const proof = forContracts(await makeProof());
  return { ...proof, signedClaim: { ...proof.signedClaim, claim: { ...proof.signedClaim.claim, ...change } } };
}

describe("verifyReclaim", () => {
  after(() => expect([...tried].sort(), "a negative test for each rule").to.include.members(Object.keys(reclaimRules)));

  it("default: says what is proved, and what was not asked for", async () => {
    const fields = await expectRule(await makeProof(), null);
    expect(fields).to.deep.include({
      form: "sdk",
      owner,
      signers: [attestor.address.toLowerCase()],
      timestampS,
      signedAt: "2026-05-28T20:26:40.000Z",
      providerHashes: [requestHash],
      url: request.url,
      method: "GET",
      extractedParameters: { login: "kari" },
      notSigned: ["witnesses"],
      notAskedFor: ["time-age", "owner-bound", "provider-hash", "context-bound"],
    });
  });

  it("behavior: everything that a policy can ask for, in any case of hex", async () => {
    const asked = {
      ...policy,
      attestors: [stranger.address, attestor.address.toUpperCase().replace("0X", "0x")],
      maxAgeSeconds: 60,
      owner: owner.toLowerCase(),
      providerHashes: [requestHash.toUpperCase().replace("0X", "0x")],
      contextAddress: "0x1111111111111111111111111111111111111111",
    };
    const fields = await expectRule(await makeProof(), null, asked);
    expect(fields["notAskedFor"]).to.deep.equal([]);
  });

  it("behavior: the contracts' form is the same claim, its context as it stands", async () => {
    await expectRule(forContracts(await makeProof()), null);
    await expectRule(await withContractClaim({ timestampS: String(timestampS), epoch: "1" }), null);
    await expectRule(await withContractClaim({ timestampS: `0${timestampS}` }), "claim-timestamp");
    await expectRule(await withContractClaim({ identifier: id("another") }), "identifier-claim");
    // Hashed as it is by a contract, and never what an attestor has hashed.
    const spaced = await makeProof({ context: context.replace(":", ": ") }, { hashed: context });
    await expectRule(spaced, null);
    await expectRule(forContracts(spaced), "claim-context");
    const both = { ...(await makeProof()), ...forContracts(await makeProof()) };
    await expectRule(both, "proof-shape");
  });

  it("behavior: a context is hashed in canonical form, whatever order, space and escapes it came in", async () => {
    // By UTF-16 units: U+1F600 before U+FB33.
    const canonical = `{"a":[1e+30,0.000001,-1,0],"é":"\\u0007/é","€":{"\\n":null},"\u{1f600}":true,"\ufb33":false}`;
    for (const written of [
      canonical,
      `{ "\ufb33":false,\n"\\ud83d\\ude00":true,"€":{"\\u000a":null},"\\u00e9":"\\u0007\\/\\u00e9","a":[1e30, 1e-6,-1.0,-0] }`,
    ])
      await expectRule(await makeProof({ context: written }, { hashed: canonical }), null);
    await expectRule(await makeProof({ context: "" }), null);
  });

  it("behavior: who sends a proof may write into it what no signature covers", async () => {
    const fields = await expectRule(
      { ...(await makeProof()), witnesses: [{ id: stranger.address }], publicData: { x: 1 }, taskId: 7 },
      null,
    );
    expect(fields["notSigned"]).to.deep.equal(["witnesses", "publicData", "taskId"]);
  });

  it("behavior: all proofs of an array, or none", async () => {
    const good = await makeProof();
    expect(await expectRule([good, await makeProof({ timestampS: timestampS - 1 })], null)).to.include({
      count: 2,
    });
    const fields = await expectRule([good, await makeProof({}, { signers: [stranger] }), 5], "signature-attestor");
    expect(fields).to.include({ count: 3, firstRejected: 1 });
    expect(fields["proofs"]).to.have.length(3);
    await expectRule([], "proof-shape");
    await expectRule(Array(65).fill(good), "proof-shape");
    await expectRule([[good]], "proof-shape");
  });

  it("error: proof-shape", async () => {
    const proof = await makeProof();
    const { identifier: _, ...withoutIdentifier } = proof;
    for (const value of [
      null,
      5,
      {},
      withoutIdentifier,
      { ...proof, signatures: [] },
      { ...proof, signatures: proof.signatures[0] },
      { ...proof, signatures: [Array.from(Buffer.from(proof.signatures[0]?.slice(2) ?? "", "hex"))] },
      { ...proof, signatures: Array(17).fill(proof.signatures[0]) },
      await withClaim({ owner: null }),
      await withClaim({ identifier: undefined }),
      await withClaim({ context: {} }),
      await withClaim({ parameters: request }),
      await withClaim({ timestampS: [timestampS] }),
      Object.create(proof),
    ])
      await expectRule(value, "proof-shape");
  });

  it("error: text-wellformed", async () => {
    // UTF-8 makes U+FFFD of either: the same hash.
    const proof = await makeProof({ parameters: '{"url":"\ufffd"}' });
    await expectRule(proof, null);
    const changed = { ...proof, claimData: { ...proof.claimData, parameters: '{"url":"\ud800"}' } };
    await expectRule(changed, "text-wellformed");
  });

  it("error: claim-provider, by which another split of the same bytes would verify", async () => {
    const parameters = '{"url":"https://a.example",\n"body":"x"}';
    const proof = await makeProof({ parameters });
    await expectRule(proof, null);
    const [first, second] = parameters.split("\n");
    const moved = { ...proof.claimData, provider: `http\n${first}`, parameters: second };
    await expectRule({ ...proof, claimData: moved }, "claim-provider");
    await expectRule(await makeProof({ provider: "" }), "claim-provider");
  });

  it("error: claim-parameters", async () => {
    for (const parameters of [
      "",
      "[]",
      "null",
      "{",
      '{"url":"a","\\u0075rl":"b"}',
      `{"a":${"[".repeat(64)}${"]".repeat(64)}}`,
    ])
      await expectRule(await makeProof({ parameters }), "claim-parameters");
  });

  it("error: claim-context, also where two readers would read two things", async () => {
    const twice = '{"extractedParameters":{"login":"root"},"extractedParameters":{"login":"kari"}}';
    const hashed = '{"extractedParameters":{"login":"kari"}}';
    await expectRule(await makeProof({ context: twice }, { hashed }), "claim-context");
    for (const text of ["null", '"x"', "[]", "{", '{"a":"\\ud800"}', '{"a":1e400}', " "])
      await expectRule(await makeProof({ context: text }), "claim-context");
  });

  it("error: claim-owner", async () => {
    for (const text of [owner.slice(0, -1), `${owner}\n`, owner.replace("0x", "0X"), "", `${owner.slice(0, -1)}K`])
      await expectRule(await makeProof({ owner: text }), "claim-owner");
  });

  it("error: claim-timestamp, claim-epoch: numbers, not texts of the same bytes", async () => {
    for (const time of [String(timestampS), timestampS + 0.5, -1, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])
      await expectRule(await withClaim({ timestampS: time }), "claim-timestamp");
    await expectRule(await withClaim({ epoch: "1" }), "claim-epoch");
    // Signed by the pinned attestor, which never writes another.
    await expectRule(await makeProof({ epoch: 2 }), "claim-epoch");
  });

  it("error: identifier-claim, identifier-proof", async () => {
    const proof = await makeProof();
    const other = proof.identifier.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    await expectRule(await withClaim({ identifier: other }), "identifier-claim");
    await expectRule(
      await withClaim({ parameters: JSON.stringify({ ...request, url: "https://evil.example/me" }) }),
      "identifier-claim",
    );
    await expectRule(await withClaim({ context: context.replace("kari", "karl") }), "identifier-claim");
    for (const identifier of [other, proof.identifier.slice(0, -1), proof.identifier.slice(2), ""])
      await expectRule({ ...proof, identifier }, "identifier-proof");
  });

  it("error: signature-form", async () => {
    const proof = await makeProof();
    const [signature = ""] = proof.signatures;
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    // The twin of every signature, which anybody can make.
    const high = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, "0");
    const twin = signature.slice(0, 66) + high + (signature.endsWith("1b") ? "1c" : "1b");
    for (const changed of [
      signature.slice(0, -1),
      signature.slice(2),
      `${signature}00`,
      `${signature.slice(0, -2)}00`,
      `${signature.slice(0, -2)}1d`,
      `0x${"0".repeat(64)}${signature.slice(66)}`,
      `0x${"f".repeat(64)}${signature.slice(66)}`,
      twin,
      "0x",
    ])
      await expectRule({ ...proof, signatures: [changed] }, "signature-form");
  });

  it("error: signature-attestor: pinned, whatever the proof says of its witnesses", async () => {
    const forged = await makeProof({}, { signers: [stranger] });
    await expectRule({ ...forged, witnesses: [{ id: stranger.address, url: "" }] }, "signature-attestor");
    await expectRule(await makeProof(), "signature-attestor", { ...policy, attestors: [] });
    // One that is pinned does not vouch for another.
    await expectRule(await makeProof({}, { signers: [attestor, stranger] }), "signature-attestor");
    const [other] = (await makeProof({ timestampS: timestampS - 1 })).signatures;
    await expectRule({ ...(await makeProof()), signatures: [other] }, "signature-attestor");
    await expectRule(await withClaim({ owner: stranger.address }), "signature-attestor");
    await expectRule(await withClaim({ timestampS: timestampS - 1 }), "signature-attestor");
  });

  it("error: signature-attestor: an address whose private key is public is not pinned by default", async () => {
    const everybody = new Wallet("0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef");
    expect(everybody.address.toLowerCase()).to.equal("0x1be31a94361a391bbafb2a4ccd704f57dc04d4bb");
    const forged = await makeProof({}, { signers: [everybody] });
    await expectRule(forged, "signature-attestor", { ...policy, attestors: reclaimAttestors });
  });

  it("error: signature-repeated", async () => {
    await expectRule(await makeProof({}, { signers: [attestor, attestor] }), "signature-repeated");
    const two = { ...policy, attestors: [attestor.address, secondAttestor.address] };
    await expectRule(await makeProof({}, { signers: [attestor, secondAttestor] }), null, two);
  });

  it("error: time-future, time-age: to the second", async () => {
    const proof = await makeProof();
    await expectRule(proof, null, { ...policy, at: timestampS - 300 });
    await expectRule(proof, "time-future", { ...policy, at: timestampS - 301 });
    await expectRule(proof, null, { ...policy, at: timestampS + 60, maxAgeSeconds: 60 });
    await expectRule(proof, "time-age", { ...policy, at: timestampS + 61, maxAgeSeconds: 60 });
    await expectRule(proof, "time-age", { ...policy, at: Number.NaN, maxAgeSeconds: 60 });
  });

  it("error: owner-bound, context-bound", async () => {
    await expectRule(await makeProof(), "owner-bound", { ...policy, owner: stranger.address });
    const contextAddress = stranger.address;
    await expectRule(await makeProof(), "context-bound", { ...policy, contextAddress });
    await expectRule(await makeProof({ context: "" }), "context-bound", { ...policy, contextAddress });
  });

  it("error: provider-hash, from the parameters and never from the context", async () => {
    const pinned = { ...policy, providerHashes: [requestHash] };
    const evil = JSON.stringify({ ...request, url: "https://evil.example/me" });
    const claims = context.replace('"0x00"', `"${requestHash}"`);
    await expectRule(await makeProof({ parameters: evil, context: claims }), "provider-hash", pinned);
    // Headers and the values of placeholders are not in the hash.
    const other = JSON.stringify({ ...request, headers: {}, paramValues: { login: "ola" } });
    await expectRule(await makeProof({ parameters: other }), null, pinned);
    await expectRule(await makeProof({ provider: "other" }), "provider-hash", pinned);
    await expectRule(await makeProof(), "provider-hash", { ...policy, providerHashes: [] });
  });

  it("behavior: matches that are optional give a hash for each choice; defaults are written out", async () => {
    const optional = { type: "regex", value: "b", isOptional: true, invert: true };
    const redaction = { regex: "b", hash: "oprf" };
    const parameters = JSON.stringify({
      ...request,
      responseMatches: [...request.responseMatches, optional],
      responseRedactions: [...request.responseRedactions, redaction],
    });
    const fields = await expectRule(await makeProof({ parameters }), null);
    const both = id(
      '{"body":"","method":"GET","responseMatches":[{"type":"contains","value":"\\"login\\":\\"{{login}}\\""},{"invert":true,"type":"regex","value":"b"}],"responseRedactions":[{"jsonPath":"$.login","regex":"\\"login\\":\\"(.*)\\"","xPath":""},{"hash":"oprf","jsonPath":"","regex":"b","xPath":""}],"url":"https://accounts.example/me"}',
    );
    expect(fields["providerHashes"]).to.have.members([requestHash, both]);
    const bare = await expectRule(await makeProof({ parameters: "{}" }), null);
    const text = '{"body":"","method":"GET","responseMatches":[],"responseRedactions":[],"url":""}';
    expect(bare["providerHashes"]).to.deep.equal([id(text)]);
    const many = JSON.stringify({ responseMatches: Array(30).fill(optional) });
    expect((await expectRule(await makeProof({ parameters: many }), null))["providerHashes"]).to.deep.equal([]);
  });

  it("behavior: recognises what is meant as a proof", () => {
    const { recognises } = reclaimVerifier;
    expect([{ claimData: {} }, [{ signedClaim: {} }], [1, { claimData: {} }]].map(recognises)).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(
      [{}, [], null, "claimData", { claimData: 1 }, Object.create({ claimData: {} })].map(recognises),
    ).to.not.include(true);
  });
});
