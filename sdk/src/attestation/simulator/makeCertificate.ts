import type { SimulatedKey } from "./simulatedKey.ts";
import {
  writeBits,
  writeBoolean,
  writeDer,
  writeNumber,
  writeOctets,
  writeOid,
  writeSequence,
  writeText,
  writeTime,
  writeUnsigned,
} from "./writeDer.ts";

const SIMULATOR_ORGANISATION = "Persona Protocol Simulator (NOT INTEL)";

/** A key that is certified, and certifies. */
export type CertificateKey = Pick<SimulatedKey, "spki" | "signDer"> & {
  /** AlgorithmIdentifier of its signatures. Default: ECDSA with SHA-256. */
  readonly algorithm?: Uint8Array;
};

/** keyUsage: certSign and crlSign, or digitalSignature and nonRepudiation. */
type SimulatedUsage = "issue" | "sign";

export type CertificateContents = {
  readonly subject: string;
  readonly issuer: string;
  /** Big-endian. */
  readonly serial: Uint8Array;
  readonly key: Pick<CertificateKey, "spki">;
  readonly issuerKey: CertificateKey;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isCa: boolean;
  readonly pathLength?: number;
  readonly usage: SimulatedUsage;
  readonly extensions?: readonly { readonly oid: string; readonly value: Uint8Array; readonly critical?: boolean }[];
};

const ECDSA_SHA256 = writeSequence(writeOid("1.2.840.10045.4.3.2"));

/** An X.509 v3 certificate in DER. */
export function makeCertificate(contents: CertificateContents): Uint8Array<ArrayBuffer> {
  const { subject, issuer, serial, key, issuerKey, isCa, pathLength, usage, extensions = [] } = contents;
  const algorithm = issuerKey.algorithm ?? ECDSA_SHA256;
  const constraints = isCa
    ? writeSequence(writeBoolean(true), ...(pathLength === undefined ? [] : [writeNumber(pathLength)]))
    : writeSequence();
  const tbs = writeSequence(
    writeDer(0xa0, writeNumber(2)),
    writeUnsigned(serial),
    algorithm,
    writeName(issuer),
    writeSequence(writeTime(contents.notBefore), writeTime(contents.notAfter)),
    writeName(subject),
    key.spki,
    writeDer(
      0xa3,
      writeSequence(
        writeExtension(
          "2.5.29.15",
          usage === "issue" ? writeBits(Uint8Array.of(0x06), 1) : writeBits(Uint8Array.of(0xc0), 6),
          true,
        ),
        writeExtension("2.5.29.19", constraints, true),
        ...extensions.map(({ oid, value, critical = false }) => writeExtension(oid, value, critical)),
      ),
    ),
  );
  return writeSequence(tbs, algorithm, writeBits(issuerKey.signDer(tbs)));
}

export type CrlContents = {
  readonly issuer: string;
  readonly issuerKey: CertificateKey;
  /** Unix seconds. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly number: number;
  /** Serial numbers, big-endian. */
  readonly revoked: readonly Uint8Array[];
};

/** An X.509 v2 revocation list in DER; without entries where nothing is revoked, as Intel's. */
export function makeCrl(contents: CrlContents): Uint8Array<ArrayBuffer> {
  const { issuer, issuerKey, thisUpdate, nextUpdate, number, revoked } = contents;
  const algorithm = issuerKey.algorithm ?? ECDSA_SHA256;
  const keyCompromise = writeSequence(writeExtension("2.5.29.21", writeNumber(1, 0x0a), false));
  const entries = revoked.map((serial) => writeSequence(writeUnsigned(serial), writeTime(thisUpdate), keyCompromise));
  const tbs = writeSequence(
    writeNumber(1),
    algorithm,
    writeName(issuer),
    writeTime(thisUpdate),
    writeTime(nextUpdate),
    ...(entries.length === 0 ? [] : [writeSequence(...entries)]),
    writeDer(0xa0, writeSequence(writeExtension("2.5.29.20", writeNumber(number), false))),
  );
  return writeSequence(tbs, algorithm, writeBits(issuerKey.signDer(tbs)));
}

/** PEM as OpenSSL writes it: lines of 64, each ended by LF. */
export function writePem(...certificates: readonly Uint8Array[]): string {
  return certificates
    .map((der) => {
      const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g) ?? [];
      return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
    })
    .join("");
}

function writeName(commonName: string): Uint8Array {
  const attribute = (oid: string, text: string): Uint8Array =>
    writeDer(0x31, writeSequence(writeOid(oid), writeText(text)));
  return writeSequence(attribute("2.5.4.3", commonName), attribute("2.5.4.10", SIMULATOR_ORGANISATION));
}

function writeExtension(oid: string, value: Uint8Array, critical: boolean): Uint8Array {
  return writeSequence(writeOid(oid), ...(critical ? [writeBoolean(true)] : []), writeOctets(value));
}
