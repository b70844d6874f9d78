import { useCallback, useState } from "react";
import { useWrite } from "../protocol/useWrite.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { PassphraseField } from "../ui/PassphraseField.tsx";
import type { Lock, LockKind, Place } from "./locks.ts";
import { unlockVault } from "./vault.ts";

export function UnlockVault({ place, locks, why }: { place: Place; locks: readonly LockKind[]; why: string }) {
  const [passphrase, setPassphrase] = useState("");
  const unlock = useWrite(
    useCallback(
      async (lock: Lock) => {
        await unlockVault(place, lock);
      },
      [place],
    ),
    { busy: "Opening your records.", done: "Your records are open." },
  );
  const isBusy = unlock.state === "busy";
  const hasPasskey = locks.includes("passkey");
  return (
    <form
      className="card"
      onSubmit={(event) => {
        event.preventDefault();
        void unlock.run({ kind: "passphrase", passphrase });
      }}
    >
      <h2>Your private records are locked</h2>
      <p className="muted">
        {why} the page needs the names of your segments and what you have granted before. They lie in this browser,
        sealed under your {locks.join(" or ")}.
      </p>
      {hasPasskey && (
        <p>
          <button type="button" className="main" disabled={isBusy} onClick={() => void unlock.run({ kind: "passkey" })}>
            {isBusy ? "Opening …" : "Unlock with your passkey"}
          </button>
        </p>
      )}
      {locks.includes("passphrase") && (
        <>
          <PassphraseField label="Passphrase" kind="current" value={passphrase} onChange={setPassphrase} />
          <p>
            <button type="submit" className={hasPasskey ? undefined : "main"} disabled={passphrase === "" || isBusy}>
              {isBusy ? "Opening …" : "Unlock"}
            </button>
          </p>
        </>
      )}
      <ErrorNotice error={unlock.error} />
    </form>
  );
}
