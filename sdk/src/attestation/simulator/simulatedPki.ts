import type { Hex } from "viem";
import { concatBytes, sha256, toHex, utf8 } from "../../crypto/index.ts";
import { intelNames, PCK_EXTENSION_OID } from "../dcap/intelNames.ts";
import { type CertificateContents, makeCertificate } from "./makeCertificate.ts";
import { type SimulatedKey, simulatedKey } from "./simulatedKey.ts";
import { type SimulatedPlatform, writePckExtension } from "./simulatedPlatform.ts";

export type SimulatedCertificate = {
  readonly der: Uint8Array;
  readonly key: SimulatedKey;
  /** Big-endian, 20 bytes. */
  readonly serial: Uint8Array;
  /** What it was made of: a test changes one value and makes it again. */
  readonly contents: CertificateContents;
};

/**
 * A development PKI in the form of Intel's, every byte of it derived from the seed. Common names are Intel's, or no verifier
 * could be tested with it; the organisation says that it is not Intel's, and its root is never a pinned one of a public chain.
 */
export type SimulatedPki = {
  readonly root: SimulatedCertificate;
  /** SHA-256 of the root's DER: `DcapPolicy.rootFingerprint`. */
  readonly rootFingerprint: Hex;
  readonly platformCa: SimulatedCertificate;
  readonly processorCa: SimulatedCertificate;
  readonly tcbSigner: SimulatedCertificate;
  /** The PCK certificate of a platform. */
  pck(platform: SimulatedPlatform): SimulatedCertificate;
};

/** 2018-05-21 and 2049-12-31, as Intel's root; the CAs and PCK certificates until 2040. */
const NOT_BEFORE = 1_526_860_800;
const ROOT_NOT_AFTER = 2_524_607_999;
const NOT_AFTER = 2_208_988_800;

/** Made once for each certificate, when it is asked for: an enclave needs three of them. */
export function createSimulatedPki(seed: Uint8Array): SimulatedPki {
  const issue = (
    label: string,
    issuer: SimulatedCertificate | undefined,
    contents: Pick<CertificateContents, "subject" | "isCa" | "usage"> & Partial<CertificateContents>,
  ): SimulatedCertificate => {
    const key = simulatedKey(seed, label);
    const serial = serialOf(seed, label);
    const all: CertificateContents = {
      serial,
      issuer: issuer?.contents.subject ?? contents.subject,
      key,
      issuerKey: issuer?.key ?? key,
      notBefore: NOT_BEFORE,
      notAfter: issuer === undefined ? ROOT_NOT_AFTER : NOT_AFTER,
      ...contents,
    };
    return { der: makeCertificate(all), key, serial, contents: all };
  };
  const ca = { isCa: true, usage: "issue" } as const;
  const leaf = { isCa: false, usage: "sign" } as const;
  const root = once(() => issue("root", undefined, { ...ca, subject: intelNames.root, pathLength: 1 }));
  const below = (label: string, subject: string): (() => SimulatedCertificate) =>
    once(() => issue(label, root(), { ...ca, subject, pathLength: 0 }));
  const platformCa = below("platform-ca", intelNames.platformCa);
  const processorCa = below("processor-ca", intelNames.processorCa);
  const tcbSigner = once(() => issue("tcb-signer", root(), { ...leaf, subject: intelNames.tcbSigner }));
  const rootFingerprint = once(() => toHex(sha256(root().der)));
  return {
    get root() {
      return root();
    },
    get rootFingerprint() {
      return rootFingerprint();
    },
    get platformCa() {
      return platformCa();
    },
    get processorCa() {
      return processorCa();
    },
    get tcbSigner() {
      return tcbSigner();
    },
    pck: (platform) =>
      issue(`pck/${toHex(platform.ppid)}`, platform.ca === "platform" ? platformCa() : processorCa(), {
        ...leaf,
        subject: intelNames.pck,
        extensions: [{ oid: PCK_EXTENSION_OID, value: writePckExtension(platform) }],
      }),
  };
}

/** Positive, and of 20 bytes whatever the seed. */
function serialOf(seed: Uint8Array, label: string): Uint8Array {
  const serial = sha256(concatBytes(utf8(`persona/simulated-serial/v1/${label}/`), seed)).slice(0, 20);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
