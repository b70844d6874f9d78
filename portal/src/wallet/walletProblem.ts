import { BaseError, UserRejectedRequestError } from "viem";

/** What went wrong between page and wallet, in words that say what to do. */
export function walletProblem(error: unknown): string {
  if (isRejection(error)) return "You have declined in your wallet. Nothing was changed.";
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (code === -32_002) return "Your wallet has a question open already. Open it, and answer there.";
  if (code === 4_902) return "Your wallet does not know this network, and would not add it. Add it there by hand.";
  const said = error instanceof BaseError ? error.shortMessage : error instanceof Error ? error.message : "";
  return `Your wallet did not do it: ${said.slice(0, 200) || "it gave no reason"}.`;
}

export function isRejection(error: unknown): boolean {
  if (error instanceof UserRejectedRequestError) return true;
  if (error instanceof BaseError && error.walk((cause) => cause instanceof UserRejectedRequestError) !== null)
    return true;
  return typeof error === "object" && error !== null && "code" in error && error.code === 4_001;
}

/** Did a wallet or its chain say it, by a code of theirs? Everything else is an error of this page's own. */
export const isOfWallet = (error: unknown): boolean =>
  error instanceof BaseError || (typeof error === "object" && error !== null && "code" in error);
