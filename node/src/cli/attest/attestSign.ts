import { evidenceFamilyOf, type QuorumEvidence } from "@persona-protocol/sdk/attestation";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { jsonLine } from "../jsonLine.ts";
import { type AttestFlags, readCertificates, readEvidence } from "./judgeFile.ts";
import { type MemberFlags, openVerifierNode } from "./openVerifierNode.ts";

type SignFlags = MemberFlags & Pick<AttestFlags, "vcek" | "ask" | "ark" | "at">;

/** `persona attest sign FILE`: what a member of the quorum says of it, for QuorumVerifier. Exit code 2 where it is refused. */
export async function attestSign(file: string, flags: SignFlags): Promise<void> {
  const { node, address } = await openVerifierNode(flags);
  const asked = await askedOf(file, flags);
  if (flags.at !== undefined && !/^\d{1,11}$/.test(flags.at)) {
    throw new PersonaError("USAGE", "--at takes whole seconds since 1970.", { data: { at: flags.at } });
  }
  const verifiedAt = flags.at === undefined ? Math.floor(Date.now() / 1_000) : Number(flags.at);
  const { result, signature } = await node.judge({ asked, verifiedAt });
  process.stdout.write(
    flags.json
      ? jsonLine({ member: address, result, signature })
      : `${address} signs: ${result.measurement} until ${new Date(result.validUntil * 1_000).toISOString()}\n${signature}\n`,
  );
}

async function askedOf(file: string, flags: SignFlags): Promise<QuorumEvidence> {
  const evidence = await readEvidence(file);
  const family = evidenceFamilyOf(evidence);
  if (family === "nitro") return { kind: family, evidence };
  if (family !== "snp") {
    throw new PersonaError("EVIDENCE_UNREADABLE", "A quorum judges Nitro documents and SNP reports only.", {
      data: { file },
    });
  }
  const certificates = await readCertificates(flags);
  if (certificates === undefined) {
    throw new PersonaError("USAGE", "An SNP report needs --vcek, --ask and --ark.", { data: { file } });
  }
  return { kind: family, evidence, certificates };
}
