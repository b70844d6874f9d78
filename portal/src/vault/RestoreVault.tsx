import type { PersonaClient } from "@persona-protocol/sdk";
import { useCallback, useState } from "react";
import { useSession } from "../app/Session.tsx";
import { useWrite } from "../protocol/useWrite.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { PassphraseField } from "../ui/PassphraseField.tsx";
import { LockChoice, lockOf, useLockDraft } from "./LockChoice.tsx";
import type { Lock, Place } from "./locks.ts";
import { restoreFromKit } from "./restoreBackup.ts";
import { createVault } from "./vault.ts";

/** The key out of a kit, and with it the records out of the backup. */
export function RestoreVault({ persona, place }: { persona: PersonaClient; place: Place }) {
  const { config } = useSession();
  const { test } = config;
  const isTestOwner = test !== undefined && test.owner.toLowerCase() === place.owner.toLowerCase();
  const [kit, setKit] = useState("");
  const [kitPassphrase, setKitPassphrase] = useState("");
  const [draft, setDraft] = useLockDraft();
  const lock = lockOf(draft);
  const restore = useWrite(
    useCallback(
      async (given: { kit: string; kitPassphrase: string; lock: Lock }) => {
        const restored = await restoreFromKit(persona, {
          owner: place.owner,
          kit: given.kit,
          passphrase: given.kitPassphrase,
        });
        await createVault(place, given.lock, restored);
      },
      [persona, place],
    ),
    { busy: "Restoring your records.", done: "Your records are back." },
  );
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (lock !== undefined) void restore.run({ kit, kitPassphrase, lock });
      }}
    >
      <h2>Restore from your recovery kit</h2>
      {isTestOwner && (
        <div className="notice">
          <span>This is the test owner of a local network. Its kit is known to everybody.</span>
          <button
            type="button"
            className="plain"
            onClick={() => {
              setKit(test.kit);
              setKitPassphrase(test.kitPassphrase);
            }}
          >
            Fill in the test owner's kit
          </button>
        </div>
      )}
      <Field label="The kit's text" hint="All of it, or the lines with numbers as you typed them from paper.">
        <textarea value={kit} spellCheck={false} autoComplete="off" onChange={(event) => setKit(event.target.value)} />
      </Field>
      <PassphraseField
        label="The kit's own passphrase"
        hint="Empty for a kit that was printed without one."
        kind="paper"
        value={kitPassphrase}
        onChange={setKitPassphrase}
      />
      <LockChoice draft={draft} onChange={setDraft} label="New passphrase for this device" />
      <ErrorNotice error={restore.error} what="The records were not restored." />
      <p>
        <button
          type="submit"
          className="main"
          disabled={kit.trim() === "" || lock === undefined || restore.state === "busy"}
        >
          {restore.state === "busy" ? "Restoring …" : "Restore"}
        </button>
      </p>
    </form>
  );
}
