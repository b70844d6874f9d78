// Builds Kubo, the IPFS daemon, from its Go module, for the tests that want a real one. Prints the path of the binary.
//
//   node scripts/fetchKubo.ts            build when it is not in .cache, and print the path
//   node scripts/fetchKubo.ts --cached   print the path only when it is there
//
// Exit code 0: built. 3: cannot be built here (no Go, or no module proxy); the reason is on stderr. Takes about three
// minutes on two cores, once.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The newest that Go 1.25 and 1.26 both build without replacing one of its modules (0.43.1 replaces go-libp2p). */
const KUBO_VERSION = "v0.40.1";
const OLDEST_GO = [1, 25] as const;
const UNAVAILABLE = 3;

const cache = fileURLToPath(new URL("../.cache", import.meta.url));
const folder = join(cache, `kubo-${KUBO_VERSION}`);
const binary = join(folder, "ipfs");

process.exitCode = main(process.argv.includes("--cached"));

function main(cachedOnly: boolean): number {
  if (existsSync(binary)) {
    process.stdout.write(`${binary}\n`);
    return 0;
  }
  if (cachedOnly) return unavailable("it has not been built yet: run node scripts/fetchKubo.ts");
  const version = /go(\d+)\.(\d+)/.exec(run("go", ["version"], cache).stdout);
  if (version === null) return unavailable("Go is not installed");
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < OLDEST_GO[0] || (major === OLDEST_GO[0] && minor < OLDEST_GO[1])) {
    return unavailable(`Go ${major}.${minor} is too old, it needs ${OLDEST_GO.join(".")}`);
  }
  return build();
}

/** Builds in a throw-away module: `go install` refuses a module whose go.mod has `exclude` lines, as Kubo's has. */
function build(): number {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "kubo-build-"));
  try {
    const steps: readonly (readonly string[])[] = [
      ["mod", "init", "kubobuild"],
      ["get", `github.com/ipfs/kubo/cmd/ipfs@${KUBO_VERSION}`],
      ["build", "-mod=mod", "-trimpath", "-ldflags", "-s -w", "-o", "out/ipfs", "github.com/ipfs/kubo/cmd/ipfs"],
    ];
    for (const step of steps) {
      process.stderr.write(`kubo ${KUBO_VERSION}: go ${step.slice(0, 2).join(" ")}\n`);
      const { status, stderr } = run("go", step, work);
      if (status !== 0) return unavailable(`go ${step[0]} failed: ${stderr.trim().slice(-500)}`);
    }
    // Moved whole, so that a build that is stopped half-way is never taken for a finished one.
    if (!existsSync(folder)) renameSync(join(work, "out"), folder);
    process.stdout.write(`${binary}\n`);
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): { status: number; stdout: string; stderr: string } {
  mkdirSync(cwd, { recursive: true });
  const env = { ...process.env, GOTOOLCHAIN: "local", GO111MODULE: "on", GOWORK: "off" };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
  return { status: status ?? 1, stdout: stdout ?? "", stderr: stderr ?? "" };
}

function unavailable(reason: string): number {
  process.stderr.write(`Kubo ${KUBO_VERSION} is not available: ${reason}\n`);
  return UNAVAILABLE;
}
