import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type EvidenceResult,
  evidenceResultDigest,
  nitroWorkloadId,
  type QuorumEvidence,
  quorumEvidence,
  readNitroDocument,
  readSnpReport,
  signerOf,
  snpWorkloadId,
} from "@persona-protocol/sdk/attestation";
import { createSimulatedNitro, createSimulatedSnp } from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { bytesToHex, decodeAbiParameters, type Hex, hexToBytes, keccak256 } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { askQuorum } from "../../../../node/src/attestation/quorum/askQuorum.ts";
import {
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
} from "../../../../node/src/attestation/quorum/quorumMessages.ts";
import { createVerifierNode } from "../../../../node/src/attestation/quorum/verifierNode.ts";
import { startVerifierServer, type VerifierServer } from "../../../../node/src/attestation/quorum/verifierServer.ts";
import { expectError } from "../../../helpers/errors.ts";
import { createRandom, mutate, testSeed } from "../../../helpers/random.ts";

const random = createRandom(testSeed());
const seed = random.bytes(32);
const nitro = createSimulatedNitro(seed);
const snp = createSimulatedSnp(seed, "genoa");
const reportData = random.bytes(64);
const now = 1_760_000_000;
const policy = { nitroRoot: nitro.rootFingerprint, snpRoot: snp.rootFingerprint };
const domain = { chainId: 31_337, quorumVerifier: "0x00000000000000000000000000000000000000AA" } as const;
const accounts = [1, 2, 3, 4].map(() => privateKeyToAccount(bytesToHex(random.bytes(32))));
const members = accounts.slice(0, 3).map(({ address }) => address);
const member = (index: number, differs: Partial<Parameters<typeof createVerifierNode>[0]> = {}) => {
  const account = accounts[index];
  if (account === undefined) throw new RangeError("no such member");
  return createVerifierNode({ account, domain, policy, now: () => now, ...differs });
};
const document = (contents: Parameters<typeof nitro.document>[0] = {}): QuorumEvidence => ({
  kind: "nitro",
  evidence: nitro.document({ userData: reportData, timestamp: now * 1_000, ...contents }),
});
const report = (contents: Parameters<typeof snp.report>[0] = {}): QuorumEvidence => ({
  kind: "snp",
  evidence: snp.report({ reportData, ...contents }),
  certificates: snp.certificates(),
});
const judge = (asked: QuorumEvidence, verifiedAt = now) => member(0).judge({ asked, verifiedAt });
const rule = async (asked: QuorumEvidence) => (await expectError("EVIDENCE_REFUSED", () => judge(asked))).data["rule"];

