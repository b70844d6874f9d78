/** Gas of whole transactions, by what they do. */
export type AttestationGas = {
  readonly firstRegistration: number;
  readonly renewal: number;
  readonly poke: number;
  readonly pckRegistration: number;
  readonly firstWithoutPrecompile: number;
};

/** Null until the contracts that verify quotes are part of this tree. */
export async function measureAttestationGas(): Promise<AttestationGas | null> {
  return null;
}
