import { createHash } from "node:crypto";
import type { Plugin } from "vite";
import { contentSecurityPolicy, type PolicyOptions } from "./policies.ts";

/**
 * Puts the policy and the digests of every script and style into index.html: `integrity` on what it names, and an import map for what
 * is loaded later, so that no file is run that is not the one that was built.
 */
export function securedPage(options: PolicyOptions): Plugin {
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
