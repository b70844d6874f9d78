import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { openKeystore } from "@persona-protocol/sdk/storage";
import { type Account, type Address, bytesToHex } from "viem";
import { mnemonicToAccount, privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { readPassphrase, readSmallFile } from "../../node/src/cli/files.ts";
import { intelRoot } from "../../node/src/deploy/attestationRoot.ts";
import {
  type ConstructorParameters,
  type GovernanceParameters,
  localConstructors,
  localGovernance,
  networkParameters,
} from "../../node/src/deploy/protocolParameters.ts";

export type TargetNetwork = {
  readonly name: string;
  readonly chainId: number;
  readonly simulated: boolean;
  readonly confirmations: number;
  readonly constructors: (deployer: Address) => ConstructorParameters;
  readonly governance: (deployer: Address) => GovernanceParameters;
};

const localNetwork: TargetNetwork = {
  name: "local",
  chainId: 31_337,
  simulated: true,
  confirmations: 1,
  constructors: localConstructors,
  governance: localGovernance,
};

/** Account 0 of the mnemonic that every local chain funds. Public. */
export const localDeployer = mnemonicToAccount("test test test test test test test test test test test junk");

/**
 * `local`, or what `ignition/parameters/NAME.json` says.
 * @throws PersonaError CONFIG_INVALID with every problem of the file
 */
export async function readNetwork(root: string, name: string): Promise<TargetNetwork> {
  if (name === localNetwork.name) return localNetwork;
  const file = join(root, "ignition/parameters", `${name}.json`);
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(file))
    throw new PersonaError("CONFIG_INVALID", `The network ${JSON.stringify(name)} has no parameters.`, {
      data: { file },
    });
  const parsed = networkParameters.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success)
    throw new PersonaError("CONFIG_INVALID", `${file} is not valid.`, {
      data: { problem: z.prettifyError(parsed.error) },
    });
  const { chainId, confirmations, stakeToken, claimBond, raceUnit, tcbEvaluation, quorumThreshold, ...governance } =
    parsed.data;
  return {
    name,
    chainId,
    simulated: false,
    confirmations,
    constructors: (deployer) => ({
      deployer,
      stakeToken,
      claimBond,
      raceUnit: BigInt(raceUnit),
      // Not a parameter: there is no other for a public chain.
      ...intelRoot,
      tcbEvaluation,
      quorumThreshold: BigInt(quorumThreshold),
    }),
    governance: () => governance,
  };
}

/** @throws PersonaError KEYSTORE_INVALID, KEYSTORE_PASSPHRASE_WRONG, CONFIG_INVALID */
export async function readDeployer(keystoreFile: string, passphraseFile: string): Promise<Account> {
  const text = await readSmallFile(keystoreFile, 65_536, "KEYSTORE_INVALID");
  const { kind, secret } = await openKeystore(text, await readPassphrase(passphraseFile));
  if (kind !== "account")
    throw new PersonaError("KEYSTORE_INVALID", "The deployer's keystore must be of kind account.", { data: { kind } });
  return privateKeyToAccount(bytesToHex(secret));
}
