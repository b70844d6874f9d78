/** The names that Intel's certificates have, and a development PKI's as well: what differs there is the organisation. */
export const intelNames = {
  root: "Intel SGX Root CA",
  platformCa: "Intel SGX PCK Platform CA",
  processorCa: "Intel SGX PCK Processor CA",
  pck: "Intel SGX PCK Certificate",
  tcbSigner: "Intel SGX TCB Signing",
} as const;

/** Intel's extension of PCK certificates: what the platform is. */
export const PCK_EXTENSION_OID = "1.2.840.113741.1.13.1";
