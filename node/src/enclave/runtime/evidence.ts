import type { Hex } from "viem";

/**
 * The seam to the silicon. Above this interface no code knows whether the TEE is simulated: what is simulated is a property
 * of the deployment's root.
 */
export type EvidenceProvider = {
  /** Digest of the code that runs here, as the silicon measured it. */
  readonly measurement: Hex;
  /** Evidence that this enclave asked for these 64 bytes of report data. */
  quote(reportData: Uint8Array): Promise<Uint8Array>;
  /** Encrypts to this platform and measurement. */
  seal(plaintext: Uint8Array): Promise<Uint8Array>;
  /** @throws PersonaError SEALED_BOX_INVALID when sealed by another measurement or changed. */
  unseal(sealed: Uint8Array): Promise<Uint8Array>;
};
