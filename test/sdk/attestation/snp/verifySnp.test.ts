import {
  AMD_ROOTS,
  type AttestationRule,
  attestationRules,
  readPemBytes,
  type SnpCertificates,
  type SnpPolicy,
  type SnpProduct,
  verifySnp,
} from "@persona-protocol/sdk/attestation";
import {
  type CertificateContents,
  chipExtensions,
  createSimulatedSnp,
  type SimulatedSnp,
  type SnpContents,
  simulatedKey,
  simulatedP384Key,
  simulatedSnpTcb,
} from "@persona-protocol/sdk/attestation/simulator";
import { expect } from "chai";
import { vectorBytes, vectorText, withVectors } from "../../../helpers/attestationVectors.ts";
import { createRandom, testSeed } from "../../../helpers/random.ts";

const random = createRandom(testSeed());
const seed = random.bytes(32);
const reportData = random.bytes(64);
const measurement = random.bytes(48);
const at = 1_760_000_000;
/** RSA in big integers is slow: certificates that nobody changes are made once. */
const chips = new Map<string, SimulatedSnp>();
function chip(product: SnpProduct = "milan", kind: "vcek" | "vlek" = "vcek"): SimulatedSnp {
  const known = chips.get(product + kind) ?? createSimulatedSnp(seed, product, kind);
  chips.set(product + kind, known);
  return known;
}
const milan = chip();
const report = (contents: Partial<SnpContents> = {}, of: SimulatedSnp = milan) =>
  of.report({ reportData, measurement, ...contents });

type Asked = {
  readonly certificates?: SnpCertificates | undefined;
  readonly at?: number;
  readonly policy?: SnpPolicy;
};
const verify = (bytes: Uint8Array, more: Asked = {}, of: SimulatedSnp = milan) =>
  verifySnp(bytes, {
    certificates: of.certificates(),
    at,
    ...more,
    policy: { rootFingerprint: of.rootFingerprint, ...more.policy },
  });

/** The chain with one certificate made anew; a changed root is pinned, so that the next rule is met. */
const changed = (
  name: keyof SnpCertificates,
  change: Partial<CertificateContents>,
  of: SimulatedSnp = milan,
): Asked => ({
  certificates: of.certificates((contents, each) => (each === name ? { ...contents, ...change } : contents)),
});
const chipId = random.bytes(64);
const milanTcb = simulatedSnpTcb("milan");
const extended = (
  ...[product = "milan", kind = "vcek", id = chipId, tcb = milanTcb]: Partial<Parameters<typeof chipExtensions>>
): Asked => changed("chip", { extensions: chipExtensions(product, kind, id, tcb) });
const without = (oid: string): Asked => {
  const extensions = chipExtensions("milan", "vcek", chipId, milanTcb).filter((each) => !each.oid.endsWith(oid));
  return changed("chip", { extensions });
};
const write =
  (offset: number, ...values: number[]) =>
  (bytes: Uint8Array) =>
    bytes.set(values, offset);

type Case = readonly [name: string, bytes: () => Uint8Array, more?: () => Asked, of?: SimulatedSnp];
const signed = (name: string, contents: Partial<SnpContents>, of = milan): Case => [
  name,
  () => report(contents, of),
  () => ({}),
  of,
];
const chained = (name: string, asked: () => Asked): Case => [name, () => report(), asked];

