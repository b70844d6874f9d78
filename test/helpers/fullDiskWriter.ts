// Run as a process of its own, on a disk of some mebibytes at argv[2]: puts more into a store there than it has room for, and
// says how that failed.
import { randomBytes } from "@persona-protocol/sdk/crypto";
import { isPersonaError } from "@persona-protocol/sdk/errors";
import { createLocalIpfs } from "../../node/src/storage/index.ts";

const path = process.argv[2];
if (path === undefined) throw new Error("usage: fullDiskWriter.ts DIRECTORY");
const store = await createLocalIpfs({ path, durable: false });
try {
  await store.put(randomBytes(24 * 2 ** 20));
} catch (error) {
  if (!isPersonaError(error)) throw error;
  process.stdout.write(JSON.stringify({ code: error.code, kind: error.data["kind"] }));
}