describe("createVerifierNode", function () {
  this.timeout(30_000);

  it("default: what a Nitro document says, signed for one contract on one chain", async () => {
    const asked = document();
    const { result, signature } = await judge(asked);
    const { pcrs, signed } = readNitroDocument(asked.evidence);
    expect(result).to.deep.equal({
      evidenceHash: keccak256(signed),
      measurement: nitroWorkloadId(pcrs),
      reportDataHi: bytesToHex(reportData.subarray(0, 32)),
      reportDataLo: bytesToHex(reportData.subarray(32)),
      platform: keccak256(pcrs.get(4) ?? new Uint8Array()),
      vendor: 3,
      verifiedAt: now,
      validUntil: now + 7 * 86_400,
    });
    expect(await signerOf(evidenceResultDigest(domain, result), signature)).to.equal(members[0]);
    for (const other of [
      { ...domain, chainId: 1_337 },
      { ...domain, quorumVerifier: members[0] ?? domain.quorumVerifier },
    ]) {
      expect(await signerOf(evidenceResultDigest(other, result), signature)).not.to.equal(members[0]);
    }
  });

  it("default: what an SNP report says, by its chip or by its cloud", async () => {
    const asked = report();
    const { result } = await judge(asked);
    const read = readSnpReport(asked.evidence);
    expect(result).to.include({ vendor: 2, measurement: snpWorkloadId(read), platform: keccak256(read.chipId) });
    const cloud = createSimulatedSnp(seed, "genoa", "vlek");
    const certificates = cloud.certificates();
    const of = (chipId: Uint8Array) =>
      judge({ kind: "snp", evidence: cloud.report({ reportData, chipId }), certificates }).then((each) => each.result);
    const [masked, shown] = [await of(new Uint8Array(64)), await of(read.chipId)];
    expect(masked.platform).to.equal(keccak256(new TextEncoder().encode("simulated-cloud")));
    expect(shown.platform).to.equal(result.platform);
  });

  it("behavior: every honest node says the same of the same evidence and time", async () => {
    for (const asked of [document(), report()]) {
      const results = await Promise.all([0, 1, 2].map((index) => member(index).judge({ asked, verifiedAt: now })));
      expect(new Set(results.map(({ result }) => evidenceResultDigest(domain, result))).size).to.equal(1);
    }
  });

  it("behavior: a report is believed no longer than its certificates and its revocation list", async () => {
    const crl = snp.crl({ nextUpdate: now + 1_000 });
    const asked = { ...report(), certificates: { ...snp.certificates(), crl } } as QuorumEvidence;
    expect((await judge(asked)).result.validUntil).to.equal(now + 1_000);
  });

  it("error: what a quorum takes less of than a reader: age, level, length of report data", async () => {
    expect(await rule(document({ timestamp: (now - 301) * 1_000 }))).to.equal("nitro-age");
    expect(await rule(report({ vmpl: 1 }))).to.equal("snp-vmpl");
    expect(await rule(report({ policy: 0x30000n | (1n << 18n) }))).to.equal("snp-migration");
    for (const userData of [null, reportData.slice(1), random.bytes(65)]) {
      expect(await rule(document({ userData })), "length").to.equal(undefined);
    }
    const debug = { 0: new Uint8Array(48), 1: new Uint8Array(48), 2: new Uint8Array(48) };
    expect(await rule(document({ pcrs: debug }))).to.equal("nitro-debug");
  });

  it("error: another time than now, by more than a minute", async () => {
    for (const away of [-61, 61]) await expectError("REQUEST_INVALID", () => judge(document(), now + away));
    for (const away of [-60, 60]) expect((await judge(report(), now + away)).result.verifiedAt).to.equal(now + away);
  });

  it("error: a development root where others are", async () => {
    for (const root of [{ nitroRoot: nitro.rootFingerprint }, { snpRoot: snp.rootFingerprint }]) {
      await expectError("CONFIG_INVALID", () => member(0, { domain: { ...domain, chainId: 1 }, policy: root }));
    }
    const makers = member(0, { domain: { ...domain, chainId: 1 }, policy: {} });
    const error = await expectError("EVIDENCE_REFUSED", () => makers.judge({ asked: document(), verifiedAt: now }));
    expect(error.data["rule"]).to.equal("nitro-root");
  });
});

