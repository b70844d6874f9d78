import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { securedPage } from "./dev/securedPage.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** WalletConnect is built in only for who asks for it, by the id of a project of theirs: it talks to a relay of a third party. */
const walletConnect = process.env["PORTAL_WALLETCONNECT_PROJECT_ID"] ?? "";

const quickJs = readFileSync(fileURLToPath(import.meta.resolve("@jitl/quickjs-ng-wasmfile-release-sync/wasm")));
const quickJsIntegrity = `sha384-${createHash("sha384").update(quickJs).digest("base64")}`;

export default defineConfig({
  root: here("."),
  // Works below any path, also of an IPFS gateway.
  base: "./",
  define: {
    __WALLETCONNECT_PROJECT_ID__: JSON.stringify(walletConnect),
    __QUICKJS_INTEGRITY__: JSON.stringify(quickJsIntegrity),
  },
  resolve: {
    // The SDK lies beside this folder and would bring the copies of its own folder.
    dedupe: ["viem", "@noble/curves", "@noble/hashes"],
    alias: walletConnect === "" ? { "wagmi/connectors/walletConnect": here("src/wallet/noWalletConnect.ts") } : {},
  },
  build: {
    target: "es2024",
    outDir: here("dist"),
    emptyOutDir: true,
    // Each file by its own digest: what is cached is what was checked.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: "manifest.json",
    // The budgets that count are held by test/portal.
    chunkSizeWarningLimit: 1_000,
    // Packages of React say for whom they are ("use client"): here there is only the client.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  worker: { format: "es" },
  plugins: [securedPage({ walletConnect: walletConnect !== "" })],
  logLevel: "warn",
});
