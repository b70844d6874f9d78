import { id, Wallet } from "ethers";
import type { ReclaimPolicy } from "../../../sdk/src/provenance/index.ts";

/** Everything here is made by ethers, which the verifier does not use. Keys of tests: they sign nothing else. */
export const attestor = new Wallet(id("an attestor of the tests"));
export const secondAttestor = new Wallet(id("another attestor of the tests"));
export const stranger = new Wallet(id("nobody's attestor"));

export const owner = "0xAbCdEf0123456789aBcDeF0123456789ABCDEF01";
export const timestampS = 1_780_000_000;

export const policy: ReclaimPolicy = { attestors: [attestor.address], at: timestampS + 60 };

export const request = {
  body: "",
  headers: { Accept: "application/json" },
  method: "GET",
  responseMatches: [{ type: "contains", value: '"login":"{{login}}"' }],
  responseRedactions: [{ jsonPath: "$.login", regex: '"login":"(.*)"', xPath: "" }],
  url: "https://accounts.example/me",
};

/** Canonical as it stands: names sorted, no space. */
export const context =
  '{"contextAddress":"0x1111111111111111111111111111111111111111","contextMessage":"blåbær 🫐","extractedParameters":{"login":"kari"},"providerHash":"0x00"}';

export type Claim = {
  provider: string;
  parameters: string;
  context: string;
  owner: string;
  timestampS: number;
  epoch: number;
};

const claim: Claim = {
  provider: "http",
  parameters: JSON.stringify(request),
  context,
  owner,
  timestampS,
  epoch: 1,
};

export type Proof = {
  identifier: string;
  claimData: Record<keyof Claim | "identifier", unknown>;
  signatures: string[];
  witnesses: { id: string; url: string }[];
};

/**
 * A proof that holds, signed by `signers`; `changed` is signed too.
 * @param hashed the context as an attestor hashes it, where it is not written canonically
 */
export async function makeProof(
  changed: Partial<Claim> = {},
  { signers = [attestor], hashed }: { readonly signers?: readonly Wallet[]; readonly hashed?: string } = {},
): Promise<Proof> {
  const claimed = { ...claim, ...changed };
  const identifier = id(`${claimed.provider}\n${claimed.parameters}\n${hashed ?? claimed.context}`);
  const message = `${identifier}\n${claimed.owner.toLowerCase()}\n${claimed.timestampS}\n${claimed.epoch}`;
  return {
    identifier,
    claimData: { ...claimed, identifier },
    signatures: await Promise.all(signers.map((signer) => signer.signMessage(message))),
    witnesses: [{ id: attestor.address, url: "wss://attestor.example/ws" }],
  };
}

/** The same claim as the contracts take it. */
export function forContracts({ claimData, signatures }: Proof) {
  const { provider, parameters, context: text, identifier, owner: who, timestampS: time, epoch } = claimData;
  return {
    claimInfo: { context: text, parameters, provider },
    signedClaim: { claim: { epoch, identifier, owner: who, timestampS: time }, signatures },
  };
}
