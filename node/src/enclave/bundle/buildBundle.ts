import { copyFile, link, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type BuildOptions, build, type Plugin } from "esbuild";
import {
  type BundleFiles,
  bundleIndex,
  bundleMains,
  digestOfFile,
  encodeBundleIndex,
  ingestMain,
} from "../runtime/measuredBundle.ts";

export type BuiltBundle = {
  readonly files: BundleFiles;
  /** Every package that code was taken from, with its version. */
  readonly packages: Readonly<Record<string, string>>;
};

const runtime = "node/src/enclave/runtime";

/**
 * Builds the measured code of the repository at `root` into `folder`: one file for each process, the engines, and an
 * index of their digests. The same sources and packages make the same bytes in any folder, on any machine of one platform: no
 * path, time or order of a directory gets into them.
 */
export async function buildBundle(root: string, folder: string): Promise<BuiltBundle> {
  const mains = Object.entries(bundleMains).map(([name, file]) => ({
    source: join(runtime, name, `${name}Main.ts`),
    file,
  }));
  const packages = await buildMains(root, folder, mains);
  const native = await copyNative(root, folder);
  await copyQuickJs(root, folder);
  return indexed(folder, [...Object.values(bundleMains), quickJsFile, ...native], packages);
}

/**
 * Builds the ingest enclave's code, in the same way. A measurement of its own: what speaks with servers of the whole internet has no
 * part in what holds people's keys.
 */
export async function buildIngestBundle(root: string, folder: string): Promise<BuiltBundle> {
  const mains = [{ source: "node/src/enclave/ingest/ingestMain.ts", file: ingestMain }];
  return indexed(folder, [ingestMain], await buildMains(root, folder, mains, [noLogging]));
}

/** @returns every package that code was taken from, with its version */
async function buildMains(
  root: string,
  folder: string,
  mains: readonly { readonly source: string; readonly file: string }[],
  more: readonly Plugin[] = [],
): Promise<BuiltBundle["packages"]> {
  await mkdir(folder, { recursive: true });
  const options = optionsOf(root);
  const builds = await Promise.all(
    mains.map(({ source, file }) =>
      build({
        ...options,
        plugins: [...options.plugins, ...more],
        ...(file.endsWith(".cjs") ? asScript : asModule),
        entryPoints: [join(root, source)],
        outfile: join(folder, file),
      }),
    ),
  );
  const used = builds
    .flatMap(({ metafile }) => Object.values(metafile.outputs))
    .flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
    );
  return packagesOf(root, used);
}

async function indexed(
  folder: string,
  names: readonly string[],
  packages: BuiltBundle["packages"],
): Promise<BuiltBundle> {
  const files = Object.fromEntries(
    names.map((name) => {
      const digest = digestOfFile(join(folder, name));
      if (digest === undefined) throw new PersonaError("ENCLAVE_FAILED", `The build left no ${name}.`);
      return [name, digest];
    }),
  );
  // Last: a folder with an index is complete.
  await writeFile(join(folder, bundleIndex), encodeBundleIndex(files));
  return { files, packages };
}

/** Of a module, which may still want `require`. */
const asModule = {
  format: "esm",
  banner: {
    js: 'import{createRequire as $createRequire}from"node:module";const require=$createRequire(import.meta.url);',
  },
} as const satisfies BuildOptions;

const asScript = {
  format: "cjs",
  define: { "import.meta.url": "$url" },
  banner: { js: '"use strict";const $url=require("node:url").pathToFileURL(__filename).href;' },
} as const satisfies BuildOptions;

const optionsOf = (root: string) =>
  ({
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node24",
    // One character beyond Latin-1 would make all of the code take two bytes for each, and longer to read.
    charset: "ascii",
    // Names stay, so that the bundle can be read and an error's stack says where; paths in comments go.
    minifyWhitespace: true,
    minifySyntax: true,
    // An error that nobody catches prints its line: all of the code in one would bury what went wrong.
    lineLimit: 160,
    legalComments: "none",
    // A folder of packages may be linked to: their paths are as the project sees them.
    preserveSymlinks: true,
    // What the sources say is enough: a configuration of the compiler above the folder would change the bytes.
    tsconfigRaw: "{}",
    plugins: [ownPackages(root), ownQuickJs, wholeZod, embeddedWasm, fastKeccak(root), noDebugging, nativeEngine],
    metafile: true,
    logLevel: "silent",
  }) as const satisfies BuildOptions;

/** The SDK of this repository, wherever a link of its packages' folder points. */
const ownPackages = (root: string): Plugin => ({
  name: "own packages",
  async setup({ onResolve, resolve }) {
    const { exports } = JSON.parse(await readFile(join(root, "sdk/package.json"), "utf8")) as {
      readonly exports: Readonly<Record<string, string>>;
    };
    onResolve({ filter: /^@persona-protocol\/sdk(\/|$)/ }, ({ path, kind }) => {
      const file = exports[path.replace("@persona-protocol/sdk", ".")];
      if (file === undefined) return { errors: [{ text: `${path} is no module of the SDK` }] };
      return resolve(file, { resolveDir: join(root, "sdk"), kind });
    });
  },
});

/** `z` as a namespace: only then what is not used of it stays out, which is nine tenths (every language's messages). */
const wholeZod: Plugin = {
  name: "zod",
  setup({ onLoad }) {
    onLoad({ filter: /\/(sdk|node)\/src\/.*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/^import \{ z \} from "zod";$/m, 'import * as z from "zod";'),
      loader: "ts",
    }));
  },
};

