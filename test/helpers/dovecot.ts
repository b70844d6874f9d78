import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { freePort } from "../../node/src/dev/freePort.ts";
import { createTestAuthority, type TestAuthority } from "./testCertificates.ts";

const script = fileURLToPath(new URL("../../scripts/fetchDovecot.ts", import.meta.url));
/** Dovecot reads no mail as root. */
const nobody = 65_534;

type Programs = { readonly program: string; readonly folder: string; readonly libraries: string };

/** The programs, fetched when they are not there; or why there are none. */
export function findDovecot(): Programs | { readonly reason: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", script], { encoding: "utf8" });
  if (status !== 0) return { reason: stderr.trim() };
  const programs = JSON.parse(stdout) as Programs;
  const [command = "", ...args] = installed(programs, ["true"]);
  const tried = spawnSync(command, args, { encoding: "utf8" });
  return tried.status === 0 ? programs : { reason: `no mount namespace to put Dovecot in: ${tried.stderr.trim()}` };
}

/** Dovecot looks for its parts below /usr/lib: a command that sees them there, and changes nothing for anybody else. */
function installed({ folder }: Programs, command: readonly string[]): string[] {
  const libraries = join(folder, "..");
  const owner = process.getuid?.() === 0 ? [] : ["--map-current-user", "--keep-caps"];
  const mount = `mount -t overlay overlay -o 'lowerdir=${libraries}:/usr/lib' /usr/lib && exec "$@"`;
  return ["unshare", ...owner, "--mount", "sh", "-c", mount, "sh", ...command];
}

export const mailHost = "imap.example.org";
export const mailPassword = "secret";

export type TestMailServer = {
  /** TLS, by a proxy before the server: its certificate is that of {@link mailHost}. */
  readonly port: number;
  readonly authority: TestAuthority;
  /** A Maildir of this user: put mails into it by {@link writeMail}. */
  mailbox(user: string, folder?: string): Promise<string>;
  /** Writes this text as a user's whole mailbox (mbox); what was there is gone, and with it how it was numbered. */
  writeMbox(user: string, text: string): Promise<void>;
  /** Gives every mail of the folder a new number, as a server does that was restored. */
  renumber(user: string, folder?: string): Promise<void>;
  /** Ends connections when they have carried so many bytes to the client; undefined: never. */
  dropAfter: number | undefined;
  stop(): Promise<void>;
};

