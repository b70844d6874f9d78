import { request } from "node:http";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { shortSocketPath } from "./socketPath.ts";

const timeoutMs = 15_000;
const maxAnswerBytes = 1024 * 1024;
/** What the system says where no daemon listens. */
const nobody: readonly string[] = ["ENOENT", "ECONNREFUSED", "ENOTDIR", "ECONNRESET", "EPIPE"];

/**
 * Asks the daemon at a Unix socket.
 * @throws PersonaError NODE_NOT_RUNNING when there is none, NODE_UNANSWERED when it does not answer in time or with sense
 */
export async function askDaemon(socket: string, method: "GET" | "POST", path: string): Promise<unknown> {
  const notRunning = (cause: unknown) =>
    new PersonaError("NODE_NOT_RUNNING", "No daemon runs over this data directory.", { data: { socket }, cause });
  let short: ReturnType<typeof shortSocketPath>;
  try {
    short = shortSocketPath(socket);
  } catch (cause) {
    throw notRunning(cause);
  }
  try {
    return JSON.parse(await exchange(short.path, method, path)) as unknown;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (nobody.includes(code)) throw notRunning(cause);
    const what = code === "EACCES" ? "The daemon's socket is another user's." : "The daemon does not answer.";
    throw new PersonaError("NODE_UNANSWERED", what, { data: { socket }, cause });
  } finally {
    short.close();
  }
}

function exchange(socketPath: string, method: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // A connection of its own: one that was kept may be that of a daemon which has ended since.
    const asked = request(
      { socketPath, method, path, agent: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > maxAnswerBytes) response.destroy(new RangeError("the answer is too large"));
        });
        response.once("error", reject);
        response.once("end", () => {
          if (response.statusCode !== undefined && response.statusCode < 300) resolve(text);
          else reject(new Error(`HTTP ${response.statusCode}`));
        });
      },
    );
    asked.once("error", reject);
    asked.end();
  });
}
