import { readCertificateTable, readEvidenceClaims } from "@persona-protocol/sdk/attestation";
import {
  createSimulatedNitro,
  createSimulatedSnp,
  createSimulator,
  writePem,
} from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { bytesToHex, type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { quorumWord } from "../../../../node/src/attestation/quorum/quorumWord.ts";
import { createVerifierNode } from "../../../../node/src/attestation/quorum/verifierNode.ts";
import { startVerifierServer, type VerifierServer } from "../../../../node/src/attestation/quorum/verifierServer.ts";
import { errorOf } from "../../../helpers/chainAttestation.ts";
import { expectError } from "../../../helpers/errors.ts";
import { type Contract, type MemoryChain, startMemoryChain } from "../../../helpers/memoryChain.ts";
import { createRandom, testSeed } from "../../../helpers/random.ts";

const random = createRandom(testSeed());
const seed = random.bytes(32);
const nitro = createSimulatedNitro(seed);
const snp = createSimulatedSnp(seed, "milan");
const guids = {
  vcek: "63da758de6644564adc5f4b93be8accd",
  vlek: "a8074bc2a25a483eaae639c045a0b8a1",
  ask: "4ab7b379bbac4fe4a02f05aef327c782",
  ark: "c0b406a4a803495297433fb6014cd0ae",
  crl: "92f81bc9bf41424f8b6b4d0f2d0d1c2e",
};

/** A host's certificate table. */
function table(...entries: readonly (readonly [guid: string, content: Uint8Array])[]): Uint8Array<ArrayBuffer> {
  const head = 24 * (entries.length + 1);
  const bytes = new Uint8Array(head + entries.reduce((sum, [, { length }]) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let offset = head;
  for (const [index, [guid, content]] of entries.entries()) {
    bytes.set(Buffer.from(guid, "hex"), 24 * index);
    view.setUint32(24 * index + 16, offset, true);
    view.setUint32(24 * index + 20, content.length, true);
    bytes.set(content, offset);
    offset += content.length;
  }
  return bytes;
}

describe("readCertificateTable", () => {
  const [chip, signer, root] = [random.bytes(1_200), random.bytes(1_600), random.bytes(1_500)].map((bytes) =>
    bytes.with(0, 0x30),
  );
  if (chip === undefined || signer === undefined || root === undefined) throw new Error("no certificates");

  it("default: the three, in any order, by chip or by cloud, whatever else is there", () => {
    const whole = table([guids.ark, root], [guids.crl, random.bytes(100)], [guids.vcek, chip], [guids.ask, signer]);
    expect(readCertificateTable(whole)).to.deep.equal({ chip, signer, root });
    expect(readCertificateTable(table([guids.vlek, chip]))).to.deep.equal({ chip });
    expect(readCertificateTable(table())).to.deep.equal({});
  });

  it("behavior: PEM is read, and a certificate may share its bytes with another", () => {
    const { chip: der } = snp.certificates();
    const pem = new TextEncoder().encode(writePem(der));
    expect(readCertificateTable(table([guids.vcek, pem]))).to.deep.equal({ chip: der });
    const shared = table([guids.vcek, chip], [guids.ask, signer]);
    shared.copyWithin(24 + 16, 16, 24);
    expect(readCertificateTable(shared)).to.deep.equal({ chip, signer: chip });
  });

  const hostile: Readonly<Record<string, Uint8Array>> = {
    nothing: new Uint8Array(),
    "no end": table([guids.vcek, chip]).slice(0, 24),
    "an end that is cut off": table().slice(0, 23),
    "an offset behind it": table([guids.vcek, chip]).with(18, 1),
    "a length behind it": table([guids.vcek, chip]).with(22, 1),
    "lengths that overflow": table([guids.vcek, chip]).fill(0xff, 16, 24),
    "one certificate twice": table([guids.vcek, chip], [guids.vlek, chip]),
    "seventeen entries": table(...Array.from({ length: 18 }, () => [guids.crl, chip] as const)),
    "PEM that is none": table([guids.vcek, new TextEncoder().encode("-----BEGIN")]),
    "two certificates in one": table([guids.vcek, new TextEncoder().encode(writePem(chip, signer))]),
    "far too much": new Uint8Array(65 * 1024),
  };
  for (const [name, bytes] of Object.entries(hostile)) {
    it(`error: ${name}`, () => expectError("CERTIFICATE_INVALID", () => readCertificateTable(bytes)));
  }
});

describe("quorumWord", function () {
  this.timeout(60_000);
  const accounts = [1, 2, 3].map(() => privateKeyToAccount(bytesToHex(random.bytes(32))));
  const servers: VerifierServer[] = [];
  let chain: MemoryChain;
  let contract: Contract;
  after(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await chain?.close();
  });
  before(async () => {
    chain = await startMemoryChain();
    const manager = await chain.deploy("AccessManager", [chain.account(0).address]);
    contract = await chain.deploy("QuorumVerifier", [manager.address, 2n]);
    // The third is a verifier, and no member.
    for (const { address } of accounts.slice(0, 2)) await chain.send(contract, "addMember", [address]);
    for (const account of accounts) {
      const policy = { nitroRoot: nitro.rootFingerprint, snpRoot: snp.rootFingerprint };
      const domain = { chainId: 31_337, quorumVerifier: contract.address };
      const node = createVerifierNode({ account, domain, policy });
      servers.push(await startVerifierServer({ host: "127.0.0.1", port: 0, node }));
    }
  });
  const place = () =>
    ({
      client: chain.client as unknown as Parameters<typeof quorumWord>[0]["client"],
      quorumVerifier: contract.address,
      urls: servers.map(({ port }) => `http://127.0.0.1:${port}`),
    }) as const;
  const reportData = random.bytes(64);
  const judged = (word: Uint8Array) =>
    chain.read<readonly [Hex, Hex, number, number, Hex]>(contract, "verify", [bytesToHex(word)]);

  it("default: a document by itself, a report with its host's certificates, and the contract believes both", async () => {
    const document = nitro.document({ userData: reportData, timestamp: Date.now() });
    const evidence = snp.report({ reportData });
    const { chip, signer, root } = snp.certificates();
    const certificates = table([guids.vcek, chip], [guids.ask, signer], [guids.ark, root]);
    const words = [
      [await quorumWord(place(), document, undefined), document, 3],
      [await quorumWord(place(), evidence, { evidence, certificates }), evidence, 2],
    ] as const;
    for (const [word, of, wanted] of words) {
      const [measurement, data, validUntil, vendor] = await judged(word);
      expect([measurement, data, vendor]).to.deep.equal([
        readEvidenceClaims(of).measurement,
        bytesToHex(reportData),
        wanted,
      ]);
      expect(validUntil).to.be.greaterThan(Math.floor(Date.now() / 1_000));
    }
    await expectError("EVIDENCE_REFUSED", () =>
      quorumWord({ ...place(), urls: place().urls.slice(1) }, evidence, { evidence, certificates }),
    );
  });

  it("error: a member that governance has removed does not count any more, here or there", async () => {
    const document = nitro.document({ userData: reportData, timestamp: Date.now() });
    const word = await quorumWord(place(), document, undefined);
    const [first] = accounts;
    await chain.send(contract, "removeMember", [first?.address]);
    try {
      expect(await errorOf(judged(word))).to.equal("QuorumSignatureInvalid");
      await expectError("EVIDENCE_REFUSED", () => quorumWord(place(), document, undefined));
    } finally {
      await chain.send(contract, "addMember", [first?.address]);
    }
  });

  it("error: a report whose host gave too little, and evidence that contracts judge themselves", async () => {
    const evidence = snp.report({ reportData });
    const some = table([guids.vcek, snp.certificates().chip]);
    for (const companions of [undefined, { evidence }, { evidence, certificates: some }]) {
      await expectError("EVIDENCE_UNAVAILABLE", () => quorumWord(place(), evidence, companions));
    }
    const quote = createSimulator({ seed }).tdxQuote({ reportData });
    await expectError("CONFIG_INVALID", () => quorumWord(place(), quote, undefined));
  });
});
