import type { Context } from "../context.ts";
import type { PeerMethods } from "./runtime/peer.ts";
import {
  connectEnclave,
  type EnclaveProcess,
  type EnclaveRole,
  forwardToEnclave,
  startEnclave,
} from "./startEnclave.ts";

/** The enclave of a daemon: the one at the configured socket, or one that it starts. @throws PersonaError ENCLAVE_FAILED */
export async function openEnclave(
  { config, isolation, bundle, evidence, log }: Pick<Context, "config" | "isolation" | "bundle" | "evidence" | "log">,
  { role, methods }: { readonly role: EnclaveRole; readonly methods: PeerMethods },
): Promise<EnclaveProcess> {
  if (config.enclaveSocket !== undefined) return connectEnclave(config.enclaveSocket, methods, evidence);
  if (config.enclaveVsock !== undefined) return forwardToEnclave(`vsock:${config.enclaveVsock}`, methods, evidence);
  return startEnclave({
    role,
    isolation,
    bundle,
    evidence,
    methods,
    log: saysOf(log),
  });
}

/** What an enclave writes to stderr may quote what it works on: of a line only the kind of its error is logged. */
export const saysOf =
  (log: Pick<Context["log"], "warn">) =>
  (line: string): void =>
    log.warn(
      { error: /\b(?:ERR_[A-Z_]{3,40}|[A-Z][A-Za-z]{2,40}Error)\b/.exec(line)?.[0] ?? "unnamed" },
      "enclave says",
    );
