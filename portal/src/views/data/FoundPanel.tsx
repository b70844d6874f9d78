import type { PersonaClient } from "@persona-protocol/sdk";
import { printable } from "@persona-protocol/sdk/errors";
import { useCallback, useId, useState } from "react";
import { useWrite } from "../../protocol/useWrite.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Field } from "../../ui/Field.tsx";
import { formatBytes } from "../../ui/formatBytes.ts";
import { SegmentsTable } from "../../ui/SegmentsTable.tsx";
import type { Vault } from "../../vault/vault.ts";
import type { Found } from "../../worker/importMessages.ts";
import { type PublishStep, publishFound } from "./publishFound.ts";

const seconds = (date: Date | null) => (date === null ? null : date.getTime() / 1_000);

/** What was found, before anything is stored; then storing it, step by step. */
export function FoundPanel({
  persona,
  vault,
  found,
  suggestedTitle,
  onClose,
}: {
  persona: PersonaClient;
  vault: Vault;
  found: Found;
  suggestedTitle: string;
  onClose: () => void;
}) {
  const [title, setTitle] = useState(suggestedTitle);
  const [step, setStep] = useState<PublishStep | undefined>(undefined);
  const id = useId();
  const filled = found.segments.filter(({ records }) => records > 0);
  const records = filled.reduce((sum, segment) => sum + segment.records, 0);
  const publish = useWrite(
    useCallback(
      (name: string) => publishFound(persona, vault, { found, title: name, onStep: setStep }),
      [persona, vault, found],
    ),
    { busy: "Encrypting and storing.", done: "Your data is stored and registered." },
  );
  if (publish.state === "done")
    return (
      <div className="card">
        <div className="notice" role="status">
          <strong>“{printable(title, { maxLength: 60 })}” is yours, encrypted and registered.</strong>
          <span>
            Make a backup of your records now, under <a href="#/recovery">Recovery</a>: without it another device does
            not know what is in it.
          </span>
        </div>
        <p>
          <button type="button" onClick={onClose}>
            Bring another
          </button>
        </p>
      </div>
    );
  const isBusy = publish.state === "busy";
  return (
    <form
      className="card"
      onSubmit={(event) => {
        event.preventDefault();
        void publish.run(title.trim() === "" ? suggestedTitle : title.trim());
      }}
    >
      <h3>
        Found: {records.toLocaleString()} records in {filled.length} segment{filled.length === 1 ? "" : "s"}
      </h3>
      <p className="muted small">
        Read as {printable(found.connector)}
        {found.also.length > 0 && `; it could also be read as ${found.also.map((each) => printable(each)).join(", ")}`}.
      </p>
      <SegmentsTable
        label="What was found"
        last="Size"
        rows={filled.map(({ from, to, bytes, ...segment }) => ({
          ...segment,
          from: seconds(from),
          to: seconds(to),
          last: formatBytes(bytes.length),
        }))}
      />
      {found.remarks.length > 0 && (
        <details>
          <summary>
            What was left out or changed ({found.remarks.reduce((sum, { count }) => sum + count, 0).toLocaleString()})
          </summary>
          <ul className="stack-tight">
            {found.remarks.slice(0, 200).map(({ segment, kind, reason, count }) => (
              <li key={`${segment} ${kind} ${reason}`}>
                {count.toLocaleString()} {kind}
                {segment !== null && ` in ${printable(segment)}`}: {printable(reason)}
              </li>
            ))}
          </ul>
        </details>
      )}
      <Field label="Name it for yourself" hint="It stays in your private records.">
        <input value={title} maxLength={80} disabled={isBusy} onChange={(event) => setTitle(event.target.value)} />
      </Field>
      {step !== undefined && isBusy && (
        <div className="stack-tight" role="status">
          <label htmlFor={id}>{stepWords(step)}</label>
          <progress id={id} value={step.done} max={Math.max(step.total, 1)} />
        </div>
      )}
      <ErrorNotice error={publish.error} />
      <p className="muted small">
        It is encrypted here, stored, read back, and its keys are split among your guardians. Your wallet asks once for
        each guardian (a signature, free), and once for the registration (a transaction).
      </p>
      <p className="row">
        <button type="submit" className="main" disabled={isBusy || filled.length === 0}>
          {isBusy ? "Storing …" : "Encrypt, store and register"}
        </button>
        <button type="button" disabled={isBusy} onClick={onClose}>
          Throw it away
        </button>
      </p>
    </form>
  );
}

function stepWords({ step, done, total }: PublishStep): string {
  switch (step) {
    case "encrypt":
      return `Encrypting: ${done} of ${total} segments stored`;
    case "confirm":
      return done === total ? "Every byte was read back from the store" : "Reading everything back from the store";
    case "deposit":
      return `Keys handed to ${done} of ${total} guardians. Look into your wallet`;
    case "register":
      return "Registering. Look into your wallet";
    default:
      return step satisfies never;
  }
}
