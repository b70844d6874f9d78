import { type Address, type Hex, recoverTypedDataAddress } from "viem";
import {
  type ChainClient,
  type ChainView,
  createChainView,
  type Deployment,
  KeyClass,
  typedData,
} from "../contracts/index.ts";
import { isPersonaError, PersonaError } from "../errors/index.ts";
import { getFromGuardian } from "./guardianHttp.ts";
import {
  decodeLogEntry,
  decodeLogPage,
  encodeLogQuery,
  type LogLine,
  type LogPage,
  maxLogEntries,
  maxLogPageBytes,
  type SignedLogHead,
} from "./logMessages.ts";
import { type LogEntry, logHeadHash, logTypedData } from "./logTypedData.ts";
import { leafHash, verifyConsistency, verifyInclusion } from "./merkleLog.ts";

/** One entry of a guardian's log whose place in the signed head has been proved. */
export type ProvedEntry = LogEntry & {
  /** Place in the guardian's whole log, from 0. */
  readonly index: number;
  /** What a guardian's signed answer must name as its `logHead` when it is about this entry. */
  readonly logHead: `0x${string}`;
  /** The guardian's signature under its release; undefined for refusals and revocations. */
  readonly releaseSignature: `0x${string}` | undefined;
};

export type AccessLogOfDataset = {
  readonly guardian: number;
  /** Keep it: the next fetch proves that nothing before it was changed. */
  readonly head: SignedLogHead;
  readonly entries: readonly ProvedEntry[];
};

const timeoutMs = 10_000;
/** Of one dataset at one guardian: an endless list is no list. */
const maxPages = 4_096;

/**
 * All that one guardian has logged about a dataset of the caller, each entry proved against a head that the guardian's
 * enclave has signed. The client signs one query a page; where its account is a contract (ERC-1271), that is asked.
 *
 * @param parameters.known a head of an earlier fetch: the present log must begin with it.
 * @throws PersonaError GUARDIAN_LOG_INVALID when a proof or signature is wrong; its data names both heads.
 * @throws PersonaError GUARDIANS_UNAVAILABLE, OWNER_MISMATCH
 */
export async function fetchAccessLog(
  context: { readonly client: ChainClient; readonly deployment: Deployment },
  parameters: {
    readonly datasetId: `0x${string}`;
    readonly guardian: number;
    readonly known?: SignedLogHead;
    readonly pageEntries?: number;
  },
): Promise<AccessLogOfDataset> {
  const { client, deployment } = context;
  const { datasetId, guardian, known, pageEntries = maxLogEntries } = parameters;
  const chain = createChainView(client, deployment);
  const entries: ProvedEntry[] = [];
  let since = known;
  let from = 0;
  for (let pages = 0; pages < maxPages; pages++) {
    const { number, timestamp } = await chain.block("latest");
    const { endpoint } = await chain.node(guardian, number);
    if (!URL.canParse(endpoint))
      throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian has no endpoint.", { data: { guardian } });
    const size = since?.size ?? 0;
    const query = { datasetId, guardian, from, limit: pageEntries, since: size, issuedAt: Number(timestamp) };
    const signature = await client.signTypedData(logTypedData.query(deployment, query));
    const page = decodeLogPage(await askPage(endpoint, encodeLogQuery({ ...query, signature })));
    await verifyLogHead(chain, guardian, page.head);
    requireSameLog(since, page);
    for (const line of page.lines) entries.push(await verifyLine(chain, datasetId, page, line, from));
    since = page.head;
    if (page.next === undefined) return { guardian, head: page.head, entries };
    if (page.next <= from) throw invalid("The guardian's pages do not come to an end.", { guardian });
    from = page.next;
  }
  throw invalid("The guardian's pages do not come to an end.", { guardian });
}

/** A guardian takes so many pages a second; whoever reads a long log waits for it, as often as a page takes no longer than one. */
async function askPage(endpoint: string, query: Hex): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(timeoutMs);
  for (;;) {
    try {
      return await getFromGuardian(endpoint, `/log?q=${query}`, { maxBytes: maxLogPageBytes, signal });
    } catch (error) {
      const waitMs = isPersonaError(error) && error.code === "RATE_LIMITED" ? Number(error.data["waitMs"]) : Number.NaN;
      if (!(waitMs > 0 && waitMs <= timeoutMs) || signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** @throws PersonaError GUARDIAN_LOG_INVALID unless a guardian key of this node has signed the head */
export async function verifyLogHead(chain: ChainView, guardian: number, head: SignedLogHead): Promise<Address> {
  const signer = await recoverTypedDataAddress({
    ...logTypedData.head(chain.deployment, head),
    signature: head.signature,
  }).catch(() => undefined);
  if (signer !== undefined && head.guardian === guardian && (await isGuardianKey(chain, guardian, signer)))
    return signer;
  throw invalid("The log's head is not signed by the guardian.", { guardian, size: head.size, root: head.root });
}

/** Also a key that has ended: what it signed while it lived stays true, and a guardian's keys change with its periods. */
async function isGuardianKey(chain: ChainView, guardian: number, signer: Address): Promise<boolean> {
  const { number } = await chain.block("latest");
  const key = await chain.enclaveKey(signer, number);
  return key.nodeId === guardian && key.keyClass === KeyClass.guardian;
}

function requireSameLog(known: SignedLogHead | undefined, { head, consistency }: LogPage): void {
  if (known === undefined || verifyConsistency(known, head, consistency)) return;
  throw invalid("The guardian shows another log than before: it has rewritten history.", {
    guardian: head.guardian,
    knownSize: known.size,
    knownRoot: known.root,
    knownSignature: known.signature,
    size: head.size,
    root: head.root,
    signature: head.signature,
  });
}

async function verifyLine(
  chain: ChainView,
  datasetId: string,
  { head }: LogPage,
  line: LogLine,
  from: number,
): Promise<ProvedEntry> {
  const { index, proof, root, rootProof, release } = line;
  const entry = decodeLogEntry(line.entry);
  const data = { guardian: head.guardian, index };
  if (entry.datasetId !== datasetId || index < from) throw invalid("The entry was not asked for.", data);
  const proved =
    verifyInclusion({ leaf: leafHash(line.entry), index, size: head.size, root: head.root, proof }) &&
    verifyConsistency({ size: index + 1, root }, head, rootProof);
  if (!proved) throw invalid("The entry's proof does not lead to the signed head.", data);
  const logHead = logHeadHash({ size: index + 1, root });
  if (release !== undefined) {
    const signed = typedData.release(chain.deployment, release.release);
    const signer = await recoverTypedDataAddress({ ...signed, signature: release.signature }).catch(() => undefined);
    const fits =
      entry.kind === "release" &&
      release.release.jobId === entry.jobId &&
      release.release.datasetId === entry.datasetId &&
      release.release.guardian === head.guardian &&
      release.release.logHead === logHead &&
      signer !== undefined &&
      (await isGuardianKey(chain, head.guardian, signer));
    if (!fits) throw invalid("The release beside the entry is not the one that it logs.", data);
  }
  return { ...entry, index, logHead, releaseSignature: release?.signature };
}

function invalid(message: string, data: Record<string, string | number | bigint>): PersonaError {
  return new PersonaError("GUARDIAN_LOG_INVALID", message, { data });
}
