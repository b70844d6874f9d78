/** Enough to tell two of one's own apart; never enough to check whom something goes to. */
export const shortAddress = (address: string): string => `${address.slice(0, 6)}…${address.slice(-4)}`;
