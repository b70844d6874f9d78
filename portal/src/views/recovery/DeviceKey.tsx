import { useCallback } from "react";
import { refreshAll } from "../../app/queryClient.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { LockChoice, lockOf, useLockDraft } from "../../vault/LockChoice.tsx";
import { addLock, canHavePasskey, type Lock, type LockKind, type Place, removeLock } from "../../vault/locks.ts";
import { useVault } from "../../vault/useVault.ts";
import { lockVault, type Vault, withRootKey } from "../../vault/vault.ts";

/** The root key in this browser, and what opens it here. */
export function DeviceKey({ vault }: { vault: Vault }) {
  const { place, locks } = useVault(vault.owner);
  const missing = (["passkey", "passphrase"] as const).find(
    (kind) => !locks.includes(kind) && (kind === "passphrase" || canHavePasskey()),
  );
  return (
    <section className="card card-quiet" aria-labelledby="device-key">
      <h2 id="device-key">The key on this device</h2>
      <dl className="facts">
        <dt>Its public name</dt>
        <dd className="mono small">{vault.rootKeyId}</dd>
        <dt>Here</dt>
        <dd>open until you lock it or close the page; at rest it is sealed under your {locks.join(" or ")}</dd>
      </dl>
      <p className="row">
        <button type="button" onClick={() => lockVault(place)}>
          Lock it now
        </button>
        {locks.length > 1 &&
          locks.map((kind) => (
            <button
              key={kind}
              type="button"
              className="danger-quiet"
              onClick={() => void removeLock(place, kind).then(refreshAll)}
            >
              Remove the {kind}
            </button>
          ))}
      </p>
      {missing !== undefined && locks.length > 0 && <AddLock key={missing} place={place} kind={missing} />}
    </section>
  );
}

function AddLock({ place, kind }: { place: Place; kind: LockKind }) {
  const [draft, setDraft] = useLockDraft();
  const add = useWrite(
    useCallback((lock: Lock) => withRootKey(place, (rootKey) => addLock(place, rootKey, lock)), [place]),
    { busy: `Adding the ${kind}.`, done: `The ${kind} opens your records now.` },
  );
  const lock: Lock | undefined = kind === "passkey" ? { kind } : lockOf(draft);
  return (
    <details>
      <summary>{kind === "passkey" ? "Open it with a passkey, too" : "Open it with a passphrase, too"}</summary>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (lock !== undefined) void add.run(lock);
        }}
      >
        {kind === "passkey" ? (
          <p className="small muted">
            Your fingerprint, face or PIN, or a security key: your device asks twice, to make the passkey and to use it.
            It works on this page's address alone.
          </p>
        ) : (
          <LockChoice draft={draft} onChange={setDraft} label="Passphrase" only="passphrase" />
        )}
        <ErrorNotice error={add.error} />
        <p>
          <button type="submit" disabled={lock === undefined || add.state === "busy"}>
            {add.state === "busy" ? "Adding it …" : `Add the ${kind}`}
          </button>
        </p>
      </form>
    </details>
  );
}
