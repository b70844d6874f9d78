import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { CheckResult } from "./checks.ts";

type Page = {
  readonly name: string;
  readonly code: string;
  readonly external: readonly string[];
  readonly most: number;
  /** Default true. */
  readonly split?: boolean;
};

const dapp = 'export { createDappClient, decodeGrantPackage, defineProgram } from "@persona-protocol/sdk/dapp"';

/**
 * What a page loads at once, minified and by gzip, in bytes; more fails. The first two are the goals of the SDK, and hold all that
 * asking for access, submitting a job and reading its result run through. What is loaded later is of other moments: what a revert
 * means (when there is one), the curve in JavaScript (in browsers whose WebCrypto lacks X25519), Node's cryptography (in Node).
 */
const pages = [
  {
    name: "a dApp that asks, submits and reads, beside viem",
    code: dapp,
    external: ["viem", "viem/*"],
    most: 35_000,
  },
  { name: "the same with viem", code: `${dapp}; export { http } from "viem"`, external: [], most: 120_000 },
  // Everything an owner does, too.
  {
    name: "a client of all actions beside viem",
    code: 'export { createPersonaClient } from "@persona-protocol/sdk"',
    external: ["viem", "viem/*"],
    most: 100_000,
  },
  // What is not used is dropped: otherwise each of these would load the whole SDK. In one piece: esbuild keeps more where it splits.
  {
    name: "printable alone",
    code: 'export { printable } from "@persona-protocol/sdk"',
    external: ["viem", "viem/*"],
    most: 1_500,
    split: false,
  },
  {
    name: "errors alone",
    code: 'export { isPersonaError } from "@persona-protocol/sdk/errors"',
    external: ["viem", "viem/*"],
    most: 9_000,
    split: false,
  },
  {
    name: "receipts offline beside viem",
    code: 'export { decodeReceiptProof, verifyReceiptOffline } from "@persona-protocol/sdk"',
    external: ["viem", "viem/*"],
    most: 40_000,
    split: false,
  },
] as const satisfies readonly Page[];

/** Holds the SDK to its sizes. */
export async function sdkSize(root: string): Promise<CheckResult> {
  const lines: string[] = [];
  for (const page of pages) {
    const { name, most } = page;
    const bytes = await loadedAtOnce(root, page);
    if (bytes > most) lines.push(`${name}: ${bytes} bytes gzip, more than ${most}`);
  }
  return { ok: lines.length === 0, output: lines.join("\n") };
}

/** The entry and every chunk that it imports, but for those of `import()`. */
async function loadedAtOnce(root: string, { code, external, split = true }: Page): Promise<number> {
  const outdir = join(root, ".cache/sdk-size");
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: join(root, "sdk") },
    bundle: true,
    minify: true,
    splitting: split,
    write: false,
    metafile: true,
    outdir,
    absWorkingDir: root,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: [...external],
    logLevel: "silent",
  });
  const entry = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === "<stdin>")?.[0];
  const loaded = new Set(entry === undefined ? [] : [entry]);
  for (const path of loaded)
    for (const each of metafile.outputs[path]?.imports ?? [])
      if (each.kind === "import-statement" && each.external !== true) loaded.add(each.path);
  return outputFiles
    .filter(({ path }) => loaded.has(relative(root, path)))
    .reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0);
}
