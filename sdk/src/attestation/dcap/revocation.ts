import { readUnder, requireRule } from "../rules.ts";
import { type Crl, isCrlOf, isCurrentAt, readCrl, sameName } from "../x509/index.ts";
import type { DcapCollateral } from "./collateral.ts";
import type { PckChain } from "./pckChain.ts";

export type RevocationLists = { readonly root: Crl; readonly pck: Crl };

/** Believes the two lists and asks them for the chain's own certificates. @throws RuleBroken */
export async function verifyRevocation(
  { pck, ca, root }: PckChain,
  { rootCaCrl, pckCrl }: Pick<DcapCollateral, "rootCaCrl" | "pckCrl">,
  now: number,
): Promise<RevocationLists> {
  const lists: [Crl, Crl] = [
    readUnder("root-crl-format", () => readCrl(rootCaCrl, "root's revocation list")),
    readUnder("pck-crl-format", () => readCrl(pckCrl, "PCK revocation list")),
  ];
  for (const [list, issuer, name] of [
    [lists[0], root, "root"],
    [lists[1], ca, "pck"],
  ] as const) {
    requireRule(`${name}-crl-issuer`, sameName(list.issuer, issuer.subject), "The list names another issuer.");
    requireRule(`${name}-crl-signature`, await isCrlOf(list, issuer), "The list is not signed by its issuer.");
    requireRule(`${name}-crl-validity`, isCurrentAt(list, now), "The list has run out, or is not valid yet.");
  }
  requireRule("pck-ca-revoked", !lists[0].revoked.has(ca.serial), `The PCK CA ${ca.serial} is revoked.`);
  requireRule("pck-revoked", !lists[1].revoked.has(pck.serial), `The PCK certificate ${pck.serial} is revoked.`);
  return { root: lists[0], pck: lists[1] };
}
