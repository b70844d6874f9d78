/** Id of a WalletConnect project, by PORTAL_WALLETCONNECT_PROJECT_ID when the page is built; empty otherwise. */
declare const __WALLETCONNECT_PROJECT_ID__: string;
/** Digest of QuickJS as WebAssembly, as `fetch` takes it: of the file that the page was built with. */
declare const __QUICKJS_INTEGRITY__: string;
