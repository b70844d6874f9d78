import { readUnder, requireRule } from "../rules.ts";
import { type Crl, isCrlOf, isCurrentAt, readCrl, sameName } from "../x509/index.ts";
import type { DcapCollateral } from "./collateral.ts";
import type { PckChain } from "./pckChain.ts";

export type RevocationLists = { readonly root: Crl; readonly pck: Crl };

/** Believes the two lists of a chain. Whom they revoke is asked by {@link requireNotRevoked}. @throws RuleBroken */
export async function verifyLists(
  { ca, root }: Pick<PckChain, "ca" | "root">,
  { rootCaCrl, pckCrl }: Pick<DcapCollateral, "rootCaCrl" | "pckCrl">,
  now: number,
): Promise<RevocationLists> {
  const lists = {
    root: readUnder("root-crl-format", () => readCrl(rootCaCrl, "root's revocation list")),
    pck: readUnder("pck-crl-format", () => readCrl(pckCrl, "PCK revocation list")),
  };
  for (const [name, issuer] of [
    ["root", root],
    ["pck", ca],
  ] as const) {
    const list = lists[name];
    requireRule(`${name}-crl-issuer`, sameName(list.issuer, issuer.subject), "The list names another issuer.");
    requireRule(`${name}-crl-signature`, await isCrlOf(list, issuer), "The list is not signed by its issuer.");
    requireRule(`${name}-crl-validity`, isCurrentAt(list, now), "The list has run out, or is not valid yet.");
  }
  return lists;
}

/** @throws RuleBroken */
export function requireNotRevoked({ pck, ca }: PckChain, lists: RevocationLists): void {
  requireRule("pck-ca-revoked", !lists.root.revoked.has(ca.serial), `The PCK CA ${ca.serial} is revoked.`);
  requireRule("pck-revoked", !lists.pck.revoked.has(pck.serial), `The PCK certificate ${pck.serial} is revoked.`);
}