/** Of each rule, the smallest changes that break it. */
const broken: Partial<Record<AttestationRule, readonly Case[]>> = {
  "snp-size": [
    ["empty", () => new Uint8Array()],
    ["a byte short", () => report().slice(0, -1)],
    ["a byte long", () => Uint8Array.of(...report(), 0)],
  ],
  "snp-version": [signed("version 1", { version: 1 }), signed("version 6", { version: 6 })],
  "snp-algorithm": [
    signed("algorithm 0", { change: write(0x34, 0) }),
    signed("algorithm 2", { change: write(0x34, 2) }),
  ],
  "snp-reserved": [
    ...[0x4c, 0x4f, 0x18b, 0x19f, 0x1eb, 0x1ef, 0x1f8, 0x208, 0x29f].map((offset) =>
      signed(`byte 0x${offset.toString(16)}`, { change: write(offset, 1) }),
    ),
    signed("a processor in version 2", { version: 2, change: write(0x188, 0x19) }),
    signed("a mitigation vector in version 3", { change: write(0x200, 1) }),
    signed("bit 5 of the key information", { keyInfo: 1 << 5 }),
    signed("bit 31 of the key information", { change: write(0x4b, 0x80) }),
    signed("no bit 17 of the policy", { policy: 0x10000n }),
    signed("bit 26 of the policy", { policy: 0x30000n | (1n << 26n) }),
    signed("bit 63 of the policy", { policy: 0x30000n | (1n << 63n) }),
    ...[0x2d0, 0x2e7, 0x318, 0x32f, 0x330, 0x49f].map((offset) =>
      signed(`byte 0x${offset.toString(16)}, which is not signed`, { changeSigned: write(offset, 1) }),
    ),
  ],
  "snp-signer": [signed("unsigned", { keyInfo: 7 << 2 }), signed("a key that is not given out", { keyInfo: 2 << 2 })],
  "snp-chain-missing": [["none", report, () => ({ certificates: undefined })]],
  "snp-chain-format": [
    chained("a chip's certificate that is none", () => ({
      certificates: { ...milan.certificates(), chip: random.bytes(99) },
    })),
    chained("a root that is empty", () => ({ certificates: { ...milan.certificates(), root: new Uint8Array() } })),
    chained("a chip's key of P-256", () => changed("chip", { key: simulatedKey(seed, "x") })),
    chained("a chip's certificate signed by P-384", () => changed("chip", { issuerKey: simulatedP384Key(seed, "x") })),
    chained("a signing key of P-384", () => changed("signer", { key: simulatedP384Key(seed, "x") })),
    chained("the chip's in the signing key's place", () => {
      const { chip: der, root } = milan.certificates();
      return { certificates: { root, signer: der, chip: der } };
    }),
  ],
  "snp-extensions": [
    ...[".1.2", ".3.1", ".3.2", ".3.3", ".3.8", ".1.4"].map((oid) => chained(`none with ${oid}`, () => without(oid))),
    chained("a VLEK's in a VCEK", () => extended("milan", "vlek")),
    chained("a chip id of 63 bytes", () => extended("milan", "vcek", chipId.slice(1))),
    chained("a chip id of Turin's length", () => extended("milan", "vcek", chipId.slice(0, 8))),
    chained("a version of 256", () => extended("milan", "vcek", chipId, { ...milanTcb, snp: 256 })),
    chained("Turin's FMC", () => {
      const extensions = chipExtensions("milan", "vcek", chipId, milanTcb);
      return changed("chip", {
        extensions: [...extensions, { oid: "1.3.6.1.4.1.3704.1.3.9", value: Uint8Array.of(2, 1, 1) }],
      });
    }),
    [
      "a VCEK's in a VLEK",
      () => report({}, chip("milan", "vlek")),
      () => changed("chip", { extensions: chipExtensions("milan", "vcek", chipId, milanTcb) }, chip("milan", "vlek")),
      chip("milan", "vlek"),
    ],
    ["a VCEK for a report that a VLEK has signed", () => report({ keyInfo: 4 })],
  ],
  "snp-product": [
    chained("a product that is not known", () => named("Naples-B0")),
    chained("text behind the product", () => named("Milan-B0 ")),
    signed("a Genoa's report with a Milan's certificate", { change: write(0x188, 0x19, 0x11) }),
    signed("a processor that is not known", { change: write(0x188, 0x19, 0x20) }),
    ["a Turin's report with a Milan's certificate", () => report({}, chip("turin"))],
  ],
  "snp-chain-root": [
    chained("AMD's is the default", () => ({ policy: { rootFingerprint: AMD_ROOTS.milan } })),
    chained("another root of the same name", () => changed("root", { notAfter: at + 1 })),
  ],
  "snp-chain-issuer": [
    chained("of the chip's", () => changed("chip", { issuer: "SEV-Genoa" })),
    chained("of the signing key's", () => changed("signer", { issuer: "ARK-Genoa" })),
  ],
  "snp-chain-name": [
    chained("of the chip's", () => changed("chip", { subject: "SEV-VLEK" })),
    [
      "of a VLEK's signing key",
      () => report({}, chip("milan", "vlek")),
      () => renamedSigner("SEV-Milan"),
      chip("milan", "vlek"),
    ],
  ],
  "snp-chain-ca": [
    chained("a signing key's that is no authority", () =>
      changed("signer", { isCa: false, pathLength: undefined as never }),
    ),
    chained("a signing key's that may not issue", () => changed("signer", { usage: "sign" })),
    chained("a chip's that is one", () => changed("chip", { isCa: true })),
  ],
  "snp-chain-validity": [
    chained("before", () => ({ at: 1_640_995_199 })),
    chained("after", () => ({ at: 2_429_913_601 })),
    chained("the chip's is over", () => changed("chip", { notAfter: at - 1 })),
    chained("the signing key's is to come", () => changed("signer", { notBefore: at + 1 })),
  ],
  "snp-tcb": [
    ...(["bootLoader", "tee", "snp", "microcode"] as const).map((part) =>
      signed(`of another ${part}`, { reportedTcb: { ...milanTcb, [part]: milanTcb[part] + 1 } }),
    ),
    signed("a reserved part", { change: write(0x182, 1) }),
    signed("Turin's FMC", { reportedTcb: { ...simulatedSnpTcb("turin"), fmc: 2 } }, chip("turin")),
  ],
  "snp-chip": [
    signed("of another chip", { chipId }),
    signed("masked", { chipId: new Uint8Array(64) }),
    signed("beyond the 8 bytes of a Turin's", { change: write(0x1a8, 1) }, chip("turin")),
  ],
  "snp-chain-signature": [
    chained("of the chip's", () => changed("chip", { issuerKey: rootsKey() })),
    chained("of the signing key's", () => {
      const { signer, ...others } = milan.certificates();
      return { certificates: { ...others, signer: signer.with(-1, (signer.at(-1) ?? 0) ^ 1) } };
    }),
  ],
  "snp-crl": [
    chained("that is none", () => listed(random.bytes(40))),
    chained("of another issuer", () => listed(milan.crl({ issuer: "ARK-Genoa" }))),
    chained("signed by another key", () => listed(milan.crl({ issuerKey: simulatedP384Key(seed, "x") }))),
    chained("that is over", () => listed(milan.crl({ nextUpdate: at }))),
    chained("that is to come", () => listed(milan.crl({ thisUpdate: at + 1 }))),
    chained("that names the signing key's", () => listed(milan.crl({ revoked: [Uint8Array.of(1, 0, 1)] }))),
  ],
  "snp-signature": [
    ["a bit of the report data", () => flip(report(), 0x50)],
    ["a bit of the measurement", () => flip(report(), 0x90)],
    ["a bit of r", () => flip(report(), 0x2a0)],
    ["a bit of s", () => flip(report(), 0x2e8)],
    ["zeros", () => report({ changeSigned: (bytes) => bytes.fill(0, 0x2a0) })],
    chained("by another chip", () => changed("chip", { key: simulatedP384Key(seed, "other") })),
  ],
  "snp-debug": [signed("bit 19", { policy: 0x30000n | (1n << 19n) })],
  "snp-migration": [signed("bit 18", { policy: 0x30000n | (1n << 18n) })],
  "snp-vmpl": [
    signed("4", { vmpl: 4 }),
    signed("asked for by the host", { vmpl: 0xffff_ffff }),
    ["1 where only 0 is taken", () => report({ vmpl: 1 }), () => ({ policy: { acceptedVmpls: [0] } })],
    ["9, though the policy says so", () => report({ vmpl: 9 }), () => ({ policy: { acceptedVmpls: [9] } })],
  ],
  "snp-minimum-tcb": (["bootLoader", "tee", "snp", "microcode"] as const).map((part) =>
    chained(part, () => ({ policy: { minimumTcb: { milan: { [part]: milanTcb[part] + 1 } } } })),
  ),
};

