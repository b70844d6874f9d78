/**
 * Padmé (Nikitin, Barman, Lueks, Underwood, Hubaux, Ford, "Reducing Metadata Leakage from Encrypted Files and Communication with
 * PURBs", PoPETs 2019): a length *L* is rounded up so that its binary form has no more than log2 log2 *L* significant digits.
 * At most 12 % are added (3 % from 64 KiB on, 1.6 % from 4 GiB on), and all lengths up to *M* become O(log M · log log M) different ones.
 */
export function padmeLength(length: number): number {
  if (length < 2) return length;
  const exponent = bitLength(length) - 1;
  const unit = 2 ** (exponent - bitLength(exponent));
  return Math.ceil(length / unit) * unit;
}

/** Exact up to 2^53, where logarithms round. */
function bitLength(integer: number): number {
  return integer.toString(2).length;
}
