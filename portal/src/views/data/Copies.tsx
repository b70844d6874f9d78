import {
  checkStores,
  cidOfDigest,
  type DatasetHead,
  repairStores,
  type StoreCheck,
  type StoreStatus,
} from "@persona-protocol/sdk/storage";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useSession } from "../../app/Session.tsx";
import type { DatasetRow } from "../../protocol/datasets.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { portalStores } from "../../storage/portalStores.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";

/** Leaves that are read back from each store, picked at random each time, besides everything above them. */
const sample = 2;

const words: Readonly<Record<StoreStatus, string>> = {
  whole: "whole",
  unpinned: "there, but may be thrown away: not pinned",
  missing: "parts are missing",
  wrong: "gave wrong bytes",
  full: "full",
  slow: "too slow",
  gone: "does not answer",
  refused: "refuses",
  // A browser does not say which: it keeps from a page what does not allow that page.
  failed: "does not answer this page: it is not there, or does not allow it",
};

/** Where a dataset is kept, and whether each copy is whole: read back and checked, whatever the store says of itself. */
export function Copies({ dataset, head }: { dataset: DatasetRow; head: DatasetHead }) {
  const { config } = useSession();
  const { readers, keepers, wanted } = portalStores(config);
  const cid = cidOfDigest(head.manifestDigest, "dag-cbor");
  const { data, error, isPending, refetch, isFetching } = useQuery({
    queryKey: ["copies", config.network.chainId, dataset.datasetId, dataset.version],
    queryFn: ({ signal }) => checkStores(readers, cid, { sample, signal }),
    staleTime: 120_000,
    refetchInterval: false,
    enabled: dataset.status !== "erased",
  });
  const repair = useWrite(
    useCallback(async () => {
      const { failed, after } = await repairStores(keepers, cid, { sources: readers });
      const [first] = failed;
      if (first !== undefined) throw new Error(`${first.store} did not take it back: ${words[first.status]}`);
      if (after.lost.length > 0) throw new Error("No store has what is missing: it cannot be put back");
    }, [keepers, readers, cid]),
    { busy: "Repairing the copies.", done: "The copies are repaired." },
  );
  if (dataset.status === "erased") return <span className="muted">let go of</span>;
  if (isPending) return <span className="muted">Reading samples back from each store …</span>;
  if (data === undefined) return <ErrorNotice error={error} what="The copies could not be looked at." />;
  const isEnough = data.copies >= wanted;
  const broken = data.stores.filter(
    ({ store, status }) => status !== "whole" && keepers.some(({ name }) => name === store),
  );
  const isBusy = repair.state === "busy";
  return (
    <div className="stack-tight">
      <span className="row">
        <span className={`tag ${isEnough ? "tag-good" : "tag-bad"}`}>
          {data.copies} of {readers.length} whole
        </span>
        {!isEnough && <span className="tag-bad small">fewer than the {wanted} you want</span>}
        <button type="button" className="plain" disabled={isFetching || isBusy} onClick={() => void refetch()}>
          {isFetching ? "Looking …" : "Look again"}
        </button>
        {broken.length > 0 && (
          <button type="button" disabled={isFetching || isBusy} onClick={() => void repair.run()}>
            {isBusy ? "Repairing …" : "Repair from the good copies"}
          </button>
        )}
      </span>
      <ul className="stack-tight small plain-list">
        {data.stores.map((each) => (
          <StoreLine key={each.store} of={each} />
        ))}
      </ul>
      <ErrorNotice error={repair.error} what="Not everything was repaired." />
    </div>
  );
}

function StoreLine({ of: { store, status, checked, blocks } }: { of: StoreCheck }) {
  return (
    <li>
      {store}: <span className={status === "whole" ? undefined : "tag-bad"}>{words[status]}</span>{" "}
      <span className="muted">
        ({checked} of {blocks} blocks read)
      </span>
    </li>
  );
}
