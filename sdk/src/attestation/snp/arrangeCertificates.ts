import { isPersonaError } from "../../errors/index.ts";
import { readCertificate, sameName } from "../x509/index.ts";
import type { SnpCertificates } from "./verifySnp.ts";

/**
 * Finds a chain among certificates in any order, as hosts and AMD's service put several into one file: the chip's, whoever issued that,
 * and whoever issued that one. Nothing is believed by it; others of the file are left alone.
 *
 * @param certificates DER
 * @returns undefined where one of the three is missing
 */
export function arrangeSnpCertificates(certificates: readonly Uint8Array[]): SnpCertificates | undefined {
  const read = certificates.flatMap((der) => {
    try {
      return [readCertificate(der)];
    } catch (error) {
      if (isPersonaError(error, "CERTIFICATE_INVALID")) return [];
      throw error;
    }
  });
  const chip = read.find(({ subject: { commonName } }) => commonName === "SEV-VCEK" || commonName === "SEV-VLEK");
  const signer = chip && read.find((each) => each !== chip && sameName(each.subject, chip.issuer));
  const root = signer && read.find((each) => each !== signer && sameName(each.subject, signer.issuer));
  return root && { chip: chip.der, signer: signer.der, root: root.der };
}