/** A real Dovecot on loopback. */
export async function startDovecot(found: Programs, format: "maildir" | "mbox" = "maildir"): Promise<TestMailServer> {
  const { program, folder: programs, libraries } = found;
  const folder = await mkdtemp(join(tmpdir(), "persona-dovecot-"));
  const isRoot = process.getuid?.() === 0;
  const own = async (path: string) => {
    await mkdir(path, { recursive: true });
    if (isRoot) await chown(path, nobody, nobody);
  };
  for (const name of ["", "run", "state", "home"]) await own(join(folder, name));
  const plain = await freePort(0);
  const user = isRoot ? "nobody" : process.env["USER"];
  const ids = isRoot ? { uid: nobody, gid: nobody } : { uid: process.getuid?.(), gid: process.getgid?.() };
  const location = format === "mbox" ? "mbox:~/mail:INBOX=~/inbox" : "maildir:~/Maildir";
  const settings = `
base_dir = ${folder}/run
state_dir = ${folder}/state
libexec_dir = /usr/lib/dovecot
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = ${user}
default_internal_group = ${isRoot ? "nogroup" : user}
default_login_user = ${user}
first_valid_uid = 1
first_valid_gid = 1
import_environment = LD_LIBRARY_PATH
mail_location = ${location}
mail_fsync = never
passdb {
  driver = static
  args = password=${mailPassword}
}
userdb {
  driver = static
  args = uid=${ids.uid} gid=${ids.gid} home=${folder}/home/%u
}
namespace inbox {
  inbox = yes
  mailbox Sent {
    special_use = \\Sent
  }
  mailbox Trash {
    special_use = \\Trash
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${plain}
  }
  inet_listener imaps {
    port = 0
  }
}
`;
  const config = join(folder, "dovecot.conf");
  await writeFile(config, settings);
  // What the daemon itself would start at a fixed place, to be started again with its settings in the environment.
  const doveconf = join(programs, "../../bin/doveconf");
  const daemon = [doveconf, "-f", "service=master", "-c", config, "-m", "master", "-e", program, "-F", "-c", config];
  const [command = "", ...args] = installed(found, daemon);
  const server = spawn(command, args, {
    env: { PATH: process.env["PATH"], LD_LIBRARY_PATH: libraries },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const ended = once(server, "exit");
  await ready(plain, ended, join(folder, "log"));

  const authority = createTestAuthority();
  const sockets = new Set<Socket>();
  const proxy = createServer(authority.issue([mailHost]), (client) => {
    const behind = connect(plain, "127.0.0.1");
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        behind.destroy();
      });
    }
    let carried = 0;
    behind.on("data", (bytes) => {
      carried += bytes.length;
      if (made.dropAfter !== undefined && carried > made.dropAfter) return void client.destroy();
      if (!client.write(bytes)) behind.pause();
    });
    client.on("drain", () => behind.resume());
    client.on("data", (bytes) => behind.write(bytes));
  });
  const port = await freePort(0);
  proxy.listen(port, "127.0.0.1");
  await once(proxy, "listening");

  const maildir = (name: string, box = "INBOX") =>
    join(folder, "home", name, "Maildir", ...(box === "INBOX" ? [] : [`.${box}`]));
  const made: TestMailServer = {
    port,
    authority,
    dropAfter: undefined,
    async mailbox(name, box) {
      await own(join(folder, "home", name));
      await own(maildir(name));
      const path = maildir(name, box);
      for (const each of ["", "cur", "new", "tmp"]) await own(join(path, each));
      return path;
    },
    async writeMbox(name, text) {
      await own(join(folder, "home", name));
      await own(join(folder, "home", name, "mail"));
      await rm(join(folder, "home", name, "mail", ".imap"), { recursive: true, force: true });
      const path = join(folder, "home", name, "inbox");
      await writeFile(path, text);
      if (isRoot) await chown(path, nobody, nobody);
    },
    async renumber(name, box) {
      const path = maildir(name, box);
      const uids = join(path, "dovecot-uidlist");
      // A file of its own making: the validity is in its first line.
      const text = await readFile(uids, "utf8");
      const validity = Number(/V(\d+)/.exec(text)?.[1] ?? 1) + 1_000;
      for (const file of await readdir(path))
        if (file.startsWith("dovecot")) await rm(join(path, file), { recursive: true });
      await writeFile(uids, `3 V${validity} N1 G00000000000000000000000000000001\n`);
      if (isRoot) await chown(uids, nobody, nobody);
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      server.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
  return made;
}

/** Waits until it answers; with its log when it does not start. */
async function ready(port: number, ended: Promise<unknown>, log: string): Promise<void> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  // Its parts may fail while it tries again: then its log says why.
  for (let tries = 0; tries < 500; tries++) {
    const socket = connect(port, "127.0.0.1");
    const answered = await new Promise<boolean>((resolve) => {
      socket.once("data", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(false));
    });
    socket.destroy();
    if (answered) return;
    if (isOver) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Dovecot did not start: ${existsSync(log) ? await readFile(log, "utf8") : "no log"}`);
}

let mails = 0;

/** Puts a mail into a Maildir as a delivery does. @param flags letters of Maildir: S seen, F flagged, R answered */
export async function writeMail(maildir: string, text: string, flags = ""): Promise<string> {
  const name = `${1_700_000_000 + mails}.M${mails}P1.test`;
  mails += 1;
  const path = join(maildir, "cur", `${name}:2,${flags}`);
  await writeFile(path, text);
  if (process.getuid?.() === 0) await chown(path, nobody, nobody);
  return path;
}
