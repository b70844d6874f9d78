// In the place of a sandbox's own code: loads native code, and answers with what it found.
import { readFileSync, writeSync } from "node:fs";

writeSync(1, Uint8Array.of(0x52));
process.stdin.once("data", () => {
  try {
    process.dlopen({ exports: {} }, `${import.meta.dirname}/escape.so`);
  } catch {
    // It is no addon; its constructor has run all the same.
  }
  const report = readFileSync("/data/report");
  const head = new DataView(new ArrayBuffer(21));
  head.setUint8(0, 0);
  head.setUint32(17, report.length);
  writeSync(1, new Uint8Array(head.buffer));
  for (let at = 0; at < report.length; ) at += writeSync(1, report, at);
});
