/** A person at a terminal sees one living line; a log sees a line now and then, so that it is never silent for long. */
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 120;
const HEARTBEAT_MS = 20_000;

/**
 * @param {string} label what is being done
 * @param {NodeJS.WriteStream} [stream]
 */
export function startProgress(label, stream = process.stderr) {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
  let detail = "";
  let frame = 0;
  if (!stream.isTTY) stream.write(`${label} …\n`);
  const timer = setInterval(
    () => {
      const text = `${label} … ${[detail, seconds()].filter(Boolean).join(", ")}`;
      if (stream.isTTY) stream.write(`\r\u001b[K${FRAMES[frame++ % FRAMES.length]} ${text}`);
      else stream.write(`${text}\n`);
    },
    stream.isTTY ? FRAME_MS : HEARTBEAT_MS,
  );
  timer.unref(); // nothing waits for a spinner
  /** @param {string} line */
  const end = (line) => {
    clearInterval(timer);
    stream.write(`${stream.isTTY ? "\r\u001b[K" : ""}${line}\n`);
  };
  return {
    /** @param {string} text */
    detail(text) {
      detail = text;
    },
    /** @param {string} text */
    done: (text) => end(`${text} (${seconds()})`),
    fail: () => end(`${label}: failed after ${seconds()}`),
  };
}
