import type { PersonaClient } from "@persona-protocol/sdk";
import {
  type AccessLogOfDataset,
  decodeSignedLogHead,
  encodeSignedLogHead,
  fetchAccessLog,
  findOmitted,
  settledJobs,
} from "@persona-protocol/sdk/access";
import { isPersonaError, type PersonaError } from "@persona-protocol/sdk/errors";
import { useCallback, useState } from "react";
import type { Address } from "viem";
import { useSession } from "../../app/Session.tsx";
import { type DatasetRow, readKeyBoxHead, useDatasets } from "../../protocol/datasets.ts";
import type { JobRow } from "../../protocol/jobs.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Field } from "../../ui/Field.tsx";
import { ReadOnly } from "../../ui/ReadOnly.tsx";
import { fromBase64, toBase64 } from "../../vault/records.ts";
import { changeVault, type Vault } from "../../vault/vault.ts";
import { titleOf } from "../grants/WhoCanRead.tsx";
import { type Alarm, alarmsOf, type ReleaseRow, releaseRows } from "./releaseFindings.ts";

type Findings = {
  readonly rows: readonly ReleaseRow[];
  readonly alarms: readonly Alarm[];
  readonly asked: number;
  readonly failures: readonly { readonly guardian: number; readonly error: PersonaError }[];
};

/** What the guardians say they have released, proved, and held against the receipts. */
export function Releases({
  persona,
  owner,
  vault,
  jobs,
}: {
  persona: PersonaClient;
  owner: Address;
  vault: Vault | undefined;
  jobs: readonly JobRow[];
}) {
  const { config, canWrite } = useSession();
  const { data: datasets = [] } = useDatasets(persona, owner);
  const [chosen, setChosen] = useState("");
  const [findings, setFindings] = useState<Findings | undefined>(undefined);
  const dataset = datasets.find(({ datasetId }) => datasetId === chosen) ?? datasets[0];
  const ask = useWrite(
    useCallback(
      async (of: DatasetRow) => {
        const head = of.versions.at(-1)?.head;
        if (head === undefined) throw new Error("The chain shows no version of this dataset.");
        const { guardians } = await readKeyBoxHead(config, head);
        setFindings(await askGuardians(persona, { dataset: of, guardians, vault, jobs }));
      },
      [config, persona, vault, jobs],
    ),
    { busy: "Look into your wallet.", done: "The guardians have answered." },
  );
  if (dataset === undefined) return null;
  return (
    <section className="card" aria-labelledby="releases">
      <h2 id="releases">Keys that were released</h2>
      <p className="muted">
        Each guardian writes down, in a log that it cannot rewrite, for which job it has released a share of your keys.
        Only you may read it: your wallet signs one question for each guardian, free.
      </p>
      {canWrite ? (
        <div className="filters">
          <Field label="Of which dataset">
            <select value={dataset.datasetId} onChange={(event) => setChosen(event.target.value)}>
              {datasets.map((each) => (
                <option key={each.datasetId} value={each.datasetId}>
                  {titleOf(vault, each)}
                </option>
              ))}
            </select>
          </Field>
          <button type="button" disabled={ask.state === "busy"} onClick={() => void ask.run(dataset)}>
            {ask.state === "busy" ? "Look into your wallet …" : "Ask the guardians"}
          </button>
        </div>
      ) : (
        <ReadOnly what="ask the guardians" />
      )}
      <ErrorNotice error={ask.error} />
      {findings !== undefined && <Shown findings={findings} />}
    </section>
  );
}

function Shown({ findings }: { findings: Findings }) {
  const { rows, alarms, asked, failures } = findings;
  return (
    <div className="stack" role="status">
      {alarms.length > 0 ? (
        <div className="notice notice-bad" role="alert">
          <strong>
            {alarms.length} alarm{alarms.length === 1 ? "" : "s"}
          </strong>
          {alarms.map(({ jobId, text }) => (
            <span key={`${jobId}${text}`}>
              {text} <span className="mono small">Job {jobId.slice(0, 18)}…</span>
            </span>
          ))}
        </div>
      ) : (
        <p className="notice">
          No alarm: every key that was released belongs to a job with a receipt, or to one that is running
          {failures.length > 0 && ", as far as the guardians that answered say"}.
        </p>
      )}
      {failures.map(({ guardian, error }) => (
        <ErrorNotice key={guardian} error={error} what={`Guardian ${guardian} gave no log.`} />
      ))}
      {rows.length === 0 ? (
        <p className="muted">None of {asked} guardians has released anything.</p>
      ) : (
        <section className="table-wrap" aria-label="Releases">
          <table>
            <thead>
              <tr>
                <th scope="col">Job</th>
                <th scope="col">Released by</th>
                <th scope="col">Refused by</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ jobId, guardians, refusedBy }) => (
                <tr key={jobId}>
                  <td className="mono small">{jobId.slice(0, 18)}…</td>
                  <td>{guardians.length === 0 ? "nobody" : `guardian ${guardians.join(", ")}`}</td>
                  <td>
                    {refusedBy.map(({ guardian, reason }) => `guardian ${guardian} (${reason})`).join(", ") || "nobody"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}

/** One after the other: each asks the wallet. A guardian that does not answer, or lies, is a finding; the others are still asked. */
async function askGuardians(
  persona: PersonaClient,
  {
    dataset,
    guardians,
    vault,
    jobs,
  }: {
    readonly dataset: DatasetRow;
    readonly guardians: readonly number[];
    readonly vault: Vault | undefined;
    readonly jobs: readonly JobRow[];
  },
): Promise<Findings> {
  const { client, deployment } = persona;
  const context = { client, deployment };
  const { datasetId } = dataset;
  const keyOf = (guardian: number) => `${datasetId} ${guardian}`;
  const logs: AccessLogOfDataset[] = [];
  const failures: Findings["failures"][number][] = [];
  const heads: Record<string, string> = {};
  for (const guardian of guardians) {
    const kept = vault?.content.heads[keyOf(guardian)];
    try {
      const log = await fetchAccessLog(context, {
        datasetId,
        guardian,
        ...(kept === undefined ? {} : { known: decodeSignedLogHead(fromBase64(kept)) }),
      });
      logs.push(log);
      heads[keyOf(guardian)] = toBase64(encodeSignedLogHead(log.head));
    } catch (error) {
      if (!isPersonaError(error) || error.code === "SIGNATURE_REJECTED") throw error;
      failures.push({ guardian, error });
    }
  }
  if (vault !== undefined)
    await changeVault({ chainId: deployment.chainId, owner: vault.owner }, (content) => ({
      ...content,
      heads: { ...content.heads, ...heads },
    }));
  const settled = await settledJobs(context, datasetId);
  // One that could not be asked has not left anything out yet.
  const checks = failures.length > 0 ? [] : settled.map((job) => ({ job, check: findOmitted(job, logs) }));
  const rows = releaseRows(logs);
  return { rows, alarms: alarmsOf(rows, jobs, checks), asked: guardians.length, failures };
}
