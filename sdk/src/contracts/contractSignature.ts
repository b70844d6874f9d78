import { type Address, concatHex, encodeFunctionData, type Hex, numberToHex, parseAbi, size } from "viem";

/** Longest signature that is looked at: wallets of several keys or passkeys need some hundred bytes. */
export const maxContractSignatureBytes = 2_048;

const erc1271Abi = parseAbi(["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"]);

/** As contracts/storage/OwnerSignature.sol: enough for a wallet that verifies P-256 in Solidity. */
const ERC1271_GAS = 500_000;

/**
 * A call without an address that asks a contract account whether a signature is its own (ERC-1271), under the rules of the
 * contracts: bounded gas, no state changed, one word of answer. The data is a program of its own that ends by returning 1 or 0, so
 * that an account that reverts or burns its gas is told apart from a chain that does not answer.
 */
export function contractSignatureCall(account: Address, digest: Hex, signature: Hex): Hex {
  const question = encodeFunctionData({ abi: erc1271Abi, functionName: "isValidSignature", args: [digest, signature] });
  const length = numberToHex(size(question), { size: 2 });
  const program = (offset: Hex): Hex =>
    concatHex([
      "0x61", // PUSH2
      length,
      "0x60", // PUSH1
      offset,
      "0x5f39", // PUSH0 CODECOPY: the question, to memory 0
      "0x60205f61", // what staticcall takes, the last first: 32 bytes of answer, to memory 0; PUSH2
      length,
      "0x5f73", // PUSH0, PUSH20
      account,
      "0x62", // PUSH3
      numberToHex(ERC1271_GAS, { size: 3 }),
      "0xfa", // STATICCALL: 1 when it succeeded
      "0x3d601f1016", // and 31 < RETURNDATASIZE
      "0x5f51631626ba7e60e01b1416", // and the word is the selector, zeros behind it
      "0x5f5260205ff3", // RETURN it
    ]);
  const offset = numberToHex(size(program("0x00")), { size: 1 });
  return concatHex([program(offset), question]);
}
