// Run as a process of its own and killed in the middle: takes jobs through their states in the journal at argv[2] without
// end, and says each number on stdout once its last step is written.

import { writeSync } from "node:fs";
import { openJournal } from "../../node/src/compute/sqliteJournal.ts";

const file = process.argv[2];
if (file === undefined) throw new Error("usage: journalWriter.ts FILE");
const journal = openJournal(file);
for (let n = 0; ; n++) {
  const jobId = `0x${n.toString(16).padStart(64, "0")}` as const;
  await journal.add(jobId, Uint8Array.of(n & 0xff));
  await journal.apply(jobId, { type: "claim" });
  await journal.apply(jobId, { type: "claimed", attempt: 1, signer: "0xaa", block: 5 });
  await journal.apply(jobId, { type: "receiptSigned" }, Uint8Array.of(n & 0xff, 1));
  await journal.setPoint({ v: 1, nextBlock: String(n), trail: [] });
  writeSync(1, `${n}\n`);
}
