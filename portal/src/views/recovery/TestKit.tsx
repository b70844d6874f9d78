import type { PersonaClient } from "@persona-protocol/sdk";
import { zeroise } from "@persona-protocol/sdk/crypto";
import { openRecoveryKit } from "@persona-protocol/sdk/storage";
import { useCallback, useState } from "react";
import { isAddressEqual } from "viem";
import { useWrite } from "../../protocol/useWrite.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Field } from "../../ui/Field.tsx";
import { PassphraseField } from "../../ui/PassphraseField.tsx";
import { shortAddress } from "../../ui/shortAddress.ts";
import { loadRecords } from "../../vault/restoreBackup.ts";
import { useVault } from "../../vault/useVault.ts";

type Result = { readonly lines: readonly (readonly [holds: boolean, words: string])[] };

/** Opens a kit as if everything else were lost, and says how far it gets. Nothing is kept or changed. */
export function TestKit({ persona }: { persona: PersonaClient }) {
  const owner = persona.client.account.address;
  const { vault } = useVault(owner);
  const [kit, setKit] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [result, setResult] = useState<Result | undefined>(undefined);
  const test = useWrite(
    useCallback(
      async (text: string, under: string) => {
        setResult(undefined);
        const opened = await openRecoveryKit(text, under === "" ? undefined : under);
        try {
          const lines: [boolean, string][] = [
            [true, "The text is whole, and opens to the key that it names."],
            isAddressEqual(opened.owner, owner)
              ? [true, "It is of this account."]
              : [false, `It is of another account: ${shortAddress(opened.owner)}.`],
            opened.chainId === persona.deployment.chainId
              ? [true, "It is of this network."]
              : [false, `It is of another network (chain ${opened.chainId}).`],
          ];
          if (vault !== undefined)
            lines.push(
              opened.rootKeyId === vault.rootKeyId
                ? [true, "It is the key of this device."]
                : [false, "It is another key than this device's: data that you brought here does not open with it."],
            );
          if (lines.every(([holds]) => holds)) {
            const records = await loadRecords(persona, owner, opened.rootKey);
            lines.push(
              records.length === 0
                ? [
                    false,
                    "No backup of your records was found: the kit would open your data, but you would not know what is in it.",
                  ]
                : [true, `With it your backup opens: ${records.length} dataset${records.length === 1 ? "" : "s"}.`],
            );
          }
          setResult({ lines });
        } finally {
          zeroise(opened.rootKey);
        }
      },
      [persona, owner, vault],
    ),
    { busy: "Testing the kit.", done: "The kit was tested. See what it opens." },
  );
  return (
    <section className="card" aria-labelledby="test-kit">
      <h2 id="test-kit">Test a recovery kit</h2>
      <p className="muted">Type it from the paper, as you would have to. Nothing is kept, and nothing is sent.</p>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void test.run(kit, passphrase);
        }}
      >
        <Field label="The kit" hint="The lines with numbers are enough.">
          <textarea
            value={kit}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setKit(event.target.value)}
          />
        </Field>
        <PassphraseField
          label="Its passphrase"
          hint="Empty if it has none."
          kind="paper"
          value={passphrase}
          onChange={setPassphrase}
        />
        <ErrorNotice error={test.error} />
        <p>
          <button type="submit" disabled={kit.trim() === "" || test.state === "busy"}>
            {test.state === "busy" ? "Testing …" : "Test it"}
          </button>
        </p>
      </form>
      {result !== undefined && (
        <ul className="stack-tight" role="status" aria-label="What the kit opens">
          {result.lines.map(([holds, words]) => (
            <li key={words} className={holds ? undefined : "tag-bad"}>
              {holds ? "✓" : "✗"} {words}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
