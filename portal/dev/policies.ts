// Without any package: who serves the page needs them, too, where the page's packages are not installed.

export type PolicyOptions = { readonly walletConnect: boolean };

/** Where the page may connect to: nodes of the chain, guardians and stores, whom their owners choose, hence no list of hosts. */
const anyEndpoint = "https: http://127.0.0.1:* http://localhost:*";

/**
 * The policy of the page, for its `meta` and for a server's header. `script-src` names no host but the page's own; nothing is
 * evaluated; the only workers are files of the page; strings become scripts nowhere (Trusted Types).
 */
export function contentSecurityPolicy(inlineHashes: readonly string[], { walletConnect }: PolicyOptions): string {
  const hashes = inlineHashes.map((hash) => ` '${hash}'`).join("");
  return [
    "default-src 'none'",
    `script-src 'self'${hashes}`,
    "style-src 'self'",
    "img-src 'self' data: blob:",
    `connect-src 'self' ${anyEndpoint}${walletConnect ? " wss://relay.walletconnect.org" : ""}`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types portal-worker",
  ].join("; ");
}

/**
 * Of a worker, for the header of its file: a worker has no `meta`, and takes no policy from the page. It may compile WebAssembly, which
 * the page may not (QuickJS, programs on trial), and it reaches nobody, neither the page's own server nor a store.
 */
export const workerPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";
