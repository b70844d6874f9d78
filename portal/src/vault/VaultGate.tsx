import type { PersonaClient } from "@persona-protocol/sdk";
import { backupOf } from "@persona-protocol/sdk/access";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useState } from "react";
import { zeroHash } from "viem";
import { useSession } from "../app/Session.tsx";
import { useWrite } from "../protocol/useWrite.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { restoreFromKit } from "./restoreBackup.ts";
import { useVault } from "./useVault.ts";
import { createVault, unlockVault, type Vault } from "./vault.ts";

const leastPassphrase = 12;

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
  const { status, vault } = useVault(owner);
  const [chosen, setChosen] = useState<"new" | "kit" | undefined>(undefined);
  const hasBackup = useHasBackup(persona);
  // Who has a backup has a key already: a second one would not open what the first one closed.
  const restoring = (chosen ?? (hasBackup ? "kit" : "new")) === "kit";
  if (status === "open") return children(vault);
  if (status === "reading") return null;
  if (status === "locked") return <Unlock owner={persona} why={why} />;
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
      {restoring ? <Restore persona={persona} /> : <Create persona={persona} why={why} />}
    </div>
  );
}

function Unlock({ owner: persona, why }: { owner: PersonaClient; why: string }) {
  const place = usePlace(persona);
  const [passphrase, setPassphrase] = useState("");
  const unlock = useWrite(
    useCallback(
      async (text: string) => {
        await unlockVault(place, text);
      },
      [place],
    ),
    { busy: "Opening your records.", done: "Your records are open." },
  );
  return (
    <form
      className="card"
      onSubmit={(event) => {
        event.preventDefault();
        void unlock.run(passphrase);
      }}
    >
      <h2>Your private records are locked</h2>
      <p className="muted">
        {why} the page needs the names of your segments and what you have granted before. They lie in this browser,
        sealed under your passphrase.
      </p>
      <Field label="Passphrase">
        <input
          type="password"
          autoComplete="current-password"
          value={passphrase}
          onChange={(event) => setPassphrase(event.target.value)}
        />
      </Field>
      <ErrorNotice error={unlock.error} />
      <p>
        <button type="submit" className="main" disabled={passphrase === "" || unlock.state === "busy"}>
          {unlock.state === "busy" ? "Opening …" : "Unlock"}
        </button>
      </p>
    </form>
  );
}

function Create({ persona, why }: { persona: PersonaClient; why: string }) {
  const place = usePlace(persona);
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const create = useWrite(
    useCallback(
      async (text: string) => {
        await createVault(place, text);
      },
      [place],
    ),
    { busy: "Making your key.", done: "Your key is made. Make a recovery kit next." },
  );
  const isShort = passphrase !== "" && passphrase.length < leastPassphrase;
  const differs = again !== "" && again !== passphrase;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void create.run(passphrase);
      }}
    >
      <h2>Make your key</h2>
      <p className="muted">
        {why} you need a key of your own. It is random, made on this device, and never leaves it in clear. Your wallet
        does not know it: no page can ask your wallet for your data. The passphrase protects it here; a recovery kit,
        which you make afterwards, brings it back on another device.
      </p>
      <div className="fields">
        <Field
          label="Passphrase"
          hint={`At least ${leastPassphrase} characters. Several words are good.`}
          problem={isShort ? "Too short to be safe." : undefined}
        >
          <input
            type="password"
            autoComplete="new-password"
            value={passphrase}
            onChange={(event) => setPassphrase(event.target.value)}
          />
        </Field>
        <Field label="The same again" problem={differs ? "The two are not the same." : undefined}>
          <input
            type="password"
            autoComplete="new-password"
            value={again}
            onChange={(event) => setAgain(event.target.value)}
          />
        </Field>
      </div>
      <ErrorNotice error={create.error} />
      <p>
        <button
          type="submit"
          className="main"
          disabled={passphrase.length < leastPassphrase || again !== passphrase || create.state === "busy"}
        >
          {create.state === "busy" ? "Making it …" : "Make my key"}
        </button>
      </p>
    </form>
  );
}

function Restore({ persona }: { persona: PersonaClient }) {
  const { config } = useSession();
  const place = usePlace(persona);
  const { test } = config;
  const isTestOwner = test !== undefined && test.owner.toLowerCase() === place.owner.toLowerCase();
  const [kit, setKit] = useState("");
  const [kitPassphrase, setKitPassphrase] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const restore = useWrite(
    useCallback(
      async (given: { kit: string; kitPassphrase: string; passphrase: string }) => {
        const restored = await restoreFromKit(persona, {
          owner: place.owner,
          kit: given.kit,
          passphrase: given.kitPassphrase,
        });
        await createVault(place, given.passphrase, restored);
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
        void restore.run({ kit, kitPassphrase, passphrase });
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
      <div className="fields">
        <Field label="The kit's own passphrase" hint="Empty for a kit that was printed without one.">
          <input
            type="password"
            autoComplete="off"
            value={kitPassphrase}
            onChange={(event) => setKitPassphrase(event.target.value)}
          />
        </Field>
        <Field label="New passphrase for this device" hint={`At least ${leastPassphrase} characters.`}>
          <input
            type="password"
            autoComplete="new-password"
            value={passphrase}
            onChange={(event) => setPassphrase(event.target.value)}
          />
        </Field>
      </div>
      <ErrorNotice error={restore.error} what="The records were not restored." />
      <p>
        <button
          type="submit"
          className="main"
          disabled={kit.trim() === "" || passphrase.length < leastPassphrase || restore.state === "busy"}
        >
          {restore.state === "busy" ? "Restoring …" : "Restore"}
        </button>
      </p>
    </form>
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

function usePlace(persona: PersonaClient) {
  return useVault(persona.client.account.address).place;
}
