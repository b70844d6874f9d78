import { RunError } from "./RunError.mjs";

/** What npm says when it cannot reach a registry, in any of the ways in which it cannot. */
const UNREACHABLE =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|E50\d)\b/;
const CERTIFICATE = /\b(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w*CERT\w*|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_\w+)\b/;
const STACK = /^npm (ERR!|error)\s+(at |code: |errno: |type: |syscall: |address: |port: |requiredBy: |\}|$)/;
const TAIL_LINES = 12;

/**
 * @param {string} output all that npm wrote
 * @param {number} code its exit code
 */
export function explainNpmFailure(output, code) {
  const errors = output.split("\n").filter((line) => /^npm (ERR!|error)/.test(line) && !STACK.test(line));
  const said = errors.join("\n");
  const tail = (errors.length > 0 ? errors : output.trim().split("\n")).slice(0, TAIL_LINES).join("\n");
  const registry = /https?:\/\/[^\s/]+/.exec(said)?.[0] ?? "the npm registry";
  const advice = () => {
    const unreachable = UNREACHABLE.exec(said)?.[1];
    if (unreachable !== undefined) {
      const text =
        `The npm registry cannot be reached (${unreachable} from ${registry}).\n` +
        "Check the network, the proxy (npm config get proxy) and the registry (npm config get registry), then run the same command again.";
      return { text, exitCode: 75 };
    }
    const certificate = CERTIFICATE.exec(said)?.[1];
    if (certificate !== undefined) {
      const text = `The certificate of ${registry} is not trusted (${certificate}).\nBehind a proxy that opens TLS, point NODE_EXTRA_CA_CERTS at its certificate.`;
      return { text, exitCode: 1 };
    }
    if (/\bENOSPC\b/.test(said)) return { text: "The disk is full; the dependencies need about 1 GB.", exitCode: 1 };
    if (/\b(EACCES|EPERM|EROFS)\b/.test(said)) {
      return { text: "npm may not write here. Is this folder, or npm's cache, owned by another user?", exitCode: 1 };
    }
    if (/\bEINTEGRITY\b/.test(said)) {
      const text =
        "A package is not the one that package-lock.json names. Run `npm cache verify` and try again; do not remove the lock.";
      return { text, exitCode: 1 };
    }
    return { text: `npm failed with exit code ${code}.`, exitCode: 1 };
  };
  const { text, exitCode } = advice();
  return new RunError(`${tail}\n\n${text}`, exitCode);
}
