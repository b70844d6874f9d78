// One import as a process of its own, so that its memory can be measured: importProcess.ts FILE STORE. Prints one line of JSON.
import { createHash, randomBytes } from "node:crypto";
import { importArchive } from "@persona-protocol/sdk/ingest";
import { type EnvelopeIds, encryptEnvelope } from "@persona-protocol/sdk/storage";
import { createDiskSpools, openArchive, startImportThreads } from "../../node/src/ingest/index.ts";
import { createLocalIpfs } from "../../node/src/storage/index.ts";

const [file = "", folder = ""] = process.argv.slice(2);
const store = await createLocalIpfs({ path: folder });
const startedAt = performance.now();
const archive = await openArchive(file);
const threads = startImportThreads();
const key = randomBytes(32);
const imported = await importArchive(archive, {
  openSpool: createDiskSpools(folder),
  threads,
  thirdParties: { policy: "pseudonymise", key },
});
await threads.close();
const readMs = performance.now() - startedAt;

let stored = 0;
for (const [segment, { content }] of [...imported.segments, ...imported.ownerOnly].entries()) {
  const ids: EnvelopeIds = { datasetId: `0x${"d1".repeat(32)}`, segment, keyEpoch: 1 };
  const hash = createHash("sha256");
  const sealed = encryptEnvelope(content.read(), {
    ...ids,
    dek: randomBytes(32),
    version: 1,
    plaintextLength: content.size,
    transient: true,
  });
  const hashed = async function* () {
    for await (const piece of sealed) {
      hash.update(piece);
      yield piece;
    }
  };
  stored += (await store.put(hashed())).size;
  await content.discard();
}
await archive.close();
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage();
process.stdout.write(
  `${JSON.stringify({
    connector: imported.connector,
    segments: imported.segments.map(({ name, records }) => ({ name, records })),
    ms,
    readMs,
    cpuMs: (user + system) / 1_000,
    storedBytes: stored,
  })}\n`,
);
