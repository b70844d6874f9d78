/**
 * Evidence of an AWS Nitro enclave by its Security Module. Node cannot make an ioctl, so a helper of ninety lines of C does
 * (node/native/nsmRequest.c): static, without arguments but the device, CBOR in and CBOR out.
 */
import { spawn } from "node:child_process";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { HostEvidence } from "./HostEvidence.ts";
import { attestationRequest, documentIn, maxNsmAnswerBytes } from "./nsmMessages.ts";

export function nitroModule({
  helper,
  device = "/dev/nsm",
  timeoutMs = 10_000,
}: {
  /** Path of the built `persona-nsm`. */
  readonly helper: string;
  readonly device?: string;
  readonly timeoutMs?: number;
}): HostEvidence {
  return {
    kind: "nitro",
    async quote(reportData) {
      if (reportData.length !== 64) throw new PersonaError("REQUEST_INVALID", "Report data has 64 bytes.");
      return { evidence: documentIn(await ask(helper, device, attestationRequest(reportData), timeoutMs)) };
    },
  };
}

/** What the helper says on stdout, when it ends well and in time. */
function ask(helper: string, device: string, request: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const child = spawn(helper, [device], { stdio: ["pipe", "pipe", "pipe"], env: {} });
  const fail = (text: string, data: Record<string, string | number> = {}, cause?: unknown) => {
    child.kill("SIGKILL");
    reject(new PersonaError("EVIDENCE_UNAVAILABLE", text, { data: { helper, device, ...data }, cause }));
  };
  const timer = setTimeout(() => fail("The Nitro Security Module did not answer in time.", { timeoutMs }), timeoutMs);
  const chunks: Buffer[] = [];
  let length = 0;
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maxNsmAnswerBytes) chunks.push(chunk);
    else fail("The Nitro Security Module's answer is too long.", { maxNsmAnswerBytes });
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(0, 200);
  });
  child.on("error", (cause) => fail("The helper persona-nsm cannot be started.", {}, cause));
  child.on("close", (code) => {
    clearTimeout(timer);
    if (code === 0) resolve(new Uint8Array(Buffer.concat(chunks)));
    else fail("The Nitro Security Module gave no document.", { exit: code ?? "killed", said: said.trim() });
  });
  // A helper that ends before it has read says why by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(request);
  return promise;
}