/** tiny-secp256k1 reads its WebAssembly from beside its code when it is loaded: here it is in the code, and measured with it. */
const embeddedWasm: Plugin = {
  name: "embedded WebAssembly",
  setup({ onLoad }) {
    onLoad({ filter: /\/tiny-secp256k1\/lib\/wasm_loader\.js$/ }, async ({ path }) => {
      const wasm = await readFile(join(dirname(path), "secp256k1.wasm"), "base64");
      const contents = (await readFile(path, "utf8"))
        .replace('import { readFileSync } from "fs";\n', "")
        .replace('import { path } from "./wasm_path.js";\n', "")
        .replace('readFileSync(path("secp256k1.wasm"))', `Buffer.from("${wasm}", "base64")`);
      if (/readFileSync|wasm_path/.test(contents))
        return { errors: [{ text: "this version loads its WebAssembly in another way than the known one" }] };
      return { contents, loader: "js" };
    });
  },
};

/** Keccak-256 as WebAssembly for whoever imports it from @noble/hashes, which is viem and the storage proofs. */
const fastKeccak = (root: string): Plugin => ({
  name: "fast Keccak",
  setup({ onLoad, onResolve }) {
    // Its other half, with all of its hashes in one, is what it names first.
    onResolve({ filter: /^hash-wasm$/ }, () => ({ path: join(root, "node_modules/hash-wasm/dist/index.esm.js") }));
    onLoad({ filter: /\/@noble\/hashes\/(esm\/)?sha3\.js$/ }, async ({ path }) => {
      const module = JSON.stringify(join(root, runtime, "keccak.ts"));
      const before = await readFile(path, "utf8");
      const contents = before.replace("export const keccak_256 =", "const $keccak_256 =");
      if (before === contents) return { errors: [{ text: "this version makes its Keccak in another way" }] };
      const replacement = [
        `import { keccak256Wasm as $wasm } from ${module};`,
        "const $call = (message) => (message instanceof Uint8Array ? $wasm(message) : undefined) ?? $keccak_256(message);",
        "export const keccak_256 = /* @__PURE__ */ Object.assign($call, $keccak_256);",
      ];
      return { contents: [contents, ...replacement].join("\n"), loader: "js" };
    });
  },
});

const quickJsFile = "quickjs.wasm";

/** QuickJS lies beside the code and is measured with it: as text in the code it would be a tenth of what starting a sandbox costs. */
const ownQuickJs: Plugin = {
  name: "own QuickJS",
  setup({ onLoad }) {
    onLoad({ filter: /\/sandbox\/quickJsBinary\.ts$/ }, () => ({
      contents: `import { readFileSync } from "node:fs";
        export const quickJsBinary = () => readFileSync(new URL("./${quickJsFile}", import.meta.url));`,
      loader: "js",
    }));
  },
};

async function copyQuickJs(root: string, folder: string): Promise<void> {
  const find = createRequire(join(root, "node/package.json"));
  await copyFile(find.resolve("@jitl/quickjs-ng-wasmfile-release-sync/wasm"), join(folder, quickJsFile));
}

/** A switch in the environment that makes packages talk on stderr is nothing for an enclave. */
const noDebugging: Plugin = {
  name: "no debugging",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^debug$/ }, () => ({ path: "debug", namespace: "none" }));
    onLoad({ filter: /./, namespace: "none" }, () => ({
      contents: "export default () => Object.assign(() => {}, { enabled: false });",
      loader: "js",
    }));
  },
};

/** What a mail client would log is nothing for an enclave's stderr: it is never asked to, and carries no logger. */
const noLogging: Plugin = {
  name: "no logging",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^pino$/ }, () => ({ path: "pino", namespace: "no logger" }));
    onLoad({ filter: /./, namespace: "no logger" }, () => ({
      contents: `const none = () => {};
        export const pino = () => new Proxy({}, { get: (_, name) => (name === "child" ? pino : none) });
        export default pino;`,
      loader: "js",
    }));
  },
};

/** The addon lies beside the code: which of the packages holds this platform's is known when the bundle is built. */
const nativeEngine: Plugin = {
  name: "native SQL engine",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@duckdb\/node-bindings$/ }, () => ({ path: "duckdb", namespace: "native" }));
    onResolve({ filter: /^\.\/duckdb\.node$/, namespace: "native" }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: "native" }, () => ({
      contents: 'module.exports = require("./duckdb.node");',
      loader: "js",
    }));
  },
};

/** @returns the names of the files */
async function copyNative(root: string, folder: string): Promise<string[]> {
  const find = createRequire(join(root, "node_modules/@duckdb/node-api/package.json"));
  const from = dirname(find.resolve(`@duckdb/node-bindings-${platformName()}/duckdb.node`));
  const names = (await readdir(from)).filter((name) => /\.(node|so|dylib|dll)$/.test(name)).sort();
  for (const name of names) {
    // 70 MB that are there already; on another disk they are copied.
    await link(join(from, name), join(folder, name)).catch(() => copyFile(join(from, name), join(folder, name)));
  }
  return names;
}

/** As DuckDB names its packages. */
function platformName(): string {
  const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  const musl = process.platform === "linux" && header.glibcVersionRuntime === undefined;
  return `${process.platform}-${process.arch}${musl ? "-musl" : ""}`;
}

async function packagesOf(root: string, inputs: readonly string[]): Promise<Record<string, string>> {
  const folders = new Set(inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []));
  const packages: Record<string, string> = {};
  for (const folder of [...folders].sort()) {
    const manifest: unknown = JSON.parse(await readFile(resolve(root, folder, "package.json"), "utf8"));
    const { name, version } = manifest as { readonly name: string; readonly version: string };
    // Two versions of one package are two entries.
    packages[packages[name] === undefined ? name : folder] = version;
  }
  return packages;
}
