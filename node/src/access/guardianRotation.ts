import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * What a rotation leaves on the disk: all of the new period or all of the old one, whenever the machine stops. Everything of
 * the new period is written beside the old; one rename decides; what follows can be repeated.
 */

const keysFile = "enclave-keys.sealed";

/** Writes sealed keys and deposits of the next period, and then lets them count. */
export async function commitRotation(
  dataDir: string,
  next: { readonly sealedKeys: Uint8Array; readonly deposits: ReadonlyMap<string, Uint8Array> },
): Promise<void> {
  const { made, decided } = places(dataDir);
  await rm(made, { recursive: true, force: true });
  await mkdir(join(made, "deposits"), { recursive: true, mode: 0o700 });
  const file = { mode: 0o600, flush: true };
  await writeFile(join(made, keysFile), next.sealedKeys, file);
  for (const [name, bytes] of next.deposits) await writeFile(join(made, "deposits", name), bytes, file);
  for (const folder of [join(made, "deposits"), made]) await syncFolder(folder);
  await rename(made, decided);
  await syncFolder(dataDir);
  await finishRotation(dataDir);
}

/** Puts a decided rotation in place; without one, nothing happens. Deposits that it does not hold are destroyed. */
export async function finishRotation(dataDir: string): Promise<void> {
  const { decided } = places(dataDir);
  const deposits = await readdir(join(decided, "deposits")).catch(absent);
  if (deposits === undefined) return;
  const kept = join(dataDir, "deposits");
  await mkdir(kept, { recursive: true, mode: 0o700 });
  const replace = async (from: string, to: string) => {
    // A copy, not a rename: after a crash this runs again and must find every file.
    await writeFile(`${to}.tmp`, await readFile(from), { mode: 0o600, flush: true });
    await rename(`${to}.tmp`, to);
  };
  for (const name of deposits) await replace(join(decided, "deposits", name), join(kept, name));
  for (const name of await readdir(kept)) if (!deposits.includes(name)) await rm(join(kept, name));
  await replace(join(decided, keysFile), join(dataDir, keysFile));
  await syncFolder(kept);
  await syncFolder(dataDir);
  // The folder's disappearance is what says that all is in place: it goes at once, its content after it.
  const { done } = places(dataDir);
  await rm(done, { recursive: true, force: true });
  await rename(decided, done);
  await rm(done, { recursive: true, force: true });
}

/** Every deposit, by the name of its file. One that the disk does not give back is empty: what it is worth the enclave says. */
export async function readDeposits(dataDir: string): Promise<Map<string, Uint8Array>> {
  const folder = join(dataDir, "deposits");
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}\.cbor$/.test(name));
  const deposits = new Map<string, Uint8Array>();
  for (const name of names) deposits.set(name, await readFile(join(folder, name)).catch(() => new Uint8Array()));
  return deposits;
}

const places = (dataDir: string) => ({
  made: join(dataDir, "rotation.new"),
  decided: join(dataDir, "rotation"),
  done: join(dataDir, "rotation.done"),
});

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}

/** A rename is on the disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
