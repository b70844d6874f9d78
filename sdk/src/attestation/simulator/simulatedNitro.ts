import * as cborg from "cborg";
import type { Hex } from "viem";
import { concatBytes, sha256, toHex, utf8 } from "../../crypto/index.ts";
import { type CertificateContents, makeCertificate } from "./makeCertificate.ts";
import { type SimulatedP384Key, simulatedP384Key } from "./simulatedP384Key.ts";

export type NitroContents = {
  readonly moduleId: string;
  /** Unix milliseconds. */
  readonly timestamp: number;
  readonly pcrs: Readonly<Record<number, Uint8Array>>;
  readonly publicKey: Uint8Array | null;
  readonly userData: Uint8Array | null;
  readonly nonce: Uint8Array | null;
  /** Puts other values into the payload, under Amazon's names or others; undefined takes one out. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Changes a certificate: 0 is the root, the last signs. */
  readonly certificate: (contents: CertificateContents, index: number) => CertificateContents;
  readonly unprotected: ReadonlyMap<unknown, unknown>;
  readonly protectedHeader: Uint8Array;
  readonly tagged: boolean;
  /** Writes the payload anew before it is signed. */
  readonly payload: (bytes: Uint8Array) => Uint8Array;
};

/** SIMULATED hypervisor: documents that are Amazon's in every byte but the keys, all from a seed. */
export type SimulatedNitro = {
  /** SHA-256 of the root's DER: `NitroPolicy.rootFingerprint`. */
  readonly rootFingerprint: Hex;
  document(contents?: Partial<NitroContents>): Uint8Array<ArrayBuffer>;
};

/** The chain of a region, a zone, an instance and an enclave. */
const names = [
  "aws.nitro-enclaves",
  "0123456789abcdef.eu-central-1.aws.nitro-enclaves",
  "fedcba9876543210.zonal.eu-central-1.aws.nitro-enclaves",
  "i-00000000000000000.eu-central-1.aws.nitro-enclaves",
  "i-00000000000000000-enc0000000000000000.eu-central-1.aws",
];
const DAY = 86_400;
/** How long each lives, and how long before the document it began. */
const lives = [30 * 365 * DAY, 20 * DAY, 5 * DAY, DAY, 3 * 3_600];
const ages = [5 * 365 * DAY, 2 * DAY, DAY, 3_600, 3];
const ES384 = Uint8Array.of(0xa1, 0x01, 0x38, 0x22);
const PCRS = 16;
/** The root's own time does not hang on the document, or its fingerprint would. */
const ROOT_NOT_BEFORE = 1_572_269_285;

export function createSimulatedNitro(seed: Uint8Array): SimulatedNitro {
  const keys = names.map((name) => simulatedP384Key(seed, `nitro/${name}`));
  const key = (index: number): SimulatedP384Key => keys[index] ?? simulatedP384Key(seed, `nitro/${index}`);
  const last = names.length - 1;
  const issue = (index: number, timestamp: number, change: NitroContents["certificate"]): Uint8Array<ArrayBuffer> => {
    const issuer = Math.max(index - 1, 0);
    const notBefore = index === 0 ? ROOT_NOT_BEFORE : Math.floor(timestamp / 1_000) - (ages[index] ?? 0);
    return makeCertificate(
      change(
        {
          subject: names[index] ?? "",
          issuer: names[issuer] ?? "",
          serial: sha256(concatBytes(utf8(`persona/simulated-nitro-serial/v1/${index}/`), seed)).slice(1, 17),
          key: key(index),
          issuerKey: key(issuer),
          notBefore,
          notAfter: notBefore + (lives[index] ?? 0),
          isCa: index < last,
          ...(index > 0 && index < last ? { pathLength: last - 1 - index } : {}),
          usage: index < last ? "issue" : "sign",
        },
        index,
      ),
    );
  };
  const root = issue(0, 0, (contents) => contents);
  return {
    rootFingerprint: toHex(sha256(root)),
    document(contents = {}) {
      const {
        moduleId = "i-00000000000000000-enc0000000000000000",
        timestamp = 1_760_000_000_000,
        pcrs = simulatedPcrs(seed),
        certificate = (each) => each,
        protectedHeader = ES384,
        unprotected = new Map(),
        tagged = false,
        fields = {},
        payload: rewrite = (bytes: Uint8Array) => bytes,
      } = contents;
      const chain = names.map((_, index) => issue(index, timestamp, certificate));
      const values: Readonly<Record<string, unknown>> = {
        module_id: moduleId,
        digest: "SHA384",
        timestamp,
        pcrs: new Map(Object.entries(pcrs).map(([index, register]) => [Number(index), register])),
        certificate: chain.at(-1),
        cabundle: chain.slice(0, -1),
        public_key: contents.publicKey ?? null,
        user_data: contents.userData ?? null,
        nonce: contents.nonce ?? null,
        ...fields,
      };
      const present = new Map(Object.entries(values).filter(([, value]) => value !== undefined));
      const payload = rewrite(cborg.encode(present));
      const signature = key(last).sign(cborg.encode(["Signature1", protectedHeader, new Uint8Array(), payload]));
      const document = cborg.encode([protectedHeader, unprotected, payload, signature]);
      return tagged ? concatBytes(Uint8Array.of(0xd2), document) : concatBytes(document);
    },
  };
}

/** An image that was measured: registers 0 to 4 as Amazon fills them, the others zero. */
function simulatedPcrs(seed: Uint8Array): Record<number, Uint8Array> {
  const register = (index: number): Uint8Array => {
    if (index > 4) return new Uint8Array(48);
    const digest = sha256(concatBytes(utf8(`persona/simulated-pcr/v1/${index}/`), seed));
    return concatBytes(digest, digest.subarray(0, 16));
  };
  return Object.fromEntries(Array.from({ length: PCRS }, (_, index) => [index, register(index)]));
}
