import type { PersonaClient } from "@persona-protocol/sdk";
import { useCallback } from "react";
import { useSession } from "../../app/Session.tsx";
import type { DatasetRow } from "../../protocol/datasets.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Time } from "../../ui/Time.tsx";

/** While an erasure can be taken back, and when it only needs to be concluded. */
export function RestoreRow({ persona, dataset }: { persona: PersonaClient; dataset: DatasetRow }) {
  const { canWrite } = useSession();
  const finalAt = dataset.erasureFinalAt ?? 0;
  const isOver = Date.now() / 1_000 >= finalAt;
  const restore = useWrite(
    useCallback(() => persona.restoreDatasetAndWait(dataset), [persona, dataset]),
    { busy: "Waiting for your wallet.", done: "The dataset is restored. Its grants count again." },
  );
  const conclude = useWrite(
    useCallback(() => persona.concludeErasureAndWait(dataset), [persona, dataset]),
    { busy: "Waiting for your wallet.", done: "The dataset is erased for ever." },
  );
  return (
    <div className="notice notice-warn">
      <span>
        {isOver ? "It could be restored until " : "It can be restored until "}
        <Time at={finalAt} away={!isOver} />.{" "}
        {isOver ? "Now it is only to be concluded, by anybody." : "Its grants would count again."}
      </span>
      {canWrite && (
        <span className="row">
          {!isOver && (
            <button type="button" disabled={restore.state === "busy"} onClick={() => void restore.run()}>
              {restore.state === "busy" ? "Look into your wallet …" : "Restore it"}
            </button>
          )}
          {isOver && (
            <button type="button" disabled={conclude.state === "busy"} onClick={() => void conclude.run()}>
              {conclude.state === "busy" ? "Look into your wallet …" : "Conclude the erasure"}
            </button>
          )}
        </span>
      )}
      <ErrorNotice error={restore.error ?? conclude.error} />
    </div>
  );
}
