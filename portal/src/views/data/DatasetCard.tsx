import type { PersonaClient } from "@persona-protocol/sdk";
import { printable } from "@persona-protocol/sdk/errors";
import { useState } from "react";
import { useSession } from "../../app/Session.tsx";
import type { DatasetRow } from "../../protocol/datasets.ts";
import { Time } from "../../ui/Time.tsx";
import type { Vault } from "../../vault/vault.ts";
import { titleOf } from "../grants/WhoCanRead.tsx";
import { Copies } from "./Copies.tsx";
import { EraseDialog } from "./EraseDialog.tsx";
import { RestoreRow } from "./RestoreRow.tsx";
import { SegmentTable } from "./SegmentTable.tsx";

const states = {
  active: ["in use", "tag-good"],
  erasing: ["being erased", "tag-warn"],
  erased: ["erased", ""],
  none: ["unknown", ""],
} as const;

export function DatasetCard({
  persona,
  dataset,
  vault,
  activeGrants,
}: {
  persona: PersonaClient;
  dataset: DatasetRow;
  vault: Vault | undefined;
  activeGrants: number;
}) {
  const { canWrite } = useSession();
  const [erasing, setErasing] = useState(false);
  const { datasetId, status, version, versions } = dataset;
  const record = vault?.content.records.find((each) => each.dataset.datasetId === datasetId);
  const [words, tag] = states[status];
  const head = versions.at(-1)?.head;
  const title = titleOf(vault, dataset);
  return (
    <article className="card" aria-label={printable(title)}>
      <div className="between">
        <h2>
          <bdi>{printable(title)}</bdi>
        </h2>
        <span className={`tag ${tag}`}>{words}</span>
      </div>
      {record === undefined ? (
        <p className="muted">
          {head?.catalogueLength ?? 0} segments.{" "}
          {vault === undefined
            ? "Their names and counts are in your private records."
            : "Your records on this device have no copy of this dataset: restore them from your backup, under Recovery."}
        </p>
      ) : (
        <SegmentTable record={record} title={title} />
      )}
      <dl className="facts">
        <dt>Copies</dt>
        <dd>{head === undefined ? "–" : <Copies dataset={dataset} head={head} />}</dd>
        <dt>Grants on it now</dt>
        <dd>
          {activeGrants} <a href="#/grants">see them</a>
        </dd>
        <dt>Versions</dt>
        <dd>
          {version}
          {versions.length > 0 && (
            <details>
              <summary>When each was published</summary>
              <ol className="stack-tight">
                {versions.map(({ head: each, at }) => (
                  <li key={`${each.manifestDigest} ${at}`}>
                    <Time at={at} /> <span className="muted">· {each.catalogueLength} segments</span>
                  </li>
                ))}
              </ol>
            </details>
          )}
        </dd>
        <dt>Id on the chain</dt>
        <dd className="mono small">{datasetId}</dd>
      </dl>
      {canWrite && status === "active" && (
        <p>
          <button type="button" className="danger-quiet" onClick={() => setErasing(true)}>
            Erase …<span className="hidden-text"> {printable(title)}</span>
          </button>
        </p>
      )}
      {status === "erasing" && <RestoreRow persona={persona} dataset={dataset} />}
      {erasing && (
        <EraseDialog
          persona={persona}
          dataset={dataset}
          title={title}
          activeGrants={activeGrants}
          onClose={() => setErasing(false)}
        />
      )}
    </article>
  );
}
