import { createHash, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import {
  isCrlOf,
  isCurrentAt,
  isIssuedBy,
  isValidAt,
  mayIssue,
  p256PublicKey,
  readCertificate,
  readChildren,
  readCrl,
  readDer,
  readEcdsaSignature,
  readOid,
  readPem,
  readSmall,
  readTime,
  readUnsigned,
  verifySignature,
} from "@persona-protocol/sdk/attestation";
import { makeCertificate, makeCrl, simulatedKey, writePem } from "@persona-protocol/sdk/attestation/simulator";
import { nodeCrypto } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import { nodeVerify, type SignatureParameters, webVerify } from "../../../sdk/src/attestation/x509/platformVerify.ts";
import { issuedAt, seed, simulator } from "../../helpers/attestationScene.ts";
import { vectorBytes, withVectors } from "../../helpers/attestationVectors.ts";
import { expectError } from "../../helpers/errors.ts";

const sim = simulator();
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const refuses = (read: () => unknown): Promise<unknown> => expectError("CERTIFICATE_INVALID", read);
const INTEGER = 0x02;
const SEQUENCE = 0x30;

describe("readDer", () => {
  it("default: short and long lengths", () => {
    expect(readDer(bytes("0401ff"), "x").content).to.deep.equal(bytes("ff"));
    const long = new Uint8Array(3 + 200);
    long.set([0x04, 0x81, 200]);
    expect(readDer(long, "x").content).to.have.length(200);
    expect(readChildren(readDer(bytes("3006020101020102"), "x"), SEQUENCE, "x")).to.have.length(2);
  });

  it("error: whatever has a second form, or does not fit", async () => {
    const broken = [
      ["", "nothing"],
      ["04", "no length"],
      ["0402ff", "too short"],
      ["0401ff00", "bytes behind it"],
      ["0480ff0000", "indefinite length"],
      ["048101ff", "a length that is not shortest"],
      [`04820080${"00".repeat(128)}`, "leading zero in a length"],
      ["0484ffffffff", "4 GiB"],
      ["1f8101ff", "a tag of several bytes"],
      ["048200", "ends inside a length"],
    ] as const;
    for (const [hex, why] of broken) await refuses(() => readDer(bytes(hex), why));
  });

  it("error: integers that are negative or not shortest, OIDs that do not end", async () => {
    const integer = (hex: string) => () => readUnsigned(readDer(bytes(hex), "x"), "x");
    for (const hex of ["0200", "020180", "0202007f"]) await refuses(integer(hex));
    expect(integer("02020080")()).to.deep.equal(bytes("80"));
    expect(integer("020100")()).to.deep.equal(bytes(""));
    expect(readSmall(readDer(bytes("020200ff"), "x"), "x", 255)).to.equal(255);
    await refuses(() => readSmall(readDer(bytes("02020100"), "x"), "x", 255));
    await refuses(() => readSmall(readDer(bytes("02050100000000"), "x"), "x", 0xffff_ffff));
    expect(readOid(readDer(bytes("060a2a864886f84d010d0102"), "x"), "x")).to.equal("1.2.840.113741.1.13.1.2");
    expect(readOid(readDer(bytes("0603883703"), "x"), "x")).to.equal("2.999.3");
    for (const hex of ["0600", "060188", "0602802a"]) await refuses(() => readOid(readDer(bytes(hex), "x"), "x"));
    await refuses(() => readUnsigned(readDer(bytes("0a0101"), "x"), "x", INTEGER));
  });

  it("default: times of both forms; error: times that there are not", async () => {
    const time = (tag: string, text: string) => () =>
      readTime(
        readDer(bytes(`${tag}${text.length.toString(16).padStart(2, "0")}${Buffer.from(text).toString("hex")}`), "x"),
        "x",
      );
    expect(time("17", "250206232551Z")()).to.equal(Date.UTC(2025, 1, 6, 23, 25, 51) / 1000);
    expect(time("17", "491231235959Z")()).to.equal(Date.UTC(2049, 11, 31, 23, 59, 59) / 1000);
    expect(time("17", "500101000000Z")()).to.equal(Date.UTC(1950, 0, 1) / 1000);
    expect(time("18", "20500101000000Z")()).to.equal(Date.UTC(2050, 0, 1) / 1000);
    for (const [tag, text] of [
      ["17", "250230000000Z"],
      ["17", "251301000000Z"],
      ["17", "250101240000Z"],
      ["17", "250101006000Z"],
      ["17", "250101000060Z"],
      ["17", "2501010000Z"],
      ["17", "250101000000+"],
      ["18", "20250101000000.5Z"],
      ["18", "2025010100000aZ"],
      ["04", "250101000000Z"],
    ] as const) {
      await refuses(time(tag, text));
    }
  });
});

describe("readCertificate", () => {
  it("default: what another reader reads", () => {
    for (const [der, isCa] of [
      [sim.pki.root.der, true],
      [sim.pki.platformCa.der, true],
      [sim.pki.tcbSigner.der, false],
      [sim.pck.der, false],
    ] as const) {
      const ours = readCertificate(der);
      const theirs = new X509Certificate(der);
      expect(ours.serial).to.equal(theirs.serialNumber.toLowerCase());
      expect(ours.notBefore).to.equal(Date.parse(theirs.validFrom) / 1000);
      expect(ours.notAfter).to.equal(Date.parse(theirs.validTo) / 1000);
      expect(theirs.subject).to.include(`CN=${ours.subject.commonName}`);
      expect(Buffer.from(ours.publicKey.spki)).to.deep.equal(theirs.publicKey.export({ type: "spki", format: "der" }));
      expect(mayIssue(ours)).to.equal(isCa).and.to.equal(theirs.ca);
    }
  });

  it("default: issued by whose key has signed it, under whose name", async () => {
    const [pck, ca, root] = sim.chain.map((der) => readCertificate(der));
    if (pck === undefined || ca === undefined || root === undefined) throw new Error("the chain is short");
    expect(await isIssuedBy(pck, ca)).to.equal(true);
    expect(await isIssuedBy(root, root)).to.equal(true);
    expect(await isIssuedBy(pck, root)).to.equal(false);
    expect(await isIssuedBy(pck, { ...ca, subject: root.subject })).to.equal(false);
    expect(await isIssuedBy(pck, { ...ca, publicKey: root.publicKey })).to.equal(false);
    expect([isValidAt(pck, pck.notBefore - 1), isValidAt(pck, pck.notBefore)]).to.deep.equal([false, true]);
    expect([isValidAt(pck, pck.notAfter), isValidAt(pck, pck.notAfter + 1)]).to.deep.equal([true, false]);
  });

  it("error: critical extensions that nobody here judges, and extensions that are there twice", async () => {
    const { contents } = sim.pck;
    const [extension] = contents.extensions ?? [];
    if (extension === undefined) throw new Error("there is no extension");
    await refuses(() => readCertificate(makeCertificate({ ...contents, extensions: [extension, extension] })));
    const mappings = { oid: "2.5.29.36", value: bytes("3000") };
    readCertificate(makeCertificate({ ...contents, extensions: [mappings] }));
    await refuses(() =>
      readCertificate(makeCertificate({ ...contents, extensions: [{ ...mappings, critical: true }] })),
    );
  });

  it("error: version 1, two algorithms, too long", async () => {
    const der = sim.pki.root.der;
    const version = Buffer.from(der).indexOf(Buffer.from("a003020102", "hex"));
    const older = Uint8Array.from(der);
    older[version + 4] = 0;
    await refuses(() => readCertificate(older));
    const algorithm = Buffer.from(der).lastIndexOf(Buffer.from("06082a8648ce3d040302", "hex"));
    const other = Uint8Array.from(der);
    other[algorithm + 9] = 3;
    await refuses(() => readCertificate(other));
    await refuses(() => readCertificate(new Uint8Array(20_000)));
  });

  withVectors("virtee-sev/milan-ark.pem", "default: AMD's roots by RSA-PSS, and its chip's key by P-384", async () => {
    const read = (name: string) => {
      const [der] = name.endsWith(".pem")
        ? readPem(Buffer.from(vectorBytes(name)).toString("latin1"))
        : [vectorBytes(name)];
      return readCertificate(der ?? new Uint8Array());
    };
    const [ark, ask] = [read("virtee-sev/milan-ark.pem"), read("virtee-sev/milan-ask.pem")];
    const vcek = read("virtee-sev/vcek_milan.der");
    expect(await isIssuedBy(ark, ark)).to.equal(true);
    expect(await isIssuedBy(ask, ark)).to.equal(true);
    expect(await isIssuedBy(vcek, ask)).to.equal(true);
    expect(await isIssuedBy(vcek, ark)).to.equal(false);
    expect([mayIssue(ark), mayIssue(ask), mayIssue(vcek)]).to.deep.equal([true, true, false]);
  });
});

describe("readCrl", () => {
  const { contents, key } = sim.pki.root;
  const list = { issuer: contents.subject, issuerKey: key, thisUpdate: issuedAt, nextUpdate: issuedAt + 10, number: 7 };

  it("default: entries, number, times, issuer", async () => {
    const crl = readCrl(makeCrl({ ...list, revoked: [sim.pck.serial, Uint8Array.of(0, 5)] }));
    expect([...crl.revoked]).to.deep.equal([Buffer.from(sim.pck.serial).toString("hex"), "05"]);
    expect(crl.number).to.equal(7n);
    expect([issuedAt - 1, issuedAt, issuedAt + 9, issuedAt + 10].map((now) => isCurrentAt(crl, now))).to.deep.equal([
      ...[false, true, true, false],
    ]);
    const root = readCertificate(sim.pki.root.der);
    expect(await isCrlOf(crl, root)).to.equal(true);
    expect(await isCrlOf(crl, readCertificate(sim.pki.platformCa.der))).to.equal(false);
    expect(await isCrlOf(crl, { ...root, isCa: false })).to.equal(false);
    expect(
      await isCrlOf(crl, { ...root, keyUsage: { digitalSignature: true, keyCertSign: true, crlSign: false } }),
    ).to.equal(false);
    expect(readCrl(makeCrl({ ...list, revoked: [] })).revoked.size).to.equal(0);
  });

  it("error: what is no list", async () => {
    await refuses(() => readCrl(sim.pki.root.der));
    await refuses(() => readCrl(new Uint8Array()));
  });
});

describe("readPem", () => {
  const text = writePem(...sim.chain);

  it("default: LF and CR LF, empty lines between, NULs behind", () => {
    for (const same of [
      text,
      text.replaceAll("\n", "\r\n"),
      `${text}\0`,
      `\n${text.replaceAll("-----END", "-----END")}\n`,
    ]) {
      expect(readPem(same).map((der) => Buffer.from(der).toString("hex"))).to.deep.equal(
        sim.chain.map((der) => Buffer.from(der).toString("hex")),
      );
    }
    expect(readPem("")).to.deep.equal([]);
  });

  it("error: text outside, a missing end, what is no base64, bits that belong to no byte", async () => {
    const [first = ""] = text.split("\n").slice(1);
    for (const broken of [
      `x${text}`,
      `${text}x`,
      `${text}\0\n`,
      text.slice(0, -30),
      text.replace(first, `${first.slice(0, -1)}*`),
      text.replace(first, first.slice(0, -1)),
      text.replace("-----END", "-----BEGIN CERTIFICATE-----\n-----END"),
      "-----BEGIN CERTIFICATE-----\nAB==\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    ]) {
      await refuses(() => readPem(broken));
    }
  });
});

describe("verifySignature", () => {
  const verifiers = { web: webVerify(), ...(nodeCrypto !== undefined && { node: nodeVerify(nodeCrypto) }) };
  const message = bytes("010203");
  const key = simulatedKey(seed, "signer");

  for (const [name, verify] of Object.entries(verifiers)) {
    const ofP256 = (signature: Uint8Array, point = key.point): SignatureParameters => ({
      ...{ algorithm: "ecdsa-sha256", key: p256PublicKey(point), signature, message },
    });

    it(`default: ${name}: P-256, high s as good as low s`, async () => {
      const signature = key.sign(message);
      const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
      const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`);
      const other = bytes(
        Buffer.from(signature.subarray(0, 32)).toString("hex") + (order - s).toString(16).padStart(64, "0"),
      );
      expect([await verify(ofP256(signature)), await verify(ofP256(other))]).to.deep.equal([true, true]);
    });

    it(`error: ${name}: zeros, r and s out of range, another message, a point off the curve`, async () => {
      const signature = key.sign(message);
      const large = Uint8Array.from(signature).fill(0xff, 32);
      const wrong = [new Uint8Array(64), large, Uint8Array.from(signature).fill(0, 32), key.sign(bytes("04"))];
      for (const each of wrong) expect(await verify(ofP256(each))).to.equal(false);
      const offCurve = Uint8Array.from(key.point);
      offCurve[63] = (offCurve[63] ?? 0) ^ 1;
      expect(await verify(ofP256(signature, offCurve))).to.equal(false);
      expect(await verify(ofP256(signature, new Uint8Array(64)))).to.equal(false);
    });

    it(`default: ${name}: P-384, and RSA-PSS with 48 bytes of salt only`, async () => {
      const ec = generateKeyPairSync("ec", { namedCurve: "P-384" });
      const spkiOf = (pair: typeof ec): Uint8Array =>
        Uint8Array.from(pair.publicKey.export({ type: "spki", format: "der" }));
      const p384 = Uint8Array.from(sign("sha384", message, { key: ec.privateKey, dsaEncoding: "ieee-p1363" }));
      const ofP384 = { algorithm: "ecdsa-sha384", key: { kind: "P-384", spki: spkiOf(ec) }, message } as const;
      expect(await verify({ ...ofP384, signature: p384 })).to.equal(true);
      expect(await verify({ ...ofP384, signature: new Uint8Array(96) })).to.equal(false);
      const rsa = generateKeyPairSync("rsa", { modulusLength: 4096 });
      const pss = (saltLength: number): Uint8Array =>
        Uint8Array.from(sign("sha384", message, { key: rsa.privateKey, padding: 6, saltLength }));
      const ofRsa = { algorithm: "rsa-pss-sha384", key: { kind: "RSA-4096", spki: spkiOf(rsa) }, message } as const;
      expect(await verify({ ...ofRsa, signature: pss(48) })).to.equal(true);
      expect(await verify({ ...ofRsa, signature: pss(32) })).to.equal(false);
    }).timeout(30_000);
  }

  it("error: a key of another kind, and signatures of another length", async () => {
    const signature = key.sign(message);
    const of = { algorithm: "ecdsa-sha256", key: p256PublicKey(key.point), message } as const;
    expect(await verifySignature({ ...of, signature })).to.equal(true);
    expect(await verifySignature({ ...of, signature, algorithm: "ecdsa-sha384" })).to.equal(false);
    for (const length of [0, 63, 65]) {
      const other = new Uint8Array(length);
      other.set(signature.subarray(0, length));
      expect(await verifySignature({ ...of, signature: other })).to.equal(false);
    }
    await refuses(() => p256PublicKey(new Uint8Array(63)));
    await refuses(() => readEcdsaSignature(bytes("3006020101020101ff"), 32, "x"));
    await refuses(() => readEcdsaSignature(bytes("3009020101020101020101"), 32, "x"));
    expect(
      createHash("sha256")
        .update(readEcdsaSignature(bytes("3006020101020102"), 32, "x"))
        .digest(),
    ).to.have.length(32);
  });
});
