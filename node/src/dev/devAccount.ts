import { type HDAccount, mnemonicToAccount } from "viem/accounts";

/** The mnemonic that Hardhat's node and anvil both fund. Public: only for chains on this machine. */
const devMnemonic = "test test test test test test test test test test test junk";

const known = new Map<number, HDAccount>();

/** One of the ten that every chain on this machine funds. Deriving it from words takes 2,048 hashes, so each is derived once. */
export function devAccount(addressIndex: number): HDAccount {
  const account = known.get(addressIndex) ?? mnemonicToAccount(devMnemonic, { addressIndex });
  known.set(addressIndex, account);
  return account;
}
