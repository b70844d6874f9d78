// Builds the servers that tests want for real, each from its Go module: Kubo, the IPFS daemon, an S3 server, and geth.
//
//   npm run servers                                   build Kubo and the S3 server, unless in .cache, and print the paths
//   node scripts/fetchServers.ts kubo|s3|geth         one of them
//   node scripts/fetchServers.ts kubo|s3|geth --cached  print its path only when it is there
//
// Exit code 0: built. 3: one cannot be built here (no Go, or no module proxy); the reason is on stderr. Kubo and geth take
// three to four minutes each on two cores, the S3 server one to two, once.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

type Server = {
  readonly name: string;
  readonly version: string;
  readonly package: string;
  readonly program: string;
  readonly oldestGo: readonly [number, number];
};

const servers: Readonly<Record<string, Server>> = {
  /** The newest that Go 1.25 and 1.26 both build without replacing one of its modules (0.43.1 replaces go-libp2p). */
  kubo: {
    name: "Kubo",
    version: "v0.40.1",
    package: "github.com/ipfs/kubo/cmd/ipfs",
    program: "ipfs",
    oldestGo: [1, 25],
  },
  /** Speaks S3 over a directory; a quarter of MinIO's build, which took six minutes beside other work. */
  s3: {
    name: "versitygw",
    version: "v1.8.0",
    package: "github.com/versity/versitygw/cmd/versitygw",
    program: "versitygw",
    oldestGo: [1, 25],
  },
  /** The chain by its most used client: `npm run demo -- --chain geth`. Newer ones want a module that not every proxy has. */
  geth: {
    name: "geth",
    version: "v1.17.8",
    package: "github.com/ethereum/go-ethereum/cmd/geth",
    program: "geth",
    oldestGo: [1, 25],
  },
};
const UNAVAILABLE = 3;
const cache = fileURLToPath(new URL("../.cache", import.meta.url));

const [wanted] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
// geth is for its own suite (npm test -- --only chains), which builds it.
const chosen = wanted === undefined ? [servers["kubo"], servers["s3"]] : [servers[wanted]];
process.exitCode = Math.max(...chosen.map((server) => fetchServer(server, process.argv.includes("--cached"))));

function fetchServer(server: Server | undefined, cachedOnly: boolean): number {
  if (server === undefined) throw new RangeError(`${wanted} is none of ${Object.keys(servers).join(", ")}`);
  const folder = join(cache, `${server.name.toLowerCase()}-${server.version}`);
  const binary = join(folder, server.program);
  if (existsSync(binary)) {
    process.stdout.write(`${binary}\n`);
    return 0;
  }
  if (cachedOnly)
    return unavailable(
      server,
      `it has not been built yet: npm run servers -- ${server.name === "versitygw" ? "s3" : server.name.toLowerCase()}`,
    );
  const version = /go(\d+)\.(\d+)/.exec(run("go", ["version"], cache).stdout);
  if (version === null) return unavailable(server, "Go is not installed");
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const [oldestMajor, oldestMinor] = server.oldestGo;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    return unavailable(server, `Go ${major}.${minor} is too old, it needs ${server.oldestGo.join(".")}`);
  }
  return build(server, folder, binary);
}

/** Builds in a throw-away module: `go install` refuses a module whose go.mod has `exclude` lines, as Kubo's has. */
function build(server: Server, folder: string, binary: string): number {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "go-build-"));
  try {
    const steps: readonly (readonly string[])[] = [
      ["mod", "init", "serverbuild"],
      ["get", `${server.package}@${server.version}`],
      ["build", "-mod=mod", "-trimpath", "-ldflags", "-s -w", "-o", `out/${server.program}`, server.package],
    ];
    for (const step of steps) {
      process.stderr.write(`${server.name} ${server.version}: go ${step.slice(0, 2).join(" ")}\n`);
      const { status, stderr } = run("go", step, work);
      if (status !== 0) return unavailable(server, `go ${step[0]} failed: ${stderr.trim().slice(-500)}`);
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

function unavailable({ name, version }: Server, reason: string): number {
  process.stderr.write(`${name} ${version} is not available: ${reason}\n`);
  return UNAVAILABLE;
}
