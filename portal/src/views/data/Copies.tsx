import { checkStores, cidOfDigest, type DatasetHead } from "@persona-protocol/sdk/storage";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "../../app/Session.tsx";
import type { DatasetRow } from "../../protocol/datasets.ts";
import { portalStores } from "../../storage/portalStores.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";

/** Leaves that are read back from each store, picked at random each time, besides everything above them. */
const sample = 2;

const words: Readonly<Record<string, string>> = {
  whole: "whole",
  unpinned: "there, but may be thrown away: not pinned",
  missing: "parts are missing",
  wrong: "gave wrong bytes",
  full: "full",
  slow: "too slow",
  gone: "does not answer",
  refused: "refuses",
  failed: "does not work",
};

export function Copies({ dataset, head }: { dataset: DatasetRow; head: DatasetHead }) {
  const { config } = useSession();
  const { readers, wanted } = portalStores(config);
  const { data, error, isPending, refetch, isFetching } = useQuery({
    queryKey: ["copies", config.network.chainId, dataset.datasetId, dataset.version],
    queryFn: ({ signal }) => checkStores(readers, cidOfDigest(head.manifestDigest, "dag-cbor"), { sample, signal }),
    staleTime: 120_000,
    refetchInterval: false,
    enabled: dataset.status !== "erased",
  });
  if (dataset.status === "erased") return <span className="muted">let go of</span>;
  if (isPending) return <span className="muted">Reading samples back from each store …</span>;
  if (data === undefined) return <ErrorNotice error={error} what="The copies could not be looked at." />;
  const isEnough = data.copies >= wanted;
  return (
    <span className="stack-tight">
      <span className="row">
        <span className={`tag ${isEnough ? "tag-good" : "tag-bad"}`}>
          {data.copies} of {readers.length} whole
        </span>
        {!isEnough && (
          <span className="tag-bad small">fewer than the {wanted} you want: repair it from a whole copy</span>
        )}
        <button type="button" className="plain" disabled={isFetching} onClick={() => void refetch()}>
          {isFetching ? "Looking …" : "Look again"}
        </button>
      </span>
      <span className="small muted">
        {data.stores
          .map(
            ({ store, status, checked, blocks }) =>
              `${store}: ${words[status] ?? status} (${checked} of ${blocks} blocks read)`,
          )
          .join("; ")}
      </span>
    </span>
  );
}
