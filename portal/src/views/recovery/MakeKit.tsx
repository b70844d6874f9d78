import type { PersonaClient } from "@persona-protocol/sdk";
import { makeRecoveryKit } from "@persona-protocol/sdk/storage";
import { useCallback, useState } from "react";
import { useWrite } from "../../protocol/useWrite.ts";
import { CodeBlock } from "../../ui/CodeBlock.tsx";
import { DownloadButton } from "../../ui/DownloadButton.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { PassphraseField } from "../../ui/PassphraseField.tsx";
import { type Vault, withRootKey } from "../../vault/vault.ts";

export function MakeKit({ persona, vault }: { persona: PersonaClient; vault: Vault }) {
  const [passphrase, setPassphrase] = useState("");
  const [isPlain, setIsPlain] = useState(false);
  const [kit, setKit] = useState<string | undefined>(undefined);
  const { chainId, ownerKeys } = persona.deployment;
  const make = useWrite(
    useCallback(
      async (sealedUnder: string | undefined) => {
        const { owner } = vault;
        const text = await withRootKey({ chainId, owner }, (rootKey) =>
          makeRecoveryKit({
            rootKey,
            chainId,
            ownerKeys,
            owner,
            ...(sealedUnder === undefined ? {} : { passphrase: sealedUnder }),
          }),
        );
        setKit(text);
      },
      [vault, chainId, ownerKeys],
    ),
    { busy: "Making the kit.", done: "The kit is made. Print it now." },
  );
  return (
    <section className="card" aria-labelledby="make-kit">
      <h2 id="make-kit">Make a recovery kit</h2>
      <p className="muted">
        Your key as text, to be printed and filed away from this device. It is shown once, and is not kept here.
      </p>
      {kit === undefined ? (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void make.run(isPlain ? undefined : passphrase);
          }}
        >
          <PassphraseField
            label="Passphrase of the kit"
            hint="Another one than this device's. Keep it apart from the paper: both together open your data."
            kind="new"
            value={passphrase}
            disabled={isPlain}
            onChange={setPassphrase}
          />
          <label className="choice">
            <input type="checkbox" checked={isPlain} onChange={(event) => setIsPlain(event.target.checked)} />
            <span>
              Without a passphrase. Whoever finds the paper can read all my data; I keep it as I keep my will.
            </span>
          </label>
          <ErrorNotice error={make.error} />
          <p>
            <button
              type="submit"
              className="main"
              disabled={(passphrase.length < 8 && !isPlain) || make.state === "busy"}
            >
              {make.state === "busy" ? "Making it …" : "Make the kit"}
            </button>
          </p>
        </form>
      ) : (
        <>
          <CodeBlock text={kit} label="Recovery kit" />
          <p className="row no-print">
            <button type="button" className="main" onClick={() => print()}>
              Print
            </button>
            <DownloadButton name="persona-recovery-kit.txt" content={kit} type="text/plain" label="Save as a file" />
            <button
              type="button"
              onClick={() => {
                setKit(undefined);
                setPassphrase("");
                make.reset();
              }}
            >
              I have it, take it off the screen
            </button>
          </p>
          <p className="muted small no-print">
            A file is as safe as the place where it lies. Then test the paper below: a kit that cannot be typed again is
            none.
          </p>
        </>
      )}
    </section>
  );
}
