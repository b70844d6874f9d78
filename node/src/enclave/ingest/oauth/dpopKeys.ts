import { type CryptoKeyPair, generateKeyPair } from "oauth4webapi";

const algorithm = { name: "ECDSA", namedCurve: "P-256" };

/** A new key for DPoP, to be kept in a sealed session. */
export async function exportKeys(): Promise<Readonly<Record<string, string>>> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey("jwk", privateKey);
  return { kty: kty ?? "", crv: crv ?? "", x: x ?? "", y: y ?? "", d: d ?? "" };
}

export async function importKeys(jwk: Readonly<Record<string, string>>): Promise<CryptoKeyPair> {
  const { d: _, ...shown } = jwk;
  return {
    privateKey: await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]),
    publicKey: await crypto.subtle.importKey("jwk", shown, algorithm, true, ["verify"]),
  };
}
