import { type Address, formatUnits, isAddressEqual } from "viem";
import { useSession } from "../app/Session.tsx";
import { shortAddress } from "./shortAddress.ts";

const places = 6;

/** An amount with its unit, always. Of a token that the page does not know it gives the smallest units, and which token that is. */
export function Amount({ value, token }: { value: bigint; token: Address }) {
  const { config } = useSession();
  if (value === 0n) return <span>nothing</span>;
  if (!isAddressEqual(token, config.token.address))
    return (
      <span className="tabular">
        {value.toLocaleString()} smallest units of the unknown token <span className="mono">{shortAddress(token)}</span>
      </span>
    );
  return (
    <span className="tabular" title={`${formatUnits(value, config.token.decimals)} ${config.token.symbol}`}>
      {formatAmount(value, config.token.decimals)} {config.token.symbol}
    </span>
  );
}

/** At most six places, cut; what is smaller than can be shown is said to be so. */
export function formatAmount(value: bigint, decimals: number): string {
  const [whole = "0", fraction = ""] = formatUnits(value, decimals).split(".");
  const shown = fraction.slice(0, places).replace(/0+$/, "");
  if (whole === "0" && shown === "" && value !== 0n) return `less than 0.${"0".repeat(places - 1)}1`;
  return `${BigInt(whole).toLocaleString("en")}${shown === "" ? "" : `.${shown}`}`;
}
