import {
  type AttestationRule,
  attestationRules,
  type NitroPolicy,
  verifyNitro,
} from "@persona-protocol/sdk/attestation";
import {
  type CertificateContents,
  createSimulatedNitro,
  type NitroContents,
  simulatedKey,
  simulatedP384Key,
} from "@persona-protocol/sdk/attestation/simulator";
import * as cborg from "cborg";
import { expect } from "chai";
import { vectorBytes, vectorText, withVectors } from "../../../helpers/attestationVectors.ts";
import { createRandom, testSeed } from "../../../helpers/random.ts";

const random = createRandom(testSeed());
const seed = random.bytes(32);
const nitro = createSimulatedNitro(seed);
const userData = random.bytes(64);
const timestamp = 1_760_000_000_123;
const policy: NitroPolicy = { rootFingerprint: nitro.rootFingerprint };
const document = (contents: Partial<NitroContents> = {}) => nitro.document({ userData, timestamp, ...contents });
const verify = (bytes: Uint8Array, more: { at?: number; policy?: NitroPolicy } = {}) =>
  verifyNitro(bytes, { ...more, policy: { ...policy, ...more.policy } });

/** The document changed at one certificate of its chain: 0 is the root, 4 signs. */
const certificate = (at: number, change: Partial<CertificateContents>) =>
  document({ certificate: (contents, index) => (index === at ? { ...contents, ...change } : contents) });
const fields = (values: Readonly<Record<string, unknown>>) => document({ fields: values });
const again = (change: (parts: unknown[]) => unknown) =>
  cborg.encode(change(cborg.decode(document(), { useMaps: true })));
const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes.at(at) ?? 0) ^ 1);
const pcrs = (values: Readonly<Record<number, Uint8Array>>) => {
  const full = Object.fromEntries(
    Array.from({ length: 16 }, (_, index) => [index, new Uint8Array(48).fill(index + 1)]),
  );
  return document({ pcrs: { ...full, ...values } });
};
const second = Math.floor(timestamp / 1_000);

type Case = readonly [name: string, bytes: () => Uint8Array, more?: { at?: number; policy?: NitroPolicy }];

