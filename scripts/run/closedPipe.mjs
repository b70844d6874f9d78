// Loaded before every command (`--import`): whose reader has read enough, as `| head` does, ends quietly, like any program on a pipe.
import { constants } from "node:os";

let isClosed = false;

/** @param {Error & { code?: string }} error */
function onError(error) {
  if (error.code !== "EPIPE") throw error;
  if (isClosed) return;
  isClosed = true;
  process.exitCode = 128 + constants.signals.SIGPIPE;
  // Who has started others ends them when it is asked to; everybody else has nothing to end.
  if (!process.emit("SIGTERM", "SIGTERM")) process.exit();
}

for (const stream of [process.stdout, process.stderr]) stream.on("error", onError);
