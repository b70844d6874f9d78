import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "../../node/src/dev/freePort.ts";

const script = fileURLToPath(new URL("../fetchPostgres.ts", import.meta.url));
/** PostgreSQL does not run as root: then it runs as this user, which owns nothing. */
const nobody = 65_534;

export type Postgres = { readonly url: string; close(): Promise<void> };
type Programs = { readonly bin: string; readonly libraries: string };

/** The programs, fetched when they are not there; or why there are none. */
export function findPostgres(): Programs | { readonly reason: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", script], { encoding: "utf8" });
  return status === 0 ? (JSON.parse(stdout) as Programs) : { reason: stderr.trim() };
}

/** A real server process on loopback, with a database that is deleted when it is closed. */
export async function startPostgres({ bin, libraries }: Programs): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), "persona-postgres-"));
  const root = process.getuid?.() === 0;
  if (root) await chown(folder, nobody, nobody);
  const start = (program: string, ...args: string[]): ChildProcess =>
    spawn(join(bin, program), args, {
      cwd: folder,
      env: { PATH: process.env["PATH"], LC_ALL: "C", ...(libraries === "" ? {} : { LD_LIBRARY_PATH: libraries }) },
      stdio: ["ignore", "ignore", "pipe"],
      ...(root ? { uid: nobody, gid: nobody } : {}),
    });
  const data = join(folder, "data");
  const initdb = start("initdb", "-D", data, "-U", "persona", "--auth=trust", "--no-sync", "-E", "UTF8");
  const [code] = await once(initdb, "exit");
  if (code !== 0) throw new Error(`initdb ended with ${code}`);
  const port = await freePort(0);
  const options = ["-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${folder}`, "-c", "fsync=off"];
  const server = start("postgres", "-D", data, "-p", String(port), ...options);
  const lines = createInterface({ input: server.stderr as NonNullable<typeof server.stderr> });
  const ended = once(server, "exit");
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => line.includes("ready to accept connections") && resolve());
    void ended.then(() => reject(new Error("PostgreSQL did not start")));
  });
  return {
    url: `postgres://persona@127.0.0.1:${port}/postgres`,
    async close() {
      // Fast shutdown: it ends its connections.
      server.kill("SIGINT");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
