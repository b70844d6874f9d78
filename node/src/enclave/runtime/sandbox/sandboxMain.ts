/**
 * The disposable process that runs one program on one job's plaintext, and nothing else: it holds no key, has no network
 * and ends after its answer. Plaintext arrives over stdin and lies in a file system of its own in memory, or, where the system gives none, in unlinked files on tmpfs:
 * both vanish with the process however it dies.
 */
import { writeSync } from "node:fs";
import { decode } from "@ipld/dag-cbor";
import { byteStream } from "./byteStream.ts";
import { createDataFiles } from "./dataFiles.ts";
import { quickJs } from "./quickJs.ts";
import { rehearse } from "./rehearse.ts";
import { runProgram } from "./runProgram.ts";
import { encodeAnswer, readyByte, type SandboxJob } from "./sandboxWire.ts";
import { startSqlEngine } from "./sqlEngine.ts";

/**
 * Who has waited so long for its job is a spare one, and has the time to rehearse. Where jobs come one upon the other, the processor's
 * time for it (50 ms) would be taken from them. A job that comes meanwhile waits for the end of it, some 30 ms.
 */
const spareAfterMs = 150;
const standardInput = 0;

async function main(): Promise<void> {
  // While this process is warm and waits.
  const engine = await startSqlEngine();
  writeSync(1, Uint8Array.of(readyByte));

  const files = createDataFiles(process.argv[2] ?? "");
  const input = byteStream(standardInput, () => process.kill(process.pid, "SIGKILL"));
  if (!(await input.begins(spareAfterMs))) {
    // As the supervisor has guessed; another job loads what it needs itself, and a failure shows then.
    const kind = process.argv[3];
    if (kind === "js") quickJs().catch(() => {});
    if (kind === "sql") await rehearse(files.unused()).catch(() => {});
  }
  const length = await input.take(4);
  const job = decode<SandboxJob>(await input.take(new DataView(length.buffer, length.byteOffset).getUint32(0)));
  const tables = [];
  for (const { table, owner, bytes } of job.tables) {
    const { fd, path } = files.open();
    await input.copyTo(fd, bytes);
    tables.push({ table, owner, path });
  }
  const answer = encodeAnswer(await runProgram(engine, job, tables));
  for (let at = 0; at < answer.length; ) at += writeSync(1, answer, at);
}

// What fails here ends the process: its supervisor sees that there is no answer.
void main();
