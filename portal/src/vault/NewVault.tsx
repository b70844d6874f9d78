import { useCallback } from "react";
import { useWrite } from "../protocol/useWrite.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { LockChoice, lockOf, useLockDraft } from "./LockChoice.tsx";
import type { Lock, Place } from "./locks.ts";
import { createVault } from "./vault.ts";

export function NewVault({ place, why }: { place: Place; why: string }) {
  const [draft, setDraft] = useLockDraft();
  const lock = lockOf(draft);
  const create = useWrite(
    useCallback(
      async (under: Lock) => {
        await createVault(place, under);
      },
      [place],
    ),
    { busy: "Making your key.", done: "Your key is made. Make a recovery kit next." },
  );
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (lock !== undefined) void create.run(lock);
      }}
    >
      <h2>Make your key</h2>
      <p className="muted">
        {why} you need a key of your own. It is random, made on this device, and never leaves it in clear. Your wallet
        does not know it: no page can ask your wallet for your data. What you choose below protects it here; a recovery
        kit, which you make afterwards, brings it back on another device.
      </p>
      <LockChoice draft={draft} onChange={setDraft} label="Passphrase" />
      <ErrorNotice error={create.error} />
      <p>
        <button type="submit" className="main" disabled={lock === undefined || create.state === "busy"}>
          {create.state === "busy" ? "Making it …" : "Make my key"}
        </button>
      </p>
    </form>
  );
}