/** Of each rule, the smallest changes that break it. */
const broken: Partial<Record<AttestationRule, readonly Case[]>> = {
  "nitro-size": [
    ["empty", () => new Uint8Array()],
    ["a byte too long", () => new Uint8Array(16_385)],
  ],
  "nitro-cose": [
    ["a byte behind it", () => Uint8Array.of(...document(), 0)],
    ["cut off", () => document().slice(0, -1)],
    ["another tag", () => Uint8Array.of(0xd1, ...document())],
    ["the tag twice", () => Uint8Array.of(0xd2, 0xd2, ...document())],
    ["three parts", () => again((parts) => parts.slice(0, 3))],
    ["five parts", () => again((parts) => [...parts, 0])],
    ["a map", () => cborg.encode(new Map([[1, 2]]))],
    ["ES256", () => document({ protectedHeader: Uint8Array.of(0xa1, 0x01, 0x26) })],
    ["ES384 in two bytes more", () => document({ protectedHeader: Uint8Array.of(0xa1, 0x01, 0x39, 0x00, 0x22) })],
    ["a header that is a map", () => again(([, ...rest]) => [new Map([[1, -35]]), ...rest])],
    ["an unprotected header", () => document({ unprotected: new Map([[4, userData]]) })],
    ["no payload", () => again(([header, empty, , signature]) => [header, empty, null, signature])],
    ["an empty payload", () => again(([a, b, , d]) => [a, b, new Uint8Array(), d])],
    ["a signature of 95 bytes", () => again(([a, b, c, d]) => [a, b, c, (d as Uint8Array).slice(1)])],
    ["an array of indefinite length", () => Uint8Array.of(0x9f, ...document().slice(1), 0xff)],
    ["a length that is not the shortest", () => Uint8Array.of(0x98, 4, ...document().slice(1))],
    ["nested deeper than any stack", () => new Uint8Array(16_000).fill(0x81)],
  ],
  "nitro-payload": [
    ["a list", () => document({ payload: () => cborg.encode([1]) })],
    ["a byte behind it", () => document({ payload: (bytes) => Uint8Array.of(...bytes, 0) })],
    ["a field twice", () => document({ payload: twice })],
    ["a field that Amazon has not", () => fields({ more: 1 })],
    ["a key that is a number", () => document({ payload: () => cborg.encode(new Map([[1, 2]])) })],
    ["no time", () => fields({ timestamp: undefined })],
    ["a time that is text", () => fields({ timestamp: "now" })],
    ["a time of half a millisecond", () => fields({ timestamp: timestamp + 0.5 })],
    ["a time beyond exact numbers", () => fields({ timestamp: 2n ** 60n })],
    ["a module id of bytes", () => fields({ module_id: userData })],
    ["no digest", () => fields({ digest: undefined })],
    ["user data of text", () => fields({ user_data: "text" })],
    ["PCRs in a list", () => fields({ pcrs: [userData] })],
    ["a PCR by name", () => fields({ pcrs: new Map([["0", userData]]) })],
    ["a PCR of text", () => fields({ pcrs: new Map([[0, "zero"]]) })],
    ["no certificate", () => fields({ certificate: undefined })],
    ["a bundle that is bytes", () => fields({ cabundle: userData })],
    ["a bundle of text", () => fields({ cabundle: ["text"] })],
  ],
  "nitro-limits": [
    ["no module id", () => fields({ module_id: "" })],
    ["a module id with a line end", () => fields({ module_id: "i-0\n" })],
    ["a module id of 129 characters", () => fields({ module_id: "i".repeat(129) })],
    ["SHA256", () => fields({ digest: "SHA256" })],
    ["time zero", () => fields({ timestamp: 0 })],
    ["a negative time", () => fields({ timestamp: -1 })],
    ["the year 10,000", () => fields({ timestamp: 253_402_300_800_000 })],
    ["an empty bundle", () => fields({ cabundle: [] })],
    ["nine authorities", () => fields({ cabundle: Array(9).fill(userData) })],
    ["an empty authority", () => fields({ cabundle: [new Uint8Array()] })],
    ["an authority of 1,025 bytes", () => fields({ cabundle: [new Uint8Array(1_025)] })],
    ["a certificate of 1,025 bytes", () => fields({ certificate: new Uint8Array(1_025) })],
    ["an empty public key", () => fields({ public_key: new Uint8Array() })],
    ["a public key of 1,025 bytes", () => fields({ public_key: new Uint8Array(1_025) })],
    ["user data of 513 bytes", () => fields({ user_data: new Uint8Array(513) })],
    ["a nonce of 513 bytes", () => fields({ nonce: new Uint8Array(513) })],
  ],
  "nitro-pcrs": [
    ["PCR 32", () => pcrs({ 32: new Uint8Array(48) })],
    ["PCR -1", () => fields({ pcrs: new Map([[-1, new Uint8Array(48)]]) })],
    ["a PCR of SHA-256", () => pcrs({ 5: new Uint8Array(32) })],
    ["a PCR of SHA-512", () => pcrs({ 5: new Uint8Array(64) })],
    ["no PCR 2", () => document({ pcrs: { 0: new Uint8Array(48).fill(1), 1: new Uint8Array(48).fill(1) } })],
    ["no PCR at all", () => document({ pcrs: {} })],
  ],
  "nitro-root": [
    ["another root of the same name", () => createSimulatedNitro(random.bytes(32)).document()],
    ["the pinned root behind another", () => certificate(0, { notAfter: 2_000_000_000 })],
    ["the pinned root alone missing", () => fields({ cabundle: [userData] })],
  ],
  "nitro-chain-format": [
    ["a signing certificate that is none", () => fields({ certificate: userData })],
    ["a key of P-256", () => certificate(4, { key: simulatedKey(seed, "x") })],
    ["a signature by P-256", () => certificate(3, { issuerKey: simulatedKey(seed, "x") })],
    ["a serial number of 21 bytes", () => certificate(2, { serial: new Uint8Array(21).fill(1) })],
  ],
  "nitro-chain-issuer": [1, 2, 3, 4].map(
    (at): Case => [`of certificate ${at}`, () => certificate(at, { issuer: "aws.nitro-enclave" })],
  ),
  "nitro-chain-ca": [
    ["an authority that is none", () => certificate(2, { isCa: false })],
    ["an authority that may only sign", () => certificate(2, { usage: "sign" })],
    ["a signing certificate that is an authority", () => certificate(4, { isCa: true })],
    ["a signing certificate that may not sign", () => certificate(4, { usage: "issue" })],
    ["a path that is too short", () => certificate(1, { pathLength: 1 })],
  ],
  "nitro-chain-validity": [
    ["asked before its signing certificate", document, { at: second - 4 }],
    ["asked after its signing certificate", document, { at: second + 3 * 3_600 - 2 }],
    ...[1, 2, 3, 4].map((at): Case => [`certificate ${at} is over`, () => certificate(at, { notAfter: second - 1 })]),
    ...[1, 2, 3, 4].map(
      (at): Case => [`certificate ${at} is to come`, () => certificate(at, { notBefore: second + 1 })],
    ),
  ],
  "nitro-chain-signature": [1, 2, 3, 4].map(
    (at): Case => [`of certificate ${at}`, () => certificate(at, { issuerKey: simulatedP384Key(seed, "other") })],
  ),
  "nitro-signature": [
    ["another signature", () => flipped(document(), -1)],
    ["signed by another key", () => certificate(4, { key: simulatedP384Key(seed, "other") })],
    ["signed by its issuer's key", () => certificate(4, { key: simulatedP384Key(seed, "nitro/aws.nitro-enclaves") })],
    ["zeros", () => again(([a, b, c]) => [a, b, c, new Uint8Array(96)])],
  ],
  "nitro-debug": [
    [
      "PCRs 0 to 2 of a debug enclave",
      () => pcrs({ 0: new Uint8Array(48), 1: new Uint8Array(48), 2: new Uint8Array(48) }),
    ],
  ],
  "nitro-age": [
    ["a second too old", document, { at: second + 302, policy: { maxAgeSeconds: 300 } }],
    [
      "from the future",
      () => certificate(4, { notBefore: second - 100 }),
      { at: second - 62, policy: { maxAgeSeconds: 300 } },
    ],
  ],
};

