import { zeroise } from "@persona-protocol/sdk/crypto";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type Address, bytesToHex, getAddress, isAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createVerifierNode, type VerifierNode } from "../../attestation/quorum/verifierNode.ts";
import { askPassphrase } from "../ask.ts";
import { unlockKeystore } from "../keystore.ts";
import { fingerprintOf } from "./judgeFile.ts";

export type MemberFlags = {
  readonly verifier: string;
  readonly chainId: string;
  readonly keystore: string;
  readonly passphraseFile?: string;
  readonly nitroRoot?: string;
  readonly snpRoot?: string;
  readonly json: boolean;
};

/** @throws PersonaError USAGE, CONFIG_INVALID, KEYSTORE_*, CERTIFICATE_INVALID */
export async function openVerifierNode(flags: MemberFlags): Promise<{ node: VerifierNode; address: Address }> {
  const { verifier, chainId, nitroRoot, snpRoot } = flags;
  if (!isAddress(verifier)) throw new PersonaError("USAGE", "--verifier takes an address.", { data: { verifier } });
  if (!/^[1-9]\d{0,15}$/.test(chainId)) {
    throw new PersonaError("USAGE", "--chain-id takes a number.", { data: { chainId } });
  }
  const policy = {
    ...(nitroRoot === undefined ? {} : { nitroRoot: await fingerprintOf(nitroRoot) }),
    ...(snpRoot === undefined ? {} : { snpRoot: await fingerprintOf(snpRoot) }),
  };
  const secret = await unlockKeystore(flags.keystore, "account", await askPassphrase(flags.passphraseFile, "account"));
  const account = privateKeyToAccount(bytesToHex(secret));
  zeroise(secret);
  const domain = { chainId: Number(chainId), quorumVerifier: getAddress(verifier) };
  return { node: createVerifierNode({ account, domain, policy }), address: account.address };
}