const flip = (bytes: Uint8Array, offset: number) => bytes.with(offset, (bytes[offset] ?? 0) ^ 1);
const listed = (crl: Uint8Array): Asked => ({ certificates: { ...milan.certificates(), crl } });
function named(product: string): Asked {
  const text = new TextEncoder().encode(product);
  const name = { oid: "1.3.6.1.4.1.3704.1.2", value: Uint8Array.of(0x16, text.length, ...text) };
  const others = chipExtensions("milan", "vcek", chipId, milanTcb).filter(({ oid }) => oid !== name.oid);
  return changed("chip", { extensions: [...others, name] });
}
/** The signing key's certificate under another name, and the chip's issued by that name. */
function renamedSigner(name: string): Asked {
  const of = chip("milan", "vlek");
  const rename = (contents: CertificateContents, each: string) => {
    if (each === "signer") return { ...contents, subject: name };
    return each === "chip" ? { ...contents, issuer: name } : contents;
  };
  return { certificates: of.certificates(rename) };
}
/** The root's key: it has not issued the chip's certificate. */
function rootsKey(): CertificateContents["issuerKey"] {
  const found: CertificateContents[] = [];
  milan.certificates((contents, name) => {
    if (name === "root") found.push(contents);
    return contents;
  });
  const [root] = found;
  if (root === undefined) throw new Error("no root");
  return root.issuerKey;
}

