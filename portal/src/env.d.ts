/** Id of a WalletConnect project, by PORTAL_WALLETCONNECT_PROJECT_ID when the page is built; empty otherwise. */
declare const __WALLETCONNECT_PROJECT_ID__: string;
