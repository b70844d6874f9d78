import {
  decodeLogQuery,
  decodeReleaseAnswer,
  decodeSignedLogHead,
  encodeLogPage,
  type LogLine,
} from "@persona-protocol/sdk/access";
import { PersonaError } from "@persona-protocol/sdk/errors";
import type { GuardianLog } from "./guardianLog.ts";

/**
 * One page of the log for the owner of a dataset, who signs the query: entries of that dataset only, each with its proof. The
 * head is the enclave's, which judges who asks by its own reading of the chain; whatever the host changes or leaves out, the proofs
 * do not lead to that head.
 *
 * @param text the query as the address carries it
 * @returns DAG-CBOR of a LogPage
 * @throws PersonaError REQUEST_INVALID, OWNER_MISMATCH
 */
export async function readLog(
  context: {
    readonly log: Pick<GuardianLog, "lines" | "consistency">;
    /**
     * DAG-CBOR of a signed head that is not behind any entry that was answered, for the owner of the dataset and for nobody else.
     * @throws PersonaError REQUEST_INVALID, OWNER_MISMATCH
     */
    readonly signHead: (query: string) => Promise<Uint8Array>;
  },
  text: string,
): Promise<Uint8Array> {
  const { log, signHead } = context;
  const { datasetId, from, limit, since } = decodeLogQuery(text);
  const head = decodeSignedLogHead(await signHead(text));
  if (since > head.size)
    throw new PersonaError("GUARDIAN_LOG_INVALID", "The log is shorter than the head that was shown.", {
      data: { since, size: head.size },
    });
  const page = log.lines({ datasetId, from, limit, size: head.size });
  const consistency = log.consistency(since, head.size);
  return encodeLogPage({ head, consistency, lines: page.lines.map(withRelease), next: page.next });
}

/** The owner needs what was signed, not the sealed keys that it came with. */
function withRelease({ answer, ...line }: ReturnType<GuardianLog["lines"]>["lines"][number]): LogLine {
  const decoded = answer === undefined ? undefined : decodeReleaseAnswer(answer);
  if (decoded?.status !== "released") return { ...line, release: undefined };
  return { ...line, release: { release: decoded.release, signature: decoded.signature } };
}
