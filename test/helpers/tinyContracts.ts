import { jobMarketAbi } from "@persona-protocol/sdk/contracts";
import { concatHex, type Hex, parseAbi, toFunctionSelector, toHex } from "viem";
import { formatAbiItem } from "viem/utils";

/** Each call adds one to slot 0: how often something was really done. */
const counter: Hex = "0x60005460010160005500";

/** The first call passes; each later one reverts with an error of two words, both zero. */
const onceThen = (selector: Hex): Hex =>
  concatHex(["0x600054600c576001600055005b63", selector, "0x60e01b60005260446000fd"]);

export const tinyAbi = parseAbi(["function poke(uint256 value)"]);

/** What creates the contract: its code is put back as it is. */
export function tinyContract(code: "counter" | { readonly failsWith: Hex }): Hex {
  const runtime = code === "counter" ? counter : onceThen(code.failsWith);
  const length = toHex((runtime.length - 2) / 2, { size: 1 });
  return concatHex(["0x60", length, "0x8060093d393df3", runtime]);
}

/** Of one of the market's errors. */
export function errorSelector(errorName: string): Hex {
  const item = jobMarketAbi.find((entry) => entry.type === "error" && entry.name === errorName);
  if (item === undefined) throw new TypeError(`The market has no error ${errorName}.`);
  return toFunctionSelector(formatAbiItem(item));
}
