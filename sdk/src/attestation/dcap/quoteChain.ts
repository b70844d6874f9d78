import { readOrThrow } from "../rules.ts";
import { readPckChain } from "./pckChain.ts";
import { readQuote } from "./quote.ts";

/**
 * The certificates that a quote carries, as DER: the platform's PCK certificate, its CA, the root. Read, not believed.
 *
 * @throws EVIDENCE_UNREADABLE
 */
export function quoteChainOf(bytes: Uint8Array): readonly [pck: Uint8Array, ca: Uint8Array, root: Uint8Array] {
  const { certificationData } = readOrThrow(() => readQuote(bytes));
  const [pck, ca, root] = readOrThrow(() => readPckChain(certificationData));
  return [pck.der, ca.der, root.der];
}
