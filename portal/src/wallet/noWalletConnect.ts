/** In the place of WalletConnect's connector where the page is built without it: nothing of it is loaded. */
export function walletConnect(): never {
  throw new Error("This page was built without WalletConnect.");
}
