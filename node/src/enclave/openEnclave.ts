import type { Context } from "../context.ts";
import type { PeerMethods } from "./runtime/peer.ts";
import { connectEnclave, type EnclaveProcess, type EnclaveRole, startEnclave } from "./startEnclave.ts";

/** The enclave of a daemon: the one at the configured socket, or one that it starts. @throws PersonaError ENCLAVE_FAILED */
export async function openEnclave(
  { config, isolation, bundle, evidence, log }: Pick<Context, "config" | "isolation" | "bundle" | "evidence" | "log">,
  { role, methods }: { readonly role: EnclaveRole; readonly methods: PeerMethods },
): Promise<EnclaveProcess> {
  if (config.enclaveSocket !== undefined) return connectEnclave(config.enclaveSocket, methods, evidence);
  return startEnclave({
    role,
    isolation,
    bundle,
    evidence,
    methods,
    log: (line) => log.warn({ line }, "enclave says"),
  });
}
