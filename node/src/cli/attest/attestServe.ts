import { PersonaError } from "@persona-protocol/sdk/errors";
import { startVerifierServer } from "../../attestation/quorum/verifierServer.ts";
import { jsonLine } from "../jsonLine.ts";
import { aborted, untilStopped } from "../untilStopped.ts";
import { type MemberFlags, openVerifierNode } from "./openVerifierNode.ts";

/** `persona attest serve`: a verifier node, until it is asked to stop. */
export async function attestServe(
  flags: MemberFlags & { readonly host: string; readonly port: string },
): Promise<void> {
  const signal = untilStopped();
  if (!/^\d{1,5}$/.test(flags.port) || Number(flags.port) > 65_535) {
    throw new PersonaError("USAGE", "--port takes a number up to 65535.", { data: { port: flags.port } });
  }
  const { node, address } = await openVerifierNode(flags);
  const server = await startVerifierServer({ host: flags.host, port: Number(flags.port), node });
  const facts = { member: address, host: flags.host, port: server.port, pid: process.pid };
  process.stdout.write(
    flags.json ? jsonLine(facts) : `verifier ${address} answers on port ${server.port}. Ctrl-C stops it.\n`,
  );
  await aborted(signal);
  await server.close();
}
