import { chainEvidenceOf, tdWorkloadId, workloadIdOf } from "@persona-protocol/sdk/attestation";
import {
  type CollateralContents,
  type CrlContents,
  makeCertificate,
  makeCrl,
  type Simulator,
  simulatedKey,
  simulatedTd,
  writeTdReport,
} from "@persona-protocol/sdk/attestation/simulator";
import { concatBytes } from "@persona-protocol/sdk/crypto";
import { expect } from "chai";
import { bytesToHex, type Hex } from "viem";
import { chainWith, patched, resigned, seed, simulator } from "../../helpers/attestationScene.ts";
import { type AttestationScene, errorOf, rootFor, startAttestationScene } from "../../helpers/chainAttestation.ts";

const issuedAt = 1_750_000_000;
const day = 86_400;
const SIGNED_V4 = 632;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Evidence, certificates and texts of the simulator, each with the smallest change that a hostile sender would make. */
describe("simulated quotes on chain", function () {
  this.timeout(60_000);
  const sim = simulator();
  const opened: AttestationScene[] = [];
  after(() => Promise.all(opened.map((scene) => scene.close())));

  async function start(machine: Simulator = sim): Promise<AttestationScene> {
    const scene = await startAttestationScene({ timestamp: issuedAt + day, root: rootFor(machine) });
    opened.push(scene);
    return scene;
  }

  const platformOf = (machine: Simulator, tee: "tdx" | "sgx" = "tdx", contents: Partial<CollateralContents> = {}) => ({
    chain: machine.chain,
    collateral: machine.collateral({ tee, issuedAt, contents }),
  });

  async function fed(machine: Simulator = sim, tee: "tdx" | "sgx" = "tdx"): Promise<AttestationScene> {
    const scene = await start(machine);
    await scene.feed(platformOf(machine, tee));
    return scene;
  }

  const evidenceOf = (...contents: Parameters<Simulator["tdxQuote"]>) => chainEvidenceOf(sim.tdxQuote(...contents));

  describe("quotes", () => {
    let scene: AttestationScene;
    before(async () => {
      scene = await fed();
      await scene.submitTcb(sim.collateral({ tee: "sgx", issuedAt }));
    });
    const refusal = (evidence: Uint8Array) => errorOf(scene.verify(evidence));

    it("default: every kind is accepted", async () => {
      const quotes = [sim.tdxQuote({}), sim.tdxQuote({}, { version: 5 }), sim.tdxQuote({ td15: {} }), sim.sgxQuote({})];
      for (const quote of quotes) {
        const [measurement, reportData, validUntil, vendor] = await scene.verifyQuote(quote);
        expect(measurement).to.equal(workloadIdOf(quote));
        expect(reportData).to.equal(`0x${"00".repeat(64)}`);
        expect(validUntil).to.equal(issuedAt + 30 * day);
        expect(vendor).to.equal(0);
      }
      expect(await scene.read(scene.verifier, "kind")).to.equal(0);
      expect(await scene.read(scene.verifier, "simulated")).to.equal(true);
    });

    it("behavior: the measurement follows from image, configuration and machine, not from RTMR3", async () => {
      const one = new Uint8Array(48).fill(1);
      const measure = async (td: Parameters<Simulator["tdxQuote"]>[0]) => (await scene.verify(evidenceOf(td)))[0];
      const plain = await measure({});
      expect(plain).to.equal(tdWorkloadId(writeTdReport(simulatedTd({}))));
      const zero = new Uint8Array(48);
      for (const td of [
        { mrTd: one },
        { mrConfigId: one },
        { mrOwner: one },
        { mrOwnerConfig: one },
        { rtMr: [one] },
        { rtMr: [zero, one] },
        { rtMr: [zero, zero, one] },
        { tdAttributes: Uint8Array.of(0, 0, 0, 0x50) },
        { xfam: Uint8Array.of(0xe7) },
      ])
        expect(await measure(td), JSON.stringify(Object.keys(td))).to.not.equal(plain);
      expect(await measure({ rtMr: [zero, zero, zero, one] })).to.equal(plain);
    });

    it("behavior: a high s counts as a low one does, and nothing beyond the order", async () => {
      for (const version of [4, 5]) {
        const evidence = evidenceOf({}, { version });
        const end = version === 4 ? SIGNED_V4 : SIGNED_V4 + 6;
        for (const at of [end + 32, end + 512 + 32]) {
          const s = BigInt(bytesToHex(evidence.subarray(at, at + 32)));
          await scene.verify(patched(evidence, at, ...wordOf(N - s)));
        }
        expect(await refusal(patched(evidence, end + 32, ...wordOf(N)))).to.equal("QuoteSignatureInvalid");
        expect(await refusal(patched(evidence, end + 32, ...wordOf(0n)))).to.equal("QuoteSignatureInvalid");
      }
    });

    it("attack: a lite quote that is cut off, or has more behind it", async () => {
      const evidence = evidenceOf({});
      for (const bytes of [
        new Uint8Array(),
        evidence.subarray(0, 47),
        evidence.subarray(0, -1),
        evidence.subarray(0, 720),
        concatBytes(evidence, Uint8Array.of(0)),
        concatBytes(evidence, evidence),
      ])
        expect(await refusal(bytes)).to.equal("QuoteMalformed");
    });

    it("attack: another version, key type, TEE or vendor", async () => {
      const evidence = evidenceOf({});
      for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 27])
        expect(await refusal(patched(evidence, at, 0x7e)), `byte ${at}`).to.equal("QuoteMalformed");
      const five = evidenceOf({ td15: {} });
      for (const at of [48, 49, 50, 51, 52, 53])
        expect(await refusal(patched(five, at, 0x7e))).to.equal("QuoteMalformed");
      // An SGX body of version 5 is not taken.
      expect(await refusal(chainEvidenceOf(sim.sgxQuote({}, { version: 5 })))).to.equal("QuoteMalformed");
    });

    it("attack: a TD in debug mode, and one whose pages can be taken away unseen", async () => {
      for (const first of [1, 2, 0x80])
        expect(await refusal(evidenceOf({ tdAttributes: Uint8Array.of(first, 0, 0, 0x10) }))).to.equal(
          "QuoteInDebugMode",
        );
      expect(await refusal(evidenceOf({ tdAttributes: new Uint8Array(8) }))).to.equal("QuoteAttributesInvalid");
    });

    it("attack: an enclave in debug mode", async () => {
      const quote = sim.sgxQuote({ attributes: Uint8Array.of(7) });
      expect(await refusal(chainEvidenceOf(quote))).to.equal("QuoteInDebugMode");
    });

    it("attack: a module that Intel has not signed", async () => {
      for (const at of [0, 24, 47]) {
        const mrSignerSeam = patched(new Uint8Array(48), at, 1);
        expect(await refusal(evidenceOf({ mrSignerSeam }))).to.equal("QuoteModuleInvalid");
      }
      for (const at of [0, 7]) {
        const seamAttributes = patched(new Uint8Array(8), at, 1);
        expect(await refusal(evidenceOf({ seamAttributes }))).to.equal("QuoteModuleInvalid");
      }
    });

    it("attack: a TD with a service TD", async () => {
      for (const at of [0, 15, 16, 31, 32, 47]) {
        const mrServiceTd = patched(new Uint8Array(48), at, 1);
        expect(await refusal(evidenceOf({ td15: { mrServiceTd } }))).to.equal("QuoteServiceTd");
      }
    });

    it("attack: another quoting enclave", async () => {
      const qe = (change: object) => ({ qeReport: { ...qeOf(), ...change } });
      for (const change of [
        { mrSigner: new Uint8Array(32) },
        { isvProdId: 1 },
        { attributes: Uint8Array.of(0x13) },
        { attributes: Uint8Array.of(0x15, 1) },
        { miscSelect: 1 },
      ])
        expect(await refusal(evidenceOf({}, qe(change))), JSON.stringify(change)).to.equal("QeIdentityInvalid");
      expect(await refusal(evidenceOf({}, qe({ isvSvn: 6 })))).to.equal("TcbNotValid");
      // An SGX quoting enclave vouches for no TD.
      expect(await refusal(evidenceOf({}, qe({ isvProdId: 1 })))).to.equal("QeIdentityInvalid");
    });

    it("attack: a quoting enclave that vouches for another key, or for more than a key", async () => {
      const other = simulatedKey(seed, "another attestation key");
      const evidence = evidenceOf({});
      expect(await refusal(patched(evidence, SIGNED_V4 + 64, ...other.point))).to.equal("QuoteKeyNotVouchedFor");
      const reportData = concatBytes(
        evidence.subarray(SIGNED_V4 + 128 + 320, SIGNED_V4 + 128 + 352),
        patched(new Uint8Array(32), 31, 1),
      );
      expect(await refusal(evidenceOf({}, { qeReport: { ...qeOf(), reportData } }))).to.equal("QuoteKeyNotVouchedFor");
    });

    it("attack: signatures by other keys", async () => {
      const other = simulatedKey(seed, "another key");
      expect(await refusal(evidenceOf({}, { pckKey: other }))).to.equal("QeSignatureInvalid");
      const evidence = evidenceOf({});
      const signed = evidence.subarray(0, SIGNED_V4);
      expect(await refusal(patched(evidence, SIGNED_V4, ...other.sign(signed)))).to.equal("QuoteSignatureInvalid");
    });

    it("attack: a key that Intel has not certified", async () => {
      const made = simulatedKey(seed, "a PCK that nobody knows");
      const evidence = evidenceOf({}, { pckKey: made });
      expect(await refusal(patched(evidence, SIGNED_V4 + 608, ...made.point))).to.equal("PckNotValid");
    });

    it("attack: a module or a TDX below its level", async () => {
      const svn = (...first: number[]) => Uint8Array.from([...first, ...new Uint8Array(16 - first.length)]);
      for (const teeTcbSvn of [svn(5, 1, 3), svn(6, 1, 2), svn(6, 2, 3), svn(4, 0, 3), svn(0, 1, 3)])
        expect(await refusal(evidenceOf({ teeTcbSvn })), String(teeTcbSvn)).to.equal("TcbNotValid");
      for (const teeTcbSvn of [svn(6, 1, 3), svn(255, 1, 255), svn(5, 0, 3)])
        await scene.verify(evidenceOf({ teeTcbSvn }));
    });
  });

  describe("platforms", () => {
    it("attack: a PCK certificate by another CA, by the root, by another PCK, or by itself", async () => {
      const scene = await start();
      await scene.feed(platformOf(sim), ["registerPck"]);
      const { contents } = sim.pck;
      const { processorCa, root } = sim.pki;
      const own = simulatedKey(seed, "hostile CA");
      const wrong = {
        "Processor CA's key under the Platform CA's name": { issuerKey: processorCa.key },
        "the root's key": { issuerKey: root.key },
        "the root itself": { issuerKey: root.key, issuer: root.contents.subject },
        "a PCK key": { issuerKey: sim.pck.key },
        "a CA of the attacker's": { issuerKey: own },
      };
      for (const [name, change] of Object.entries(wrong)) {
        const error = await errorOf(scene.registerPck(makeCertificate({ ...contents, ...change })));
        expect(error, name).to.be.oneOf(["CertificateSignatureInvalid", "CertificateIssuerUnknown"]);
      }
      await scene.registerPck(sim.pck.der);
      expect(await errorOf(scene.registerPck(sim.pck.der))).to.equal("PckAlreadyRegistered");
    });

    it("attack: a PCK leaf certifies another PCK", async () => {
      const scene = await fed();
      const leaf = makeCertificate({
        ...sim.pck.contents,
        issuer: sim.pck.contents.subject,
        issuerKey: sim.pck.key,
        key: simulatedKey(seed, "under a leaf"),
      });
      expect(await errorOf(scene.registerPck(leaf))).to.equal("CertificateIssuerUnknown");
    });

    it("attack: a PCK leaf, a CA of the attacker's or a wrong role is registered as an authority", async () => {
      const scene = await start();
      const { platformCa, tcbSigner, root } = sim.pki;
      const underRoot = { issuer: root.contents.subject, issuerKey: root.key };
      const own = simulatedKey(seed, "hostile CA");
      expect(await errorOf(scene.registerAuthority(sim.pck.der))).to.equal("CertificateIssuerUnknown");
      for (const [change, wanted] of [
        [{ issuerKey: own }, "CertificateSignatureInvalid"],
        [{ subject: "Intel SGX PCK Certificate" }, "AuthorityRoleUnknown"],
        [{ isCa: false, usage: "sign", pathLength: undefined }, "AuthorityRoleUnknown"],
        [{ subject: "Intel SGX TCB Signing" }, "AuthorityRoleUnknown"],
        // A CA of CAs.
        [{ pathLength: 1 }, "DerInvalid"],
        [{ usage: "sign" }, "DerInvalid"],
        [{ notAfter: issuedAt }, "CertificateNotValidNow"],
        [{ notBefore: issuedAt + 30 * day }, "CertificateNotValidNow"],
      ] as const)
        expect(
          await errorOf(
            scene.registerAuthority(makeCertificate({ ...platformCa.contents, ...underRoot, ...change } as never)),
          ),
          JSON.stringify(change, (_, value) => (typeof value === "function" ? "" : value)),
        ).to.equal(wanted);
      const signer = makeCertificate({ ...tcbSigner.contents, subject: "Intel SGX PCK Platform CA" });
      expect(await errorOf(scene.registerAuthority(signer))).to.equal("AuthorityRoleUnknown");
    });

    it("attack: an old certificate of an authority takes the place of a newer one", async () => {
      const scene = await fed();
      const { platformCa } = sim.pki;
      expect(await errorOf(scene.registerAuthority(platformCa.der))).to.equal("AuthorityNotNewer");
      const key = simulatedKey(seed, "the next Platform CA");
      const newer = { ...platformCa.contents, key, notBefore: issuedAt, serial: Uint8Array.of(0x42) };
      await scene.registerAuthority(makeCertificate(newer));
      expect(await errorOf(scene.registerAuthority(platformCa.der))).to.equal("AuthorityNotNewer");
      // What it has certified under its old key is registered and stands; new ones are certified by the new key.
      await scene.verify(evidenceOf({}));
      const two = simulator({ platform: "two" });
      expect(await errorOf(scene.registerPck(two.pck.der))).to.equal("CertificateSignatureInvalid");
      await scene.registerPck(makeCertificate({ ...two.pck.contents, issuerKey: key }));
    });

    it("attack: foreign PCK extensions", async () => {
      const scene = await start();
      await scene.feed(platformOf(sim), ["registerPck"]);
      const [extension] = sim.pck.contents.extensions ?? [];
      if (extension === undefined) throw new Error("no extension");
      const register = (value: Uint8Array, count = 1) =>
        errorOf(
          scene.registerPck(
            makeCertificate({
              ...sim.pck.contents,
              extensions: Array.from({ length: count }, () => ({ oid: extension.oid, value })),
            }),
          ),
        );
      // The identifier of FMSPC, behind which another element follows: the first is not where it belongs.
      const { value } = extension;
      const fmspc = Buffer.from(value).indexOf(Buffer.from("060a2a864886f84d010d0104", "hex"));
      expect(fmspc).to.be.greaterThan(0);
      expect(await register(patched(value, fmspc + 11, 6))).to.equal("DerInvalid");
      expect(await register(value.subarray(0, -1))).to.equal("DerInvalid");
      expect(await register(concatBytes(value, Uint8Array.of(5, 0)))).to.equal("DerInvalid");
      expect(await register(value, 2)).to.equal("DerInvalid");
      expect(await register(value, 0)).to.equal("PckNotALeaf");
      // Each byte but those of values that may be anything: PPID, CPUSVN, FMSPC, kind of platform, instance.
      const refusedAt = async (at: number) => register(patched(value, at, (value[at] ?? 0) ^ 0x80));
      for (let at = 36; at < 60; at++) expect(await refusedAt(at), `byte ${at}`).to.not.equal(undefined);
    });

    it("attack: an FMSPC that is smuggled into another element", async () => {
      const scene = await start();
      await scene.feed(platformOf(sim), ["registerPck"]);
      // The instance of the platform is of any bytes: here those of an element with another FMSPC.
      const [extension] = sim.pck.contents.extensions ?? [];
      if (extension === undefined) throw new Error("no extension");
      const value = Uint8Array.from(extension.value);
      const instance = Buffer.from(value).indexOf(Buffer.from("060a2a864886f84d010d01060410", "hex")) + 14;
      value.set(Buffer.from("060a2a864886f84d010d0104", "hex"), instance);
      await scene.registerPck(makeCertificate({ ...sim.pck.contents, extensions: [{ oid: extension.oid, value }] }));
      const keyId = await scene.read<Hex>(scene.pcks, "keyIdOf", [1]);
      const [record] = await scene.read<readonly [{ fmspc: Hex; cpuSvn: Hex; pceSvn: number }]>(
        scene.pcks,
        "standingOf",
        [keyId],
      );
      expect(record.fmspc).to.equal(bytesToHex(sim.platform.fmspc));
      expect(record.pceSvn).to.equal(sim.platform.pceSvn);
      expect(record.cpuSvn).to.equal(bytesToHex(Uint8Array.from(sim.platform.components)));
    });

    it("behavior: components from 0 to 255 are read as they are", async () => {
      const components = [0, 1, 127, 128, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 254, 129];
      const machine = simulator({ platform: "wide", differs: { components, pceSvn: 0x8001, ca: "processor" } });
      const scene = await fed(machine);
      const [record] = await scene.read<readonly [{ cpuSvn: Hex; pceSvn: number }]>(scene.pcks, "standingOf", [
        await scene.read<Hex>(scene.pcks, "keyIdOf", [1]),
      ]);
      expect(record.cpuSvn).to.equal(bytesToHex(Uint8Array.from(components)));
      expect(record.pceSvn).to.equal(0x8001);
    });

    it("attack: a revoked PCK, before and after it was registered", async () => {
      const scene = await fed();
      const revoking = (at: number, serials: readonly Uint8Array[]) =>
        pckList(sim, { thisUpdate: at, nextUpdate: issuedAt + 30 * day, revoked: serials });
      await scene.submitRevocations(revoking(issuedAt + 1, [sim.pck.serial]));
      expect(await errorOf(scene.verify(evidenceOf({})))).to.equal("PckNotValid");
      // The list before, in which it was not: it is over.
      expect(await errorOf(scene.submitRevocations(revoking(issuedAt, [])))).to.equal("RevocationsOld");
      // A later one without it brings nothing back.
      await scene.submitRevocations(revoking(issuedAt + 2, []));
      expect(await errorOf(scene.verify(evidenceOf({})))).to.equal("PckNotValid");
      const two = simulator({ platform: "two" });
      await scene.submitRevocations(revoking(issuedAt + 3, [two.pck.serial]));
      expect(await errorOf(scene.registerPck(two.pck.der))).to.equal("CertificateRevoked");
    });

    it("behavior: a long list is done by parts, and counts when all of it is", async () => {
      const scene = await fed();
      const serials = Array.from({ length: 6 }, (_, index) => Uint8Array.of(1, index));
      const list = pckList(sim, {
        thisUpdate: issuedAt + 10,
        nextUpdate: issuedAt + 40 * day,
        revoked: [...serials, sim.pck.serial],
      });
      const submit = () => scene.send(scene.pcks, "submitRevocations", [bytesToHex(list), 3n]);
      await submit();
      await submit();
      await scene.verify(evidenceOf({}));
      await submit();
      expect(await errorOf(scene.verify(evidenceOf({})))).to.equal("PckNotValid");
    });

    it("attack: lists by other keys, expired ones, and those of a leaf", async () => {
      const scene = await fed();
      const { processorCa } = sim.pki;
      const times = { thisUpdate: issuedAt + 1, nextUpdate: issuedAt + 30 * day };
      for (const [change, wanted] of [
        [{ issuerKey: processorCa.key }, "CertificateSignatureInvalid"],
        [{ issuer: "Intel SGX PCK Certificate", issuerKey: sim.pck.key }, "CertificateIssuerUnknown"],
        [{ issuer: "Intel SGX TCB Signing", issuerKey: sim.pki.tcbSigner.key }, "CertificateIssuerUnknown"],
        [{ nextUpdate: issuedAt + day / 2 }, "RevocationsNotValidNow"],
        [{ thisUpdate: issuedAt + 20 * day }, "RevocationsNotValidNow"],
      ] as const)
        expect(await errorOf(scene.submitRevocations(pckList(sim, { ...times, ...change })))).to.equal(wanted);
    });

    it("attack: an expired list, PCK or level", async () => {
      for (const [change, wanted] of [
        [{ pckCrl: { nextUpdate: issuedAt + 2 * day } }, "PckNotValid"],
        [{ rootCrl: { nextUpdate: issuedAt + 2 * day } }, "PckNotValid"],
        [{ contents: { nextUpdate: issuedAt + 2 * day } }, "TcbNotValid"],
      ] as const) {
        const scene = await start();
        await scene.feed({ chain: sim.chain, collateral: sim.collateral({ tee: "tdx", issuedAt, ...change }) });
        const [, , validUntil] = await scene.verify(evidenceOf({}));
        expect(validUntil).to.equal(issuedAt + 2 * day);
        await scene.setTime(issuedAt + 2 * day);
        expect(await errorOf(scene.verify(evidenceOf({}))), wanted).to.equal(wanted);
      }
      const scene = await start();
      const [pck, ca, root] = chainWith(sim, { pck: { notAfter: issuedAt + 2 * day } });
      if (!pck || !ca || !root) throw new Error("no chain");
      await scene.feed({ ...platformOf(sim), chain: [pck, ca, root] });
      await scene.setTime(issuedAt + 2 * day);
      expect(await errorOf(scene.verify(evidenceOf({})))).to.equal("PckNotValid");
      expect(await errorOf(scene.registerPck(makeCertificate({ ...sim.pck.contents, notAfter: issuedAt })))).to.equal(
        "CertificateNotValidNow",
      );
    });

    it("attack: the root has revoked the CA, or the TCB signer", async () => {
      for (const [serial, wanted] of [
        [sim.pki.platformCa.serial, "PckNotValid"],
        [sim.pki.tcbSigner.serial, undefined],
      ] as const) {
        const scene = await fed();
        const { root } = sim.pki;
        const window = { thisUpdate: issuedAt + 1, nextUpdate: issuedAt + 30 * day, number: 1 };
        await scene.submitRevocations(
          makeCrl({ issuer: root.contents.subject, issuerKey: root.key, ...window, revoked: [serial] }),
        );
        expect(await errorOf(scene.verify(evidenceOf({})))).to.equal(wanted);
        const list = pckList(sim, { ...window, revoked: [] });
        await scene.submitRevocations(list);
        expect(await errorOf(scene.verify(evidenceOf({})))).to.equal(wanted);
        if (wanted === undefined)
          expect(await errorOf(scene.submitTcb(sim.collateral({ tee: "tdx", issuedAt: issuedAt + 1 })))).to.equal(
            "TcbSignerNotValid",
          );
        else expect(await errorOf(scene.registerAuthority(sim.pki.platformCa.der))).to.equal("CertificateRevoked");
      }
    });

    it("behavior: GUARD bans a platform, and no other key of it comes in", async () => {
      const scene = await fed();
      const keyId = await scene.read<Hex>(scene.pcks, "keyIdOf", [1]);
      const stranger = scene.account(5);
      expect(await errorOf(scene.send(scene.pcks, "banPlatform", [keyId], stranger))).to.equal(
        "AccessManagedUnauthorized",
      );
      await scene.send(scene.pcks, "banPlatform", [keyId]);
      expect(await errorOf(scene.verify(evidenceOf({})))).to.equal("PckNotValid");
      expect(await errorOf(scene.send(scene.pcks, "banPlatform", [keyId]))).to.equal("PckUnknown");
      const next = makeCertificate({
        ...sim.pck.contents,
        key: simulatedKey(seed, "next PCK"),
        serial: Uint8Array.of(9),
      });
      expect(await errorOf(scene.registerPck(next))).to.equal("PckPlatformBanned");
    });
  });

  describe("levels", () => {
    it("attack: texts by another signer, of another kind, or changed", async () => {
      const scene = await start();
      await scene.feed(platformOf(sim), ["submitTcb"]);
      const good = sim.collateral({ tee: "tdx", issuedAt });
      const sgx = sim.collateral({ tee: "sgx", issuedAt });
      const other = simulator({ platform: "two" });
      const byPck = resigned(sim, good, "tcbInfo", () => {}, sim.pck.key);
      expect(await errorOf(scene.submitTcb(byPck))).to.equal("TcbSignatureInvalid");
      expect(await errorOf(scene.submitTcb(resigned(sim, good, "qeIdentity", () => {}, other.pck.key)))).to.equal(
        "TcbSignatureInvalid",
      );
      const mixed = { ...good, qeIdentity: sgx.qeIdentity, qeIdentitySignature: sgx.qeIdentitySignature };
      expect(await errorOf(scene.submitTcb(mixed))).to.equal("TcbTextsMismatched");
      // One text in the other's place, both of them signed by the right key.
      const swapped = {
        ...good,
        tcbInfo: good.qeIdentity,
        tcbInfoSignature: good.qeIdentitySignature,
        qeIdentity: good.tcbInfo,
        qeIdentitySignature: good.tcbInfoSignature,
      };
      expect(await errorOf(scene.submitTcb(swapped))).to.equal("TextUnexpected");
      const short = { ...good, tcbInfoSignature: good.tcbInfoSignature.subarray(0, 63) };
      expect(await errorOf(scene.submitTcb(short))).to.equal("TcbSignatureInvalid");
    });

    it("error: members that are missing, added, in another order or of another kind", async () => {
      const scene = await start();
      await scene.feed(platformOf(sim), ["submitTcb"]);
      const good = sim.collateral({ tee: "tdx", issuedAt });
      const unexpected = async (name: "tcbInfo" | "qeIdentity", change: (json: Record<string, unknown>) => void) =>
        errorOf(scene.submitTcb(resigned(sim, good, name, change)));
      for (const name of ["id", "version", "issueDate", "nextUpdate", "fmspc", "tcbType", "tdxModule", "tcbLevels"])
        expect(await unexpected("tcbInfo", (json) => delete json[name]), name).to.equal("TextUnexpected");
      for (const name of ["id", "miscselect", "attributes", "attributesMask", "mrsigner", "isvprodid", "tcbLevels"])
        expect(await unexpected("qeIdentity", (json) => delete json[name]), name).to.equal("TextUnexpected");
      for (const [name, value] of [
        ["version", 4],
        ["pceId", "0001"],
        ["tcbType", 1],
        ["issueDate", "2025-06-15 15:06:40Z"],
        ["tcbEvaluationDataNumber", -1],
        ["fmspc", "00de7e570000"],
      ] as const)
        expect(await unexpected("tcbInfo", (json) => Object.assign(json, { [name]: value })), name).to.equal(
          "TextUnexpected",
        );
      expect(await unexpected("qeIdentity", (json) => Object.assign(json, { more: 1 }))).to.equal("TextUnexpected");
      expect(await unexpected("qeIdentity", (json) => Object.assign(json, { mrsigner: "00".repeat(32) }))).to.equal(
        "TcbQeSignerUnknown",
      );
    });

    it("attack: another evaluation, an older text, a text that is due or not yet issued", async () => {
      const scene = await fed();
      const text = (at: number, contents: Partial<CollateralContents> = {}) =>
        errorOf(scene.submitTcb(sim.collateral({ tee: "tdx", issuedAt: at, contents })));
      expect(await text(issuedAt, { evaluation: 17 })).to.equal("TcbEvaluationOther");
      expect(await text(issuedAt, { evaluation: 19 })).to.equal("TcbEvaluationOther");
      expect(await text(issuedAt - 1)).to.equal("TcbLevelNotNewer");
      expect(await text(issuedAt + 20 * day)).to.equal("TcbTextNotValidNow");
      expect(await text(issuedAt - 40 * day)).to.equal("TcbTextNotValidNow");
      expect(await text(issuedAt + 1)).to.equal(undefined);
    });

    it("behavior: what was asked before suffices for the grace, not longer, and not at all where there is none", async () => {
      const more = (at: number, evaluation: number) => {
        const good = sim.collateral({ tee: "tdx", issuedAt: at, contents: { evaluation } });
        return resigned(sim, good, "tcbInfo", (json) => {
          const [first] = json["tcbLevels"] as [{ tcb: { pcesvn: number } }];
          first.tcb.pcesvn = 14;
        });
      };
      const scene = await fed();
      await scene.send(scene.tcbs, "raiseEvaluation", [19, 14 * day]);
      await scene.submitTcb(more(issuedAt + 2, 19));
      const [, , validUntil] = await scene.verify(evidenceOf({}));
      expect(validUntil).to.be.within(issuedAt + 15 * day, issuedAt + 15 * day + 60);
      // Bringing it again does not prolong anything.
      await scene.setTime(issuedAt + 5 * day);
      await scene.submitTcb(more(issuedAt + 4, 19));
      expect((await scene.verify(evidenceOf({})))[2]).to.equal(validUntil);
      await scene.setTime(Number(validUntil));
      expect(await errorOf(scene.verify(evidenceOf({})))).to.equal("TcbNotValid");

      const urgent = await fed();
      await urgent.send(urgent.tcbs, "raiseEvaluation", [19, 0]);
      await urgent.submitTcb(more(issuedAt + 2, 19));
      expect(await errorOf(urgent.verify(evidenceOf({})))).to.equal("TcbNotValid");

      const ended = await fed();
      await ended.send(ended.tcbs, "raiseEvaluation", [19, 14 * day]);
      await ended.submitTcb(more(issuedAt + 2, 19));
      await ended.send(ended.tcbs, "endGrace", [bytesToHex(sim.platform.fmspc), true]);
      expect(await errorOf(ended.verify(evidenceOf({})))).to.equal("TcbNotValid");
    });

    it("behavior: GUARD bans a model for ever", async () => {
      const scene = await fed();
      await scene.send(scene.tcbs, "banModel", [bytesToHex(sim.platform.fmspc)]);
      expect(await errorOf(scene.verify(evidenceOf({})))).to.equal("TcbNotValid");
      const later = sim.collateral({ tee: "tdx", issuedAt: issuedAt + 1 });
      expect(await errorOf(scene.submitTcb(later))).to.equal("TcbModelIsBanned");
    });

    it("error: evaluations go up by GUARD and down by GOVERNOR, and a grace has an end", async () => {
      const scene = await start();
      const call = (name: string, args: readonly unknown[], from = scene.account(0)) =>
        errorOf(scene.send(scene.tcbs, name, args, from));
      expect(await call("raiseEvaluation", [17, 0])).to.equal("TcbEvaluationNotHigher");
      expect(await call("raiseEvaluation", [19, 31 * day])).to.equal("TcbGraceTooLong");
      expect(await call("lowerEvaluation", [18])).to.equal("TcbEvaluationNotLower");
      expect(await call("lowerEvaluation", [17])).to.equal(undefined);
      expect(await scene.read(scene.tcbs, "evaluation")).to.equal(17);
      const stranger = scene.account(5);
      for (const [name, args] of [
        ["raiseEvaluation", [20, 0]],
        ["lowerEvaluation", [1]],
        ["endGrace", ["0x00de7e570000", true]],
        ["banModel", ["0x00de7e570000"]],
        ["allowAdvisory", ["INTEL-SA-00615"]],
        ["removeAdvisory", ["INTEL-SA-00615"]],
      ] as const)
        expect(await call(name, args, stranger), name).to.equal("AccessManagedUnauthorized");
      const zero = { cpuSvn: `0x${"00".repeat(16)}`, teeTcbSvn: `0x${"00".repeat(16)}`, pceSvn: 0, qeSvn: 0 };
      const level = { ...zero, evaluation: 0, issuedAt: 1, validUntil: 2 ** 40 - 1, modules: 0n };
      const set = scene.send(scene.pcks, "setLevel", ["0x00de7e570000", true, level, level]);
      expect(await errorOf(set)).to.equal("PckCallerNotPolicy");
    });
  });

  const qeOf = () => ({
    attributes: Uint8Array.from(Buffer.from("1500000000000000e700000000000000", "hex")),
    mrSigner: Uint8Array.from(Buffer.from(rootFor(sim).tdQeSigner.slice(2), "hex")),
    isvProdId: 2,
    isvSvn: 7,
  });
});

function pckList(sim: Simulator, changes: Partial<CrlContents>): Uint8Array {
  const { platformCa } = sim.pki;
  return makeCrl({
    issuer: platformCa.contents.subject,
    issuerKey: platformCa.key,
    thisUpdate: issuedAt,
    nextUpdate: issuedAt + 30 * day,
    number: 1,
    revoked: [],
    ...changes,
  });
}

const wordOf = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
