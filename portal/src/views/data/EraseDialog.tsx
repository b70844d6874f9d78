import type { PersonaClient } from "@persona-protocol/sdk";
import { printable } from "@persona-protocol/sdk/errors";
import { useCallback, useState } from "react";
import type { DatasetRow } from "../../protocol/datasets.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";

/** The consequences, one by one, before the wallet is asked. */
export function EraseDialog({
  persona,
  dataset,
  title,
  activeGrants,
  onClose,
}: {
  persona: PersonaClient;
  dataset: DatasetRow;
  title: string;
  activeGrants: number;
  onClose: () => void;
}) {
  const [understood, setUnderstood] = useState(false);
  const erase = useWrite(
    useCallback(() => persona.eraseDatasetAndWait(dataset), [persona, dataset]),
    { busy: "Waiting for your wallet.", done: "The erasure has begun." },
  );
  return (
    <Dialog title={`Erase “${printable(title, { maxLength: 60 })}”?`} onClose={onClose}>
      {erase.state === "done" ? (
        <>
          <p className="notice" role="status">
            The erasure has begun. You have seven days to take it back.
          </p>
          <p>
            <button type="button" className="main" onClick={onClose}>
              Close
            </button>
          </p>
        </>
      ) : (
        <>
          <ul className="stack-tight">
            <li>
              <strong>At once</strong>
              {activeGrants === 0
                ? " nothing can be granted on it any more."
                : ` its ${activeGrants} grant${activeGrants === 1 ? "" : "s"} stop${activeGrants === 1 ? "s" : ""}: no job begins, and guardians release no key.`}
            </li>
            <li>
              <strong>For seven days</strong> you can restore it as it was, from this page.
            </li>
            <li>
              <strong>After that</strong> it is final. Guardians destroy their shares of its keys, and your stores may
              let go of the encrypted bytes.
            </li>
            <li>
              <strong>What no erasure reaches:</strong> results that were given before, copies of the encrypted bytes
              that somebody keeps, and what the chain has said of it: that it existed, and when. Who kept a copy and has
              your key could still open it.
            </li>
            <li>The file that you imported, and the account it came from, stay where they are.</li>
          </ul>
          <label className="choice">
            <input type="checkbox" checked={understood} onChange={(event) => setUnderstood(event.target.checked)} />
            <span>I have read what happens, and what does not.</span>
          </label>
          <ErrorNotice error={erase.error} />
          <p className="row">
            <button
              type="button"
              className="danger"
              disabled={!understood || erase.state === "busy"}
              onClick={() => void erase.run()}
            >
              {erase.state === "busy" ? "Look into your wallet …" : "Begin the erasure"}
            </button>
            <button type="button" disabled={erase.state === "busy"} onClick={onClose}>
              Keep it
            </button>
          </p>
        </>
      )}
    </Dialog>
  );
}
