import type { PersonaClient } from "@persona-protocol/sdk";
import { backupOf } from "@persona-protocol/sdk/access";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { zeroHash } from "viem";
import { useSession } from "../../app/Session.tsx";
import { useWrite } from "../../protocol/useWrite.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { ReadOnly } from "../../ui/ReadOnly.tsx";
import { loadRecords, setBackupCall, storeBackup } from "../../vault/restoreBackup.ts";
import { changeVault, type Vault, withRootKey } from "../../vault/vault.ts";

/** The owner's records, sealed under the root key, in the store; the chain names them by their digest. */
export function Backup({ persona, vault }: { persona: PersonaClient; vault: Vault }) {
  const { canWrite } = useSession();
  const { chainId } = persona.deployment;
  const { owner } = vault;
  const [message, setMessage] = useState("");
  const { data: digest } = useQuery({
    queryKey: ["backup", chainId, owner.toLowerCase()],
    queryFn: () => backupOf(persona.client, persona.deployment, owner),
  });
  const there = useQuery({
    queryKey: ["backup content", digest, vault.content.records.length],
    queryFn: () => withRootKey({ chainId, owner }, (rootKey) => loadRecords(persona, owner, rootKey)),
    enabled: digest !== undefined && digest !== zeroHash,
    refetchInterval: false,
    staleTime: 60_000,
  });
  const own = fingerprint(vault.content.records);
  const isCurrent = there.data !== undefined && fingerprint(there.data) === own;
  const backup = useWrite(
    useCallback(async () => {
      setMessage("");
      const stored = await withRootKey({ chainId, owner }, (rootKey) =>
        storeBackup(persona, rootKey, vault.content.records),
      );
      await persona.sendCalls([setBackupCall(persona, stored)]);
      setMessage("The backup is stored, and the chain names it.");
    }, [persona, vault, chainId, owner]),
    { busy: "Storing the backup. Look into your wallet.", done: "The backup is stored." },
  );
  const restore = useWrite(
    useCallback(async () => {
      const records = await withRootKey({ chainId, owner }, (rootKey) => loadRecords(persona, owner, rootKey));
      await changeVault({ chainId, owner }, (content) => {
        const here = new Set(content.records.map(({ dataset }) => dataset.datasetId));
        return {
          ...content,
          records: [...content.records, ...records.filter((each) => !here.has(each.dataset.datasetId))],
        };
      });
      setMessage("What the backup has, and this device had not, was added.");
    }, [persona, chainId, owner]),
    { busy: "Reading the backup.", done: "The backup was read." },
  );
  const count = vault.content.records.length;
  return (
    <section className="card" aria-labelledby="backup">
      <div className="between">
        <h2 id="backup">Backup of your records</h2>
        {digest === zeroHash ? (
          <span className="tag tag-bad">none yet</span>
        ) : there.data === undefined ? (
          <span className="tag">{there.isError ? "cannot be read" : "looking …"}</span>
        ) : (
          <span className={`tag ${isCurrent ? "tag-good" : "tag-warn"}`}>
            {isCurrent ? "up to date" : "older than this device"}
          </span>
        )}
      </div>
      <p className="muted">
        The names, counts and grants of your {count} dataset{count === 1 ? "" : "s"}, sealed under your key, in your
        store. With the kit it brings everything back on another device. The chain holds its fingerprint alone.
      </p>
      <ErrorNotice error={backup.error ?? restore.error ?? there.error} />
      {message !== "" && (
        <p className="notice" role="status">
          {message}
        </p>
      )}
      {canWrite ? (
        <p className="row">
          <button
            type="button"
            className={isCurrent ? "" : "main"}
            disabled={backup.state === "busy" || count === 0}
            onClick={() => void backup.run()}
          >
            {backup.state === "busy" ? "Look into your wallet …" : "Back up now"}
          </button>
          {digest !== undefined && digest !== zeroHash && (
            <button type="button" disabled={restore.state === "busy"} onClick={() => void restore.run()}>
              Add what the backup has
            </button>
          )}
        </p>
      ) : (
        <ReadOnly what="back up" />
      )}
    </section>
  );
}

/** What a backup is for: which datasets, in which version, with which grants. */
const fingerprint = (records: readonly Vault["content"]["records"][number][]): string =>
  records
    .map(({ dataset, portal }) => `${dataset.datasetId} ${dataset.version} ${portal?.grants.length ?? 0}`)
    .sort()
    .join();
