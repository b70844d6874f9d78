import type { PersonaClient } from "@persona-protocol/sdk";
import { backupOf } from "@persona-protocol/sdk/access";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { zeroHash } from "viem";
import { NewVault } from "./NewVault.tsx";
import { RestoreVault } from "./RestoreVault.tsx";
import { UnlockVault } from "./UnlockVault.tsx";
import { useVault } from "./useVault.ts";
import type { Vault } from "./vault.ts";

/** What needs the owner's private records: shown when they are open, and before that the way to open, make or restore them. */
export function VaultGate({
  persona,
  why,
  children,
}: {
  persona: PersonaClient;
  /** What the records are needed for here: "To answer it". */
  why: string;
  children: (vault: Vault) => ReactNode;
}) {
  const owner = persona.client.account.address;
  const { status, vault, place, locks } = useVault(owner);
  const [chosen, setChosen] = useState<"new" | "kit" | undefined>(undefined);
  const hasBackup = useHasBackup(persona);
  // Who has a backup has a key already: a second one would not open what the first one closed.
  const restoring = (chosen ?? (hasBackup ? "kit" : "new")) === "kit";
  if (status === "open") return children(vault);
  if (status === "reading") return null;
  if (status === "locked")
    return (
      <>
        <UnlockVault place={place} locks={locks} why={why} />
        <details className="card">
          <summary>I cannot unlock it any more</summary>
          <RestoreVault persona={persona} place={place} />
        </details>
      </>
    );
  return (
    <div className="card">
      <fieldset className="row plain-set">
        <legend className="hidden-text">Your key on this device</legend>
        <button type="button" aria-pressed={!restoring} onClick={() => setChosen("new")}>
          I am new here
        </button>
        <button type="button" aria-pressed={restoring} onClick={() => setChosen("kit")}>
          I have a recovery kit
        </button>
      </fieldset>
      {!restoring && hasBackup && (
        <p className="notice notice-warn">
          This account has a backup under a key that it made before. With a new key you start anew: what was encrypted
          under the old one opens with the old one alone.
        </p>
      )}
      {restoring ? <RestoreVault persona={persona} place={place} /> : <NewVault place={place} why={why} />}
    </div>
  );
}

/** Whether the chain names a backup of this owner's records. */
function useHasBackup({ client, deployment }: PersonaClient): boolean {
  const owner = client.account.address;
  const { data } = useQuery({
    queryKey: ["backup", deployment.chainId, owner.toLowerCase()],
    queryFn: () => backupOf(client, deployment, owner),
  });
  return data !== undefined && data !== zeroHash;
}
