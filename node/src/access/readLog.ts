import {
  decodeLogQuery,
  decodeReleaseAnswer,
  decodeSignedLogHead,
  encodeLogPage,
  type LogLine,
  logTypedData,
} from "@persona-protocol/sdk/access";
import { type ChainClient, createChainView, type Deployment } from "@persona-protocol/sdk/contracts";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { recoverTypedDataAddress } from "viem";
import type { GuardianLog } from "./guardianLog.ts";

/** A query is good for so long before and after the chain's newest block: overheard later it shows nothing. */
const windowSeconds = 300;

/**
 * One page of the log for the owner of a dataset, who signs the query: entries of that dataset only, each with its proof. The
 * head is the enclave's; whatever the host changes or leaves out, the proofs do not lead to it.
 *
 * @param text the query as the address carries it
 * @returns DAG-CBOR of a LogPage
 * @throws PersonaError REQUEST_INVALID, OWNER_MISMATCH
 */
export async function readLog(
  context: {
    readonly client: ChainClient;
    readonly deployment: Deployment;
    readonly guardian: number;
    readonly log: Pick<GuardianLog, "lines" | "consistency">;
    /** DAG-CBOR of a signed head that is not behind any entry that was answered. */
    readonly signHead: () => Promise<Uint8Array>;
  },
  text: string,
): Promise<Uint8Array> {
  const { client, deployment, guardian, log, signHead } = context;
  const { signature, ...query } = decodeLogQuery(text);
  const { datasetId, from, limit, since, issuedAt } = query;
  const signer = await recoverTypedDataAddress({ ...logTypedData.query(deployment, query), signature }).catch(
    () => undefined,
  );
  const chain = createChainView(client, deployment);
  const { number, timestamp } = await chain.block("latest");
  if (query.guardian !== guardian || Math.abs(issuedAt - Number(timestamp)) > windowSeconds)
    throw new PersonaError("REQUEST_INVALID", "The query is for another guardian or another time.", {
      data: { guardian, issuedAt, now: timestamp },
    });
  const { owner } = await chain.dataset(datasetId, number);
  if (signer === undefined || signer !== owner)
    throw new PersonaError("OWNER_MISMATCH", "The log of a dataset is shown to its owner only.", {
      data: { datasetId },
    });

  const head = decodeSignedLogHead(await signHead());
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
