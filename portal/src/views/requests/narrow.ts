import type { AccessRequest } from "@persona-protocol/sdk";
import { parseUnits } from "viem";

export type Narrowed = {
  readonly segments: readonly string[];
  readonly uses: number;
  /** Seconds. */
  readonly expiresIn: number;
  readonly price: bigint;
  readonly maxOutputBytes: bigint;
};

type Typed = {
  readonly days: string;
  readonly uses: string;
  readonly price: string;
  /** Of the token that the request offers. */
  readonly decimals: number;
  readonly segments: readonly string[];
};
type Problems = Partial<Record<"days" | "uses" | "price" | "segments", string>>;

/** What the owner typed, held against what was asked: never more of anything but the price, which is the owner's to name. */
export function narrow(request: AccessRequest, typed: Typed): Narrowed | { readonly problems: Problems } {
  const problems: Problems = {};
  const days = /^\d{1,6}(?:\.\d{1,4})?$/.test(typed.days.trim()) ? Number(typed.days) : Number.NaN;
  const expiresIn = Math.floor(days * 86_400);
  // What was asked in parts of a day may be typed rounded up.
  if (!(expiresIn > 0)) problems.days = "A number of days above 0.";
  else if (expiresIn > request.seconds && days > Math.ceil(request.seconds / 86_400))
    problems.days = "Longer than was asked.";
  const uses = /^\d{1,10}$/.test(typed.uses.trim()) ? Number(typed.uses) : 0;
  if (uses < 1) problems.uses = "A whole number from 1.";
  else if (uses > request.uses) problems.uses = "More often than was asked.";
  const price = /^\d{1,24}(?:\.\d{1,18})?$/.test(typed.price.trim())
    ? parseUnits(typed.price.trim(), typed.decimals)
    : -1n;
  if (price < 0n) problems.price = "A number from 0.";
  else if (price >= 2n ** 96n) problems.price = "More than there can be.";
  if (typed.segments.length === 0) problems.segments = "Choose at least one segment, or say no.";
  if (Object.keys(problems).length > 0) return { problems };
  return {
    segments: typed.segments,
    uses,
    expiresIn: Math.min(expiresIn, request.seconds),
    price,
    // So much for each use as was asked for each use.
    maxOutputBytes: (request.maxOutputBytes * BigInt(uses)) / BigInt(request.uses),
  };
}
