import {
  evidenceResultDigest,
  type QuorumDomain,
  type QuorumEvidence,
  quorumEvidence,
  type SignedEvidenceResult,
  signerOf,
} from "@persona-protocol/sdk/attestation";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import type { Address } from "viem";
import { decodeAnswer, encodeQuestion, maxAnswerBytes } from "./quorumMessages.ts";

/**
 * Asks all verifier nodes for their word on one piece of evidence, and makes of `threshold` equal ones what QuorumVerifier takes.
 * Nodes are not believed: an answer counts for the member that has signed it, once, and only with the result that most members
 * gave.
 *
 * @throws PersonaError EVIDENCE_REFUSED where fewer say the same; its data tells what each node said
 */
export async function askQuorum(parameters: {
  readonly urls: readonly string[];
  /** As the contract says it. */
  readonly isMember: (account: Address) => Promise<boolean>;
  readonly threshold: number;
  readonly domain: QuorumDomain;
  readonly asked: QuorumEvidence;
  /** Unix seconds. */
  readonly now?: number;
  readonly timeoutMs?: number;
}): Promise<Uint8Array> {
  const { urls, isMember, domain, asked, threshold, timeoutMs = 10_000 } = parameters;
  const verifiedAt = parameters.now ?? Math.floor(Date.now() / 1_000);
  const body = encodeQuestion({ asked, verifiedAt });
  const answers = await Promise.allSettled(
    urls.map(async (url) => {
      const answer = decodeAnswer(await post(url, body, timeoutMs));
      const digest = evidenceResultDigest(domain, answer.result);
      const signer = await signerOf(digest, answer.signature);
      const fits = answer.result.verifiedAt === verifiedAt && (await isMember(signer));
      if (!fits) throw new PersonaError("EVIDENCE_REFUSED", "It signed as nobody of the quorum, or for another time.");
      return { digest, signer, answer };
    }),
  );
  const byDigest = new Map<string, Map<string, SignedEvidenceResult>>();
  for (const settled of answers) {
    if (settled.status === "rejected") continue;
    const { digest, signer, answer } = settled.value;
    const same = byDigest.get(digest) ?? new Map<string, SignedEvidenceResult>();
    byDigest.set(digest, same.set(signer, answer));
  }
  const [most = new Map<string, SignedEvidenceResult>()] = [...byDigest.values()].sort((a, b) => b.size - a.size);
  if (most.size >= threshold) return quorumEvidence(domain, [...most.values()].slice(0, threshold));
  const said = answers.map((settled, index) => [`node ${index + 1}`, describe(settled)] as const);
  throw new PersonaError("EVIDENCE_REFUSED", `${most.size} of ${threshold} verifier nodes say the same.`, {
    data: Object.fromEntries(said),
  });
}

function describe(settled: PromiseSettledResult<{ readonly digest: string }>): string {
  if (settled.status === "fulfilled") return `signed ${settled.value.digest.slice(0, 18)}`;
  const { reason } = settled;
  return (isPersonaError(reason) ? reason.shortMessage : "cannot be reached").slice(0, 200);
}

async function post(url: string, body: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  const response = await fetch(new URL("/judge", url), {
    method: "POST",
    headers: { "content-type": "application/vnd.ipld.dag-cbor" },
    body: body as Uint8Array<ArrayBuffer>,
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  });
  const bytes = await readAtMost(response, maxAnswerBytes);
  if (response.ok) return bytes;
  throw new PersonaError(
    "EVIDENCE_REFUSED",
    new TextDecoder()
      .decode(bytes)
      .replace(/[^ -~]/g, "?")
      .slice(0, 200),
  );
}

async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new PersonaError("REQUEST_INVALID", "Its answer is too large.");
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
