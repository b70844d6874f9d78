import type { PersonaClient } from "@persona-protocol/sdk";
import { hkdfSha256, utf8 } from "@persona-protocol/sdk/crypto";
import { useId, useRef, useState } from "react";
import { announce } from "../../app/announce.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Field } from "../../ui/Field.tsx";
import { formatBytes } from "../../ui/formatBytes.ts";
import { type Vault, withRootKey } from "../../vault/vault.ts";
import type { Found } from "../../worker/importMessages.ts";
import { readExport } from "../../worker/readExport.ts";
import { FoundPanel } from "./FoundPanel.tsx";
import { readableFormats } from "./readableFormats.ts";

type Others = "pseudonymise" | "omit" | "keep";

type State =
  | { readonly step: "choose"; readonly error?: unknown }
  | {
      readonly step: "reading";
      readonly file: string;
      readonly done: number;
      readonly total: number;
      readonly stop: () => void;
    }
  | { readonly step: "found"; readonly found: Found; readonly title: string };

/** From a file to segments, in a thread of this browser; nothing is sent anywhere before the next step. */
export function ImportPanel({ persona, vault }: { persona: PersonaClient; vault: Vault }) {
  const [state, setState] = useState<State>({ step: "choose" });
  const [others, setOthers] = useState<Others>("pseudonymise");
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const place = { chainId: persona.deployment.chainId, owner: vault.owner };

  const read = async (files: readonly File[]) => {
    const [first] = files;
    if (first === undefined || state.step === "reading") return;
    const stop = new AbortController();
    setState({ step: "reading", file: first.name, done: 0, total: 1, stop: () => stop.abort() });
    announce("Reading the file.");
    try {
      const pseudonymKey =
        others === "pseudonymise"
          ? await withRootKey(place, async (rootKey) =>
              // The same as the command's: pseudonyms of one owner stay the same.
              hkdfSha256({ ikm: rootKey, info: utf8("persona/pseudonyms/v1"), length: 32 }),
            )
          : undefined;
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
      const found = await readExport(
        { files, thirdParties: others, pseudonymKey, timeZone },
        {
          signal: stop.signal,
          onProgress: ({ file, done, total }) =>
            setState({ step: "reading", file, done, total, stop: () => stop.abort() }),
        },
      );
      const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(new Date());
      setState({ step: "found", found, title: `${found.connector}, ${day}` });
      announce("The file was read. See what was found.");
    } catch (error) {
      setState({ step: "choose", error });
    }
  };

  if (state.step === "found")
    return (
      <FoundPanel
        persona={persona}
        vault={vault}
        found={state.found}
        suggestedTitle={state.title}
        onClose={() => setState({ step: "choose" })}
      />
    );
  if (state.step === "reading")
    return (
      <div className="card">
        <h3>Reading in this browser</h3>
        <label htmlFor={id} className="muted">
          {state.file.slice(0, 120)}
        </label>
        <progress id={id} value={state.done} max={Math.max(state.total, 1)} />
        <p className="between">
          <span className="muted small tabular">
            {formatBytes(state.done)} of {formatBytes(state.total)}. Nothing leaves this browser in this step.
          </span>
          <button type="button" onClick={state.stop}>
            Stop
          </button>
        </p>
      </div>
    );
  return (
    <div className="card">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: who cannot drop chooses by the button within. */}
      <div
        className="drop"
        data-over={over}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void read([...event.dataTransfer.files]);
        }}
      >
        <strong>Drop your export here</strong>
        <span className="muted small">
          As the service gave it to you: a zip, or its files. What it is shows by what is in it.
        </span>
        <button type="button" onClick={() => input.current?.click()}>
          Choose files
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Files of an export"
          onChange={(event) => {
            void read([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
      </div>
      <details>
        <summary>The {Object.keys(readableFormats).length} formats that it reads</summary>
        <p className="small">{Object.values(readableFormats).join(" · ")}</p>
      </details>
      <Field
        label="Other people in it"
        hint="Nobody of them was asked. Pseudonyms let programs count who is who without names; who they are stays in a segment of its own."
      >
        <select value={others} onChange={(event) => setOthers(event.target.value as Others)}>
          <option value="pseudonymise">Give them pseudonyms</option>
          <option value="omit">Leave them out</option>
          <option value="keep">Keep them as they are</option>
        </select>
      </Field>
      <ErrorNotice error={state.error} what="The file was not read." />
    </div>
  );
}
