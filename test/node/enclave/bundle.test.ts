import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stop } from "esbuild";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { buildBundle } from "../../../node/src/enclave/bundle/buildBundle.ts";
import { bundleKey } from "../../../node/src/enclave/bundle/bundleKey.ts";
import { enclaveBundle, openEnclaveBundle } from "../../../node/src/enclave/bundle/enclaveBundle.ts";
import { detectIsolation } from "../../../node/src/enclave/runtime/isolation.ts";
import {
  bundleIndex,
  encodeBundleIndex,
  readBundle,
  requireMeasured,
} from "../../../node/src/enclave/runtime/measuredBundle.ts";
import { startEnclave } from "../../../node/src/enclave/startEnclave.ts";
import { expectError } from "../../helpers/errors.ts";

const runtime = "node/src/enclave/runtime";

describe("the enclave's bundle", function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-bundle-"));
  });
  after(async () => {
    // Its process would stay, and tests in the same one wait for all of theirs to be gone.
    await stop();
    await rm(folder, { recursive: true });
  });

  /** The sources as a fresh clone has them, with this repository's packages. */
  async function clone(name: string): Promise<string> {
    const root = join(folder, name);
    for (const part of [
      "sdk/src",
      "sdk/package.json",
      runtime,
      "node/package.json",
      "package.json",
      "package-lock.json",
    ])
      await cp(join(repositoryRoot, part), join(root, part), { recursive: true });
    for (const part of ["node_modules", "sdk/node_modules", "node/node_modules"])
      if (existsSync(join(repositoryRoot, part))) await symlink(join(repositoryRoot, part), join(root, part));
    return root;
  }

  it("default: two clones in different folders, and this one, make the same bytes", async () => {
    const roots = [await clone("a"), await clone("somewhere/else/with a space/and-a-longer-name")];
    const built = await Promise.all(roots.map((root, i) => buildBundle(root, join(folder, `built-${i}`))));
    expect(built[0]).to.deep.equal(built[1]);
    const measurements = built.map((_, i) => openEnclaveBundle(join(folder, `built-${i}`)).measurement);
    expect(measurements).to.deep.equal([enclaveBundle().measurement, enclaveBundle().measurement]);
    for (const file of ["worker.mjs", "guardian.mjs", "sandbox.cjs"]) {
      const text = readFileSync(join(folder, "built-1", file), "utf8");
      for (const path of [repositoryRoot, folder, "somewhere/else"]) expect(text.includes(path), path).to.equal(false);
    }
  });

  it("behavior: each byte of the code, and each file of the engine, is in the measurement", async () => {
    const root = await clone("changed");
    const built = join(folder, "built-0");
    const { files } = readBundle(built);
    expect(Object.keys(files)).to.include.members([
      "duckdb.node",
      "guardian.mjs",
      "quickjs.wasm",
      "sandbox.cjs",
      "worker.mjs",
    ]);
    if (process.platform === "linux") expect(files).to.have.property("libduckdb.so");
    // Limits of the two doors, which the bundler could not leave out.
    for (const [name, limit, other] of [
      ["peer.ts", "32 * 1024 * 1024", "33 * 1024 * 1024"],
      ["sandbox/jsonResult.ts", "maxDepth = 16", "maxDepth = 17"],
    ] as const) {
      const file = join(root, runtime, name);
      const text = readFileSync(file, "utf8");
      expect(text).to.include(limit);
      await writeFile(file, text.replace(limit, other));
    }
    const changed = await buildBundle(root, join(folder, "built-changed"));
    for (const file of ["worker.mjs", "guardian.mjs", "sandbox.cjs"] as const)
      expect(changed.files[file]).not.to.equal(files[file]);
    expect(readBundle(join(folder, "built-changed")).measurement).not.to.equal(readBundle(built).measurement);
    expect(bundleKey(root)).not.to.equal(bundleKey(join(folder, "a")));
  });

  it("behavior: signatures need no file beside the code: their WebAssembly is inside", () => {
    const wasm = readFileSync(join(repositoryRoot, "node_modules/tiny-secp256k1/lib/secp256k1.wasm"), "base64");
    for (const file of ["worker.mjs", "guardian.mjs"]) {
      // Long texts go over several lines.
      const code = readFileSync(join(enclaveBundle().folder, file), "utf8").replaceAll("\\\n", "");
      expect(code.includes(wasm), file).to.equal(true);
    }
  });

  it("behavior: several processes that want it at once get one whole bundle, and leave nothing behind", async () => {
    const root = await clone("contended");
    const target = join(root, ".cache/enclave", bundleKey(root));
    const builder = join(repositoryRoot, "node/src/enclave/bundle/buildMain.ts");
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--no-warnings", builder, root, target], { stdio: "inherit" }),
    );
    const codes = await Promise.all(children.map((child) => once(child, "exit").then(([code]) => code as number)));
    expect(codes).to.deep.equal([0, 0, 0, 0]);
    expect(await readdir(join(root, ".cache/enclave"))).to.deep.equal([bundleKey(root)]);
    const { files } = readBundle(target);
    requireMeasured(target, files, Object.keys(files));
  });

  it("behavior: asked again, it is the same, whatever becomes of the sources", () => {
    expect(enclaveBundle()).to.equal(enclaveBundle());
  });

  describe("a host that changes it", () => {
    const isolation = detectIsolation();
    let bundle: string;
    beforeEach(async () => {
      bundle = join(folder, `own-${Math.random()}`);
      await mkdir(bundle);
      // Copies: the cached ones are links to what everybody runs.
      await cp(enclaveBundle().folder, bundle, { recursive: true });
    });

    async function startFails(role: "worker" | "guardian"): Promise<string> {
      const log: string[] = [];
      const enclave = startEnclave({
        role,
        isolation,
        bundle: openEnclaveBundle(bundle),
        methods: { rpc: async () => null },
        log: (line) => log.push(line),
      });
      const ended = await enclave.ended;
      await enclave.stop();
      expect(ended).to.equal("exit code 1");
      return log.join("\n");
    }

    for (const file of ["sandbox.cjs", "duckdb.node", "worker.mjs"]) {
      it(`error: no supervisor starts with another ${file}`, async () => {
        appendFileSync(join(bundle, file), file.endsWith(".mjs") ? "\n// more\n" : "\0");
        expect(await startFails("worker"))
          .to.include("ENCLAVE_FAILED")
          .and.to.include(file);
      });
    }

    it("error: no guardian starts with other code, or with an index that is written another way", async () => {
      appendFileSync(join(bundle, "guardian.mjs"), "\n// more\n");
      expect(await startFails("guardian")).to.include("guardian.mjs");
      const { files } = readBundle(bundle);
      await writeFile(join(bundle, bundleIndex), ` ${encodeBundleIndex(files)}`);
      await expectError("ENCLAVE_FAILED", async () => openEnclaveBundle(bundle));
    });

    it("error: an index may not name files elsewhere", async () => {
      const { files } = readBundle(bundle);
      const digest = files["worker.mjs"] ?? "0x";
      for (const name of ["../worker.mjs", "/etc/passwd", "a/b.mjs", "..", ""]) {
        await writeFile(join(bundle, bundleIndex), encodeBundleIndex({ ...files, [name]: digest }));
        await expectError("ENCLAVE_FAILED", () => readBundle(bundle));
      }
    });
  });
});
