import { decodeReceiptProof, encodeReceiptProof, verifyReceiptOffline } from "@persona-protocol/sdk";
import { requireNewFile, writeNewFile } from "../files.ts";
import { openPersona, type PersonaFlags, readLetters } from "../openPersona.ts";
import { parseHex32 } from "../parse.ts";
import { show } from "../show.ts";

const maxLetters = 64 * 1_024;

/** `persona receipt get ID`: receipt and signature of a settled job, to keep. */
export async function receiptGet(id: string, flags: PersonaFlags & { readonly out: string }): Promise<void> {
  await requireNewFile(flags.out);
  const persona = await openPersona(flags);
  const proof = await persona.receiptProof(parseHex32(id, "A job's id"));
  await writeNewFile(flags.out, `${encodeReceiptProof(proof)}\n`);
  show(flags.json, { jobId: proof.receipt.jobId, signer: proof.signer, file: flags.out }, [`receipt in ${flags.out}`]);
}

/** `persona receipt verify FILE`: who signed what; with the chain, whether the market took it under an attested key. */
export async function receiptVerify(file: string, flags: PersonaFlags & { readonly job?: string }): Promise<void> {
  const proof = decodeReceiptProof(await readLetters(file, maxLetters));
  const persona = await openPersona(flags);
  const { receipt, signer } = proof;
  const jobId = flags.job === undefined ? undefined : parseHex32(flags.job, "--job");
  const { deployment } = persona;
  const known = { deployment, signers: [signer], ...(jobId === undefined ? {} : { jobId }) };
  const { checked } = await verifyReceiptOffline(proof, known);
  await persona.verifyReceipt({ jobId: receipt.jobId, jobSpecHash: receipt.jobSpecHash }, { receipt, signer });
  const all = [
    ...checked.filter((each) => !each.includes("believed")),
    "the market took this receipt, under an attested worker's key",
  ];
  show(flags.json, { jobId: receipt.jobId, signer, checked: all }, [
    `receipt of job ${receipt.jobId} stands`,
    ...all.map((each) => `  ${each}`),
  ]);
}
