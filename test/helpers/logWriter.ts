// A process that appends to a guardian's log until it is killed, and says each line's number once it is on the disk.
import { encodeLogEntry } from "@persona-protocol/sdk/access";
import { zeroAddress, zeroHash } from "viem";
import { openGuardianLog } from "../../node/src/access/guardianLog.ts";

const log = openGuardianLog(process.argv[2] ?? "");
for (let index = log.frontier().size; ; index++) {
  const entry = encodeLogEntry({
    kind: "release",
    reason: 0,
    jobId: zeroHash,
    attempt: 1,
    input: 0,
    datasetId: zeroHash,
    signer: zeroAddress,
    blockNumber: BigInt(index),
    salt: zeroHash,
  });
  const answer = { name: `${index}`, bytes: new Uint8Array(2_000).fill(index), until: 100 };
  log.append([{ index, entry, answer, revocation: undefined }]);
  process.stdout.write(`${index}\n`);
}