describe("quorumEvidence", () => {
  it("default: the contract's bytes, signers ascending, each once", async () => {
    const answers = await Promise.all(
      [2, 0, 1, 0].map((index) => member(index).judge({ asked: document(), verifiedAt: now })),
    );
    const bytes = await quorumEvidence(domain, answers);
    const fields = [
      ...["evidenceHash", "measurement", "reportDataHi", "reportDataLo", "platform"].map((name) => ({
        name,
        type: "bytes32",
      })),
      ...[
        { name: "vendor", type: "uint8" },
        { name: "verifiedAt", type: "uint40" },
        { name: "validUntil", type: "uint40" },
      ],
    ];
    const [result, signatures] = decodeAbiParameters(
      [{ type: "tuple", components: fields }, { type: "bytes[]" }],
      bytesToHex(bytes),
    ) as unknown as [EvidenceResult, readonly Hex[]];
    const digest = evidenceResultDigest(domain, result);
    const signers = await Promise.all(signatures.map((signature) => signerOf(digest, signature)));
    expect(signers).to.deep.equal([...members].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
  });

  it("error: nobody, others' words, signatures of another form", async () => {
    await expectError("EVIDENCE_REFUSED", () => quorumEvidence(domain, []));
    const [one, other] = [await judge(document()), await judge(report())];
    await expectError("EVIDENCE_REFUSED", () => quorumEvidence(domain, [one, other]));
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = BigInt(`0x${one.signature.slice(66, 130)}`);
    const flipped = one.signature.endsWith("1b") ? "1c" : "1b";
    const highS: Hex = `0x${one.signature.slice(2, 66)}${(order - s).toString(16).padStart(64, "0")}${flipped}`;
    const forms: readonly Hex[] = [
      "0x",
      one.signature.slice(0, -2) as Hex,
      `${one.signature.slice(0, -2)}00` as Hex,
      highS,
    ];
    for (const signature of forms) {
      await expectError("EVIDENCE_REFUSED", () => quorumEvidence(domain, [{ ...one, signature }]));
    }
  });
});

describe("quorumMessages", () => {
  it("default: there and back", async () => {
    const crl = snp.crl();
    const listed = { ...report(), certificates: { ...snp.certificates(), crl } } as QuorumEvidence;
    for (const asked of [document(), report(), listed]) {
      expect(decodeQuestion(encodeQuestion({ asked, verifiedAt: now }))).to.deep.equal({ asked, verifiedAt: now });
    }
    const answer = await judge(report());
    expect(decodeAnswer(encodeAnswer(answer))).to.deep.equal(answer);
  });

  it("error: mutations are refused by a code, or are another well-formed message", async () => {
    const question = encodeQuestion({ asked: report(), verifiedAt: now });
    for (let run = 0; run < 500; run++) {
      const changed = mutate(question, random);
      try {
        decodeQuestion(changed);
      } catch (error) {
        await expectError("REQUEST_INVALID", () => Promise.reject(error));
      }
    }
    await expectError("REQUEST_INVALID", () => decodeQuestion(new Uint8Array(64 * 1024 + 1)));
    await expectError("REQUEST_INVALID", () => decodeAnswer(hexToBytes("0xa0")));
  });
});

describe("askQuorum", function () {
  this.timeout(30_000);
  const open: (VerifierServer | { close(): Promise<void> })[] = [];
  afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));
  async function serve(index: number, differs: Parameters<typeof member>[1] = {}): Promise<string> {
    const server = await startVerifierServer({ host: "127.0.0.1", port: 0, node: member(index, differs) });
    open.push(server);
    return `http://127.0.0.1:${server.port}`;
  }
  async function hostile(answer: (server: Server) => void): Promise<string> {
    const server = createServer();
    answer(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push({
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const answers =
    (body: Uint8Array | string, status = 200) =>
    (server: Server) =>
      server.on("request", (_, response) => response.writeHead(status).end(body));
  const ask = (urls: readonly string[], threshold = 2, asked = document()) =>
    askQuorum({
      urls,
      isMember: async (account) => members.includes(account),
      threshold,
      domain,
      asked,
      now,
      timeoutMs: 2_000,
    });

  it("default: two of three, though one is away, one hangs and one talks nonsense", async () => {
    const silent = await hostile((server) => server.on("request", () => {}));
    const nonsense = await hostile(answers("<html>"));
    const urls = [await serve(0), "http://127.0.0.1:1", silent, nonsense, await serve(2)];
    const bytes = await ask(urls);
    expect(bytes.length).to.be.greaterThan(8 * 32 + 2 * 65);
    expect(await ask([await serve(0), await serve(1)], 2, report())).to.be.instanceOf(Uint8Array);
  });

  it("error: one member with many addresses, a stranger, another contract's word, another time's, another evidence's", async () => {
    const url = await serve(0);
    await expectError("EVIDENCE_REFUSED", async () => ask([url, url, await serve(0)]));
    await expectError("EVIDENCE_REFUSED", async () => ask([url, await serve(3)]));
    const elsewhere = await serve(1, { domain: { ...domain, chainId: 1_337 } });
    await expectError("EVIDENCE_REFUSED", () => ask([url, elsewhere]));
    const late = encodeAnswer(await member(1).judge({ asked: document(), verifiedAt: now - 1 }));
    await expectError("EVIDENCE_REFUSED", async () => ask([url, await hostile(answers(late))]));
    const others = encodeAnswer(await member(1).judge({ asked: document({ nonce: reportData }), verifiedAt: now }));
    await expectError("EVIDENCE_REFUSED", async () => ask([url, await hostile(answers(others))]));
  });

  it("error: what each node said is told; answers without end and redirects are not followed", async () => {
    const flood = await hostile(answers(new Uint8Array(1_000_000)));
    const away = await hostile((server) =>
      server.on("request", (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()),
    );
    const refuses = await serve(1, { policy: {} });
    const error = await expectError("EVIDENCE_REFUSED", () => ask([flood, away, refuses]));
    expect(error.data["node 3"]).to.match(/EVIDENCE_REFUSED: .*nitro-root/);
    expect(Object.keys(error.data)).to.have.lengthOf(3);
  });

  it("error: the server refuses what is no question, and answers the next one", async () => {
    const url = await serve(0);
    const post = (body: Uint8Array<ArrayBuffer> | string, path = "/judge") =>
      fetch(url + path, { method: "POST", body });
    expect((await post(new Uint8Array(random.bytes(10)))).status).to.equal(400);
    expect((await post(new Uint8Array(70_000))).status).to.equal(400);
    expect((await post("", "/other")).status).to.equal(400);
    const refused = encodeQuestion({ asked: document({ timestamp: 1_000 }), verifiedAt: now });
    expect((await post(new Uint8Array(refused))).status).to.equal(422);
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
    expect(await ask([url, await serve(1)])).to.be.instanceOf(Uint8Array);
  });
});
