import { createHash } from "node:crypto";
import type { Plugin } from "vite";

type Options = { readonly walletConnect: boolean };

/** Where the page may connect to: nodes of the chain, guardians and stores, whom their owners choose, hence no list of hosts. */
const anyEndpoint = "https: http://127.0.0.1:* http://localhost:*";

/**
 * The policy of the page, for its `meta` and for a server's header. `script-src` names no host but the page's own; nothing is
 * evaluated; the only workers are files of the page; strings become scripts nowhere (Trusted Types).
 */
export function contentSecurityPolicy(inlineHashes: readonly string[], { walletConnect }: Options): string {
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

/**
 * Puts the policy and the digests of every script and style into index.html: `integrity` on what it names, and an import map for what
 * is loaded later, so that no file is run that is not the one that was built.
 */
export function securedPage(options: Options): Plugin {
  return {
    name: "secured-page",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const digest = (source: string | Uint8Array) =>
          `sha384-${createHash("sha384").update(source).digest("base64")}`;
        const digests = new Map<string, string>();
        for (const [file, output] of Object.entries(bundle)) {
          if (file.endsWith(".js") || file.endsWith(".css"))
            digests.set(file, digest(output.type === "chunk" ? output.code : output.source));
        }
        const page = bundle["index.html"];
        if (page?.type !== "asset" || typeof page.source !== "string") throw new Error("there is no index.html");
        const scripts = [...digests].filter(([file]) => file.endsWith(".js")).sort(([a], [b]) => (a < b ? -1 : 1));
        const map = JSON.stringify({
          integrity: Object.fromEntries(scripts.map(([file, hash]) => [`./${file}`, hash])),
        });
        const policy = contentSecurityPolicy([`sha256-${createHash("sha256").update(map).digest("base64")}`], options);
        page.source = page.source
          .replaceAll(
            /(<(?:script|link)[^>]*?(?:src|href)="\.\/([^"]+\.(?:js|css))"[^>]*?)(\s*\/?>)/g,
            (tag, head, file, end) => {
              const hash = digests.get(file);
              return hash === undefined ? tag : `${head} integrity="${hash}"${end}`;
            },
          )
          .replace(
            // Behind the character set, which browsers look for in the first kilobyte.
            '<meta charset="utf-8" />',
            `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />\n    <script type="importmap">${map}</script>`,
          );
      },
    },
  };
}
