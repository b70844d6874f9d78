// Run as a process of its own and killed in the middle: puts random blobs into the store at argv[2] without end, writing
// one byte to stdout for each mebibyte handed to it.
import { randomBytes } from "@persona-protocol/sdk/crypto";
import { createLocalIpfs } from "../../node/src/storage/index.ts";

const path = process.argv[2];
if (path === undefined) throw new Error("usage: localIpfsWriter.ts DIRECTORY");
const store = await createLocalIpfs({ path });

async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    for (let part = 0; part < 16; part++) yield randomBytes(65_536);
    process.stdout.write(".");
  }
}
await store.put(endless());
