/** Read grants on a real network: the owner waits a day, the grantee buys, guardians release to the signed key only. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createGuardianRelease,
  encodeReleaseCall,
  grantRead,
  publishDataset,
  readDatasetVersions,
  readOwnSegments,
  revoke,
} from "@persona-protocol/sdk/access";
import { balanceOf, readDeks, requestRead } from "@persona-protocol/sdk/compute";
import {
  type ChainClient,
  callContract,
  createChainView,
  datasetRegistryAbi,
  devTokenAbi,
  grantHashOf,
  grantRegistryAbi,
  typedData,
} from "@persona-protocol/sdk/contracts";
import { generateKemKeyPair, type KemKeyPair, keyIdOf, sha256Hex } from "@persona-protocol/sdk/crypto";
import { codeOfReason } from "@persona-protocol/sdk/errors";
import {
  cidOfDigest,
  collectBytes,
  datasetHeadHash,
  decodeManifest,
  decryptEnvelopeBytes,
  encodeManifest,
  encryptEnvelopeBytes,
  generateOwnerRootKey,
  openManifestEntry,
  ownerKemKeyPair,
  readLinkedManifests,
  sealManifestEntry,
} from "@persona-protocol/sdk/storage";
import { expect } from "chai";
import { pad } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { type Network, startNetwork } from "../../node/src/dev/startNetwork.ts";
import { contractClient } from "../helpers/contractAccount.ts";
import { deployOnAnvil } from "../helpers/deployedChain.ts";
import { expectError } from "../helpers/errors.ts";

const text = new TextEncoder().encode("what the clinic may read, and nobody else");

describe("a Read grant", function () {
  this.timeout(120_000);
  let runDir: string;
  let network: Network;
  let owner: ChainClient;
  let clinic: ChainClient;
  let recipient: KemKeyPair;
  let published: publishDataset.ReturnType;
  let ownerKeyPair: KemKeyPair;
  let grant: Awaited<ReturnType<typeof grantRead>>;
  before(async () => {
    runDir = await mkdtemp(join(tmpdir(), "persona-read-"));
    const signal = new AbortController().signal;
    network = await startNetwork({
      runDir,
      chain: "anvil",
      deploy: deployOnAnvil,
      port: 0,
      guardians: 3,
      workers: 0,
      signal,
    });
    [owner, clinic] = [await network.fundedClient(), await network.fundedClient()];
    recipient = await generateKemKeyPair();
    ownerKeyPair = await ownerKemKeyPair(generateOwnerRootKey());
    const segment = (name: string) => ({
      name,
      schema: `persona:${name}@1`,
      records: 1,
      from: null,
      to: null,
      bytes: text,
    });
    published = await publishDataset(
      { client: owner, deployment: network.deployment, store: network.store },
      {
        segments: [segment("notes"), segment("mail")],
        guardians: network.guardians.map(({ nodeId }) => nodeId),
        threshold: 2,
        ownerPublicKey: ownerKeyPair.publicKey,
      },
    );
    grant = await newGrant();
  });
  after(async () => {
    await network?.close();
    await rm(runDir, { recursive: true, force: true });
  });
  const context = (client: ChainClient) => ({ client, deployment: network.deployment });
  const newGrant = async (grantee = clinic) =>
    grantRead(context(owner), {
      dataset: published.dataset,
      grantee: grantee.account.address,
      recipientKey: recipient.publicKey,
      segments: ["notes"],
      uses: 5,
      expiresAt: Number((await owner.getBlock()).timestamp) + 900_000,
      price: 7n,
      token: network.token,
    });
  const wait = async (seconds: number) => {
    const ask = clinic.request as (call: { method: string; params: unknown[] }) => Promise<unknown>;
    await ask({ method: "evm_increaseTime", params: [seconds] });
    await ask({ method: "evm_mine", params: [] });
  };
  const options = () => ({
    recipient,
    provider: createGuardianRelease(createChainView(clinic, network.deployment)),
    keyBoxHead: published.keyBox.head,
    signal: AbortSignal.timeout(30_000),
  });
  const usesOf = async () => {
    const grantHash = grantHashOf(network.deployment, grant.terms);
    const registry = { address: network.deployment.grantRegistry, abi: grantRegistryAbi } as const;
    const args = [owner.account.address, grantHash] as const;
    return (await owner.readContract({ ...registry, functionName: "grantOf", args })).uses;
  };
  const outcome = async (
    request: Awaited<ReturnType<typeof requestRead>>,
    by: ChainClient,
    key: KemKeyPair,
    attempt = 0,
  ): Promise<string> => {
    const guardian = network.guardians[0]?.nodeId ?? 0;
    const { bundleDigest } = request.params.order;
    const message = {
      jobId: request.jobId,
      attempt,
      guardian,
      input: 0,
      kemKeyHash: keyIdOf(key.publicKey),
      bundleDigest,
    };
    const signature = await by.signTypedData(typedData.releaseRequest(network.deployment, message));
    const call = { request: message, signature, kemKey: key.publicKey, params: request.params, bundle: request.bundle };
    expect(encodeReleaseCall(call).length).to.be.greaterThan(0);
    const answer = await options().provider.release({ call }, { signal: AbortSignal.timeout(10_000) });
    if (answer.status === "refused") return codeOfReason(answer.refusal.reason) ?? "unknown";
    return answer.status;
  };

  it("error: GRANT_NOT_YET_VALID: not on the day it is given", async () => {
    await expectError("GRANT_NOT_YET_VALID", () =>
      requestRead(context(clinic), { grant, recipientKey: recipient.publicKey }),
    );
    expect(await usesOf()).to.equal(0);
  });

  it("default: after the day the grantee pays, two guardians release, and the segment decrypts", async () => {
    await wait(87_100);
    const request = await requestRead(context(clinic), { grant, recipientKey: recipient.publicKey });
    expect(await usesOf(), "counted at once").to.equal(1);
    expect(await balanceOf(context(owner), network.token, owner.account.address)).to.equal(7n);
    const deks = await readDeks(context(clinic), request, options());
    expect([...deks.keys()], "the granted segment and no other").to.deep.equal([0]);

    const { datasetId, keyEpoch, version } = published.dataset;
    const { store } = network;
    const { number: blockNumber } = await clinic.getBlock();
    const versions = await readDatasetVersions(clinic, network.deployment, { datasetId, blockNumber });
    const [{ manifest }] = await readLinkedManifests(store, versions);
    expect(manifest.version).to.equal(version);
    const [segment] = manifest.segments;
    if (segment === undefined) throw new Error("no segment");
    const envelope = await collectBytes(store.get(segment.cid));
    const dek = deks.get(0) as Uint8Array;
    const plain = await decryptEnvelopeBytes(envelope, {
      datasetId,
      segment: 0,
      keyEpoch,
      version: segment.version,
      dek,
    });
    expect(plain).to.deep.equal(text);
  });

  it("error: another key than the owner has signed, another signer, another attempt", async () => {
    const request = await requestRead(context(clinic), { grant, recipientKey: recipient.publicKey });
    const stranger = await network.fundedClient();
    expect(await outcome(request, clinic, await generateKemKeyPair())).to.equal("OUTPUT_NOT_GRANTED");
    expect(await outcome(request, stranger, recipient)).to.equal("REQUEST_INVALID");
    expect(await outcome(request, clinic, recipient, 1)).to.equal("REQUEST_INVALID");
    expect(await outcome(request, clinic, recipient)).to.equal("released");
  });

  it("error: OUTPUT_NOT_GRANTED: a request made for a recipient of the grantee's own choice", async () => {
    const own = await generateKemKeyPair();
    const request = await requestRead(context(clinic), { grant, recipientKey: own.publicKey });
    expect(await outcome(request, clinic, own)).to.equal("OUTPUT_NOT_GRANTED");
    await expectError("GUARDIANS_REFUSED", () => readDeks(context(clinic), request, { ...options(), recipient: own }));
  });

  it("error: SEGMENT_NOT_GRANTED: more than the grant covers", async () => {
    const request = await requestRead(context(clinic), { grant, recipientKey: recipient.publicKey, segments: 3n });
    expect(await outcome(request, clinic, recipient)).to.equal("SEGMENT_NOT_GRANTED");
  });

  it("behavior: revoking stops what is not released yet; what was read stays read", async () => {
    const request = await requestRead(context(clinic), { grant, recipientKey: recipient.publicKey });
    expect(await outcome(request, clinic, recipient)).to.equal("released");
    await revoke(context(owner), grant);
    expect(await outcome(request, clinic, recipient)).to.equal("GRANT_REVOKED");
  });

  it("behavior: a grantee that is a contract reads by its contract's word; another key's signature is none", async () => {
    const key = privateKeyToAccount(generatePrivateKey());
    const payer = await network.fundedClient();
    const practice = await contractClient(payer, key);
    const { address } = practice.account;
    const mint = { address: network.token, abi: devTokenAbi, functionName: "mint" } as const;
    await callContract(payer, { ...mint, args: [address, 1_000n] });
    const theirs = await newGrant(practice);
    await wait(87_100);
    const request = await requestRead(context(practice), { grant: theirs, recipientKey: recipient.publicKey });
    expect(request.params.order.requester).to.equal(address);
    // The key that the contract knows, alone, is not the grantee: its word counts through the contract.
    const deks = await readDeks(context(practice), request, options());
    expect([...deks.keys()]).to.deep.equal([0]);
    expect(await outcome(request, practice, recipient)).to.equal("released");
    const stranger = await network.fundedClient();
    expect(await outcome(request, stranger, recipient)).to.equal("REQUEST_INVALID");
  });

  it("error: JOB_DEADLINE_PASSED: a day after the request", async () => {
    const other = await newGrant();
    await wait(87_100);
    const request = await requestRead(context(clinic), { grant: other, recipientKey: recipient.publicKey });
    expect(await outcome(request, clinic, recipient)).to.equal("released");
    await wait(86_500);
    expect(await outcome(request, clinic, recipient)).to.equal("JOB_DEADLINE_PASSED");
  });

  it("behavior: a writer gets the key of what it writes by a Read grant of its own, and the owner reads what it wrote", async () => {
    const { datasetId, keyEpoch, version, head } = published.dataset;
    const { store, deployment } = network;
    const registry = { address: deployment.datasetRegistry, abi: datasetRegistryAbi } as const;
    const writer = { kind: 1, id: pad(clinic.account.address, { size: 32 }) } as const;
    const until = Number((await owner.getBlock()).timestamp) + 900_000;
    await callContract(owner, {
      ...registry,
      functionName: "setWriter",
      args: [datasetId, head, writer, 1n, until, 1],
    });
    const own = await newGrant();
    await wait(87_100);
    const request = await requestRead(context(clinic), { grant: own, recipientKey: recipient.publicKey });
    const dek = (await readDeks(context(clinic), request, options())).get(0) as Uint8Array;

    const manifest = decodeManifest(await store.getBlock(cidOfDigest(head.manifestDigest, "dag-cbor")));
    const [before, ...others] = manifest.segments;
    if (before === undefined) throw new Error("no segment");
    const ids = { datasetId, segment: 0, keyEpoch, dek };
    const entry = await openManifestEntry(before.entry, { ...ids, version: before.version });
    const written = new TextEncoder().encode("and what the clinic adds");
    const envelope = await encryptEnvelopeBytes(written, { ...ids, version: version + 1, padding: "padme" });
    const { cid, size } = await store.put(envelope);
    const segment = { ...before, version: version + 1, cid, size, digest: sha256Hex(envelope) };
    const sealed = await sealManifestEntry({ ...entry, count: 2 }, { ...ids, version: version + 1 });
    const next = encodeManifest({
      ...{ ...manifest, version: version + 1, previous: head.manifestDigest },
      segments: [{ ...segment, entry: sealed }, ...others],
    });
    await store.putBlock(next.bytes, "dag-cbor");
    const publication = {
      ...{ datasetId, writer, previousHead: datasetHeadHash(head), version: version + 1, keyEpoch, segments: 1n },
      ...{ manifestDigest: next.digest, deadline: until },
    };
    await callContract(clinic, { ...registry, functionName: "publishAsWriter", args: [publication, head] });

    const { number: blockNumber } = await clinic.getBlock();
    const versions = await readDatasetVersions(clinic, deployment, { datasetId, blockNumber });
    const [newest] = await readLinkedManifests(store, versions);
    expect(newest.manifest.version).to.equal(version + 1);
    const dataset = { ...published.dataset, version: version + 1, head: { ...head, manifestDigest: next.digest } };
    const read = readOwnSegments({ deployment, store }, { dataset, keyBox: published.keyBox, ownerKeyPair });
    const contents = (await Array.fromAsync(read)).map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]);
    expect(contents).to.deep.equal([
      ["notes", "and what the clinic adds"],
      ["mail", Buffer.from(text).toString()],
    ]);
  });
});