/** The payload's map with its first entry once more at its end. */
function twice(payload: Uint8Array): Uint8Array {
  const entry = Uint8Array.of(...cborg.encode("digest"), ...cborg.encode("SHA384"));
  return Uint8Array.of((payload[0] ?? 0) + 1, ...payload.subarray(1), ...entry);
}

describe("verifyNitro", () => {
  it("default: what a document says, and until when it holds", async () => {
    const bytes = document({ nonce: Uint8Array.of(1, 2), publicKey: random.bytes(32) });
    const verdict = await verify(bytes);
    if (verdict.verdict !== "accept") throw new Error(`${verdict.rule}: ${verdict.detail}`);
    expect(verdict).to.include({ kind: "nitro", status: null, validUntil: second - 3 + 3 * 3_600 });
    expect(verdict.reportData).to.equal(`0x${Buffer.from(userData).toString("hex")}`);
    expect(verdict.platform).to.deep.include({ maker: "aws", timestamp });
    expect(Object.keys(verdict.measurements)).to.deep.equal(Array.from({ length: 16 }, (_, index) => `pcr${index}`));
    expect(verdict.fields).to.include({ nonce: "0102", digest: "SHA384", pcr_count: 16, chainLen: 5, verified: true });
    expect(Object.keys(verdict.fields["pcrs"] as object)).to.deep.equal(["0", "1", "2", "3", "4"]);
  });

  it("behavior: the tag changes nothing, and neither does the spelling of the payload's map", async () => {
    const [plain, tagged] = await Promise.all([verify(document()), verify(document({ tagged: true }))]);
    expect(plain).to.deep.include({ verdict: "accept" });
    expect({ ...tagged, fields: null }).to.deep.equal({ ...plain, fields: null });
    const indefinite = document({ payload: (bytes) => Uint8Array.of(0xbf, ...bytes.subarray(1), 0xff) });
    expect(await verify(indefinite)).to.include({ verdict: "accept" });
  });

  it("behavior: optional fields may be missing, and everything may be at its limit", async () => {
    const missing = fields({ public_key: undefined, user_data: undefined, nonce: undefined });
    expect(await verify(missing)).to.include({ verdict: "accept", reportData: "0x" });
    const full = { public_key: new Uint8Array(1_024), user_data: new Uint8Array(512), nonce: new Uint8Array(512) };
    expect(await verify(fields({ ...full, module_id: "i".repeat(128) }))).to.include({ verdict: "accept" });
    const zeroes = { 1: new Uint8Array(48), 2: new Uint8Array(48) };
    expect(await verify(pcrs(zeroes))).to.include({ verdict: "accept" });
  });

  it("behavior: at the first and the last second of its certificate, and at the policy's last second of age", async () => {
    for (const at of [second - 3, second + 3 * 3_600 - 3])
      expect(await verify(document(), { at })).to.include({ verdict: "accept" });
    const aged = await verify(document(), { at: second + 300, policy: { maxAgeSeconds: 300 } });
    expect(aged).to.include({ verdict: "accept" });
  });

  it("behavior: under Amazon's root, which is the default, nothing simulated is believed", async () => {
    expect(await verifyNitro(document())).to.include({ verdict: "reject", rule: "nitro-root" });
  });

  const rules = Object.keys(attestationRules).filter((rule) => rule.startsWith("nitro-"));
  it("behavior: every rule is broken below", () => expect(Object.keys(broken)).to.deep.equal(rules));
  for (const [rule, cases] of Object.entries(broken)) {
    for (const [name, bytes, more] of cases) {
      it(`error: ${rule}: ${name}`, async () => {
        const verdict = await verify(bytes(), more);
        expect(verdict.verdict === "reject" ? `${verdict.rule}` : "accepted").to.equal(rule);
      });
    }
  }
});

describe("verifyNitro: documents of Amazon's hardware", () => {
  const files = ["dstack_nitro_extracted.cose", "marlin_sample_attestation.bin", "sparsity_attestation_1.report"];
  for (const file of files) {
    withVectors(`nitro/${file}`, `every field of ${file}, and its verdict`, async () => {
      const wanted = (JSON.parse(vectorText("nitro_fields.json")) as readonly Readonly<Record<string, unknown>>[]).find(
        (row) => row["file"] === file,
      );
      const { file: _, ...expected } = wanted ?? {};
      const verdict = await verifyNitro(vectorBytes(`nitro/${file}`));
      expect(verdict.fields).to.deep.equal(expected);
      const debug = file.startsWith("sparsity");
      expect(verdict.verdict === "reject" ? verdict.rule : "accept").to.equal(debug ? "nitro-debug" : "accept");
    });
  }
});
