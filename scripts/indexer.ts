/**
 * The index of wallets and dApps (indexer/), over a local network or any deployment:
 *
 *   npm run indexer -- --network .run/network-… [--rpc URL] [--port 42069] [--host 127.0.0.1] [--dir FOLDER]
 *   npm run indexer -- --install        only install what it needs, in its own folder
 *
 * With DATABASE_URL it keeps its tables in that PostgreSQL, otherwise in PGlite under --dir (docs/indexer.md).
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { enterCallerDirectory } from "../node/src/cli/callerDirectory.ts";
import { repositoryRoot } from "../node/src/dev/repositoryRoot.ts";

const folder = join(repositoryRoot, "indexer");
/** What was installed last: the lock's text. */
const stamp = join(folder, "node_modules/.installed-lock");

enterCallerDirectory();
const { values } = parseArgs({
  options: {
    network: { type: "string" },
    rpc: { type: "string", default: "http://127.0.0.1:8545" },
    port: { type: "string", default: "42069" },
    host: { type: "string", default: "127.0.0.1" },
    dir: { type: "string", default: join(repositoryRoot, ".run/index") },
    install: { type: "boolean", default: false },
  },
});

if (!install()) process.exitCode = 75;
else if (!values.install) run();

/** Its own install: 120 MB that nobody else needs. @returns false without a registry */
function install(): boolean {
  const lock = () => readFileSync(join(folder, "package-lock.json"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock()) return true;
  process.stderr.write("installing indexer/ …\n");
  // None of its packages needs a script to run. Not `ci`: it refuses a lock without packages of every platform.
  const npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", npm, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) return false;
  writeFileSync(stamp, lock());
  return true;
}

function run(): void {
  const { network, rpc, port, host, dir } = values;
  if (network === undefined) {
    process.stderr.write("--network takes the run folder of `persona dev`, or a folder with a deployment.json.\n");
    process.exitCode = 1;
    return;
  }
  const ponder = join(folder, "node_modules/ponder/dist/esm/bin/ponder.js");
  const isLocal = deploymentIsLocal(join(resolve(network), "deployment.json"));
  // `start` keeps what it has indexed; a local chain begins anew each time, and so does `dev`.
  const command = isLocal ? ["dev", "--disable-ui"] : ["start"];
  const child = spawn(
    process.execPath,
    [ponder, ...command, "--root", folder, "--schema", "persona", "--port", port, "--hostname", host],
    {
      cwd: folder,
      stdio: "inherit",
      env: {
        ...process.env,
        PONDER_TELEMETRY_DISABLED: "true",
        PERSONA_INDEX_DEPLOYMENT: join(resolve(network), "deployment.json"),
        PERSONA_INDEX_RPC_URL: rpc,
        PERSONA_INDEX_DIR: resolve(dir),
      },
    },
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  child.once("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1);
  });
}

function deploymentIsLocal(file: string): boolean {
  const { chainId } = JSON.parse(readFileSync(file, "utf8")) as { chainId?: unknown };
  return chainId === 31_337 || chainId === 1_337;
}