describe("verifySnp", function () {
  this.timeout(60_000);

  for (const product of ["milan", "genoa", "turin"] as const) {
    for (const kind of ["vcek", "vlek"] as const) {
      it(`default: a ${product}'s report by its ${kind.toUpperCase()}`, async () => {
        const of = chip(product, kind);
        const verdict = await verify(report({}, of), {}, of);
        if (verdict.verdict !== "accept") throw new Error(`${verdict.rule}: ${verdict.detail}`);
        expect(verdict).to.deep.include({ kind: "snp", status: null, advisories: [], validUntil: 2_429_913_600 });
        expect(verdict.reportData).to.equal(`0x${Buffer.from(reportData).toString("hex")}`);
        expect(verdict.measurements).to.include({ measurement: `0x${Buffer.from(measurement).toString("hex")}` });
        expect(verdict.platform).to.deep.include({ maker: "amd", product });
        expect("cspId" in verdict.platform).to.equal(kind === "vlek");
        expect(verdict.fields).to.include({
          product,
          verified: true,
          policy: "0x30000",
          key_info: kind === "vcek" ? "0x0" : "0x4",
        });
      });
    }
  }

  it("behavior: each version from 2 to 5, and what came with it", async () => {
    for (const version of [2, 3, 4, 5])
      expect(await verify(report({ version })), `${version}`).to.include({ verdict: "accept" });
    for (const version of [4, 5]) {
      expect(await verify(report({ version, change: write(0x1f8, ...Array(16).fill(7)) }))).to.include({
        verdict: "accept",
      });
    }
    // A report of version 2 does not name its processor: the certificate does, for Turin's layout too.
    expect(await verify(report({ version: 2 }, chip("turin")), {}, chip("turin"))).to.include({ verdict: "accept" });
  });

  it("behavior: a VLEK's report from a host that masks its chip id", async () => {
    const of = chip("genoa", "vlek");
    expect(await verify(report({ chipId: new Uint8Array(64) }, of), {}, of)).to.include({ verdict: "accept" });
  });

  it("behavior: what the policy takes: other levels, migration, a TCB that is just enough", async () => {
    for (const vmpl of [0, 1, 2, 3]) expect(await verify(report({ vmpl }))).to.include({ verdict: "accept" });
    const migrates = report({ policy: 0x30000n | (1n << 18n) });
    expect(await verify(migrates, { policy: { allowMigrationAgent: true } })).to.include({ verdict: "accept" });
    expect(await verify(report(), { policy: { minimumTcb: { milan: milanTcb, turin: { fmc: 255 } } } })).to.include({
      verdict: "accept",
    });
  });

  it("behavior: a revocation list that is current shortens the verdict's life", async () => {
    const crl = milan.crl({ nextUpdate: at + 1_000, revoked: [Uint8Array.of(9)] });
    expect(await verify(report(), listed(crl))).to.include({ verdict: "accept", validUntil: at + 1_000 });
  });

  it("behavior: a chip id in an octet string, and reserved versions that are missing", async () => {
    const own = Buffer.from(report().subarray(0x1a0, 0x1e0));
    const extensions = chipExtensions("milan", "vcek", own, milanTcb)
      .filter(({ oid }) => !/\.3\.[4-7]$/.test(oid))
      .map((each) => (each.oid.endsWith(".1.4") ? { ...each, value: Uint8Array.of(4, 64, ...own) } : each));
    expect(await verify(report(), changed("chip", { extensions }))).to.include({ verdict: "accept" });
  });

  const rules = Object.keys(attestationRules).filter((rule) => rule.startsWith("snp-"));
  it("behavior: every rule is broken below", () => expect(Object.keys(broken).sort()).to.deep.equal([...rules].sort()));
  for (const [rule, cases] of Object.entries(broken)) {
    for (const [name, bytes, more, of] of cases) {
      it(`error: ${rule}: ${name}`, async () => {
        const verdict = await verify(bytes(), more?.(), of);
        expect(verdict.verdict === "reject" ? `${verdict.rule}` : "accepted").to.equal(rule);
      });
    }
  }
});

describe("verifySnp: a report of AMD's hardware", () => {
  const files = (): SnpCertificates => {
    const pem = (name: string) => readPemBytes(vectorBytes(`virtee-sev/${name}`))[0] ?? new Uint8Array();
    return { chip: vectorBytes("virtee-sev/vcek_milan.der"), signer: pem("milan-ask.pem"), root: pem("milan-ark.pem") };
  };

  withVectors("virtee-sev/report_milan.hex", "every field, under AMD's root", async () => {
    const [wanted = {}] = JSON.parse(vectorText("sevsnp_fields.json")) as readonly Readonly<Record<string, unknown>>[];
    const { file: _, vcek: __, ...expected } = wanted;
    const verdict = await verifySnp(vectorBytes("virtee-sev/report_milan.hex"), { certificates: files(), at });
    expect(verdict.fields).to.deep.equal(expected);
    expect(verdict).to.include({ verdict: "accept", validUntil: 1_901_474_623 });
  });
});
