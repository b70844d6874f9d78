import type { AccessRequest, PersonaClient } from "@persona-protocol/sdk";
import type { ProgramArgs } from "@persona-protocol/sdk/compute";
import { printable } from "@persona-protocol/sdk/errors";
import { useCallback, useState } from "react";
import { type DryRunResult, dryRun, type Runnable } from "../../dryRun/dryRun.ts";
import { exampleOf } from "../../dryRun/exampleArgs.ts";
import { inventedSample, ownSample, trialSegments } from "../../dryRun/sample.ts";
import { useProgramCode } from "../../protocol/programCode.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { CodeBlock } from "../../ui/CodeBlock.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Field } from "../../ui/Field.tsx";
import { formatBytes } from "../../ui/formatBytes.ts";
import type { DatasetRecord } from "../../vault/records.ts";
import { useVault } from "../../vault/useVault.ts";
import { withRootKey } from "../../vault/vault.ts";

/** A program that runs in this browser: on what, with what, and what it gave. */
export function Trial({
  persona,
  request,
  program,
}: {
  persona: PersonaClient;
  request: AccessRequest;
  program: Runnable;
}) {
  const { vault, place } = useVault(persona.client.account.address);
  const { data: code, error } = useProgramCode(program, true);
  const [own, setOwn] = useState("");
  const [args, setArgs] = useState(() => JSON.stringify(exampleOf(program.args), null, 1));
  const [result, setResult] = useState<DryRunResult | undefined>(undefined);
  const candidates = (vault?.content.records ?? []).filter(
    ({ dataset }) => trialSegments(program, dataset, request.segments).length > 0,
  );

  const chosen = candidates.find(({ dataset }) => dataset.datasetId === own);
  const trial = useWrite(
    useCallback(
      async (bytes: Uint8Array, given: string, record: DatasetRecord | undefined) => {
        setResult(undefined);
        const sample =
          record === undefined
            ? inventedSample(program)
            : await withRootKey(place, (rootKey) =>
                ownSample(persona, program, { record, asked: request.segments, rootKey }),
              );
        setResult(await dryRun(program, { code: bytes, args: parseArgs(given), sample }));
      },
      [persona, place, program, request],
    ),
    { busy: "Running it on the sample.", done: "It has run. Its result is below." },
  );
  const isBusy = trial.state === "busy";
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (code) void trial.run(code, args, chosen);
      }}
    >
      <p className="small muted">
        It runs in this browser, by the enclave's own rules, in a thread without network that is ended after at most 10
        seconds. Nobody learns that it ran, or what came of it.
      </p>
      <Field
        label="On what"
        hint={
          vault === undefined
            ? "Unlock your records below to try it on your own."
            : "Your own are decrypted here, by your own key: the first 1,000 of each segment."
        }
      >
        <select value={own} onChange={(event) => setOwn(event.target.value)}>
          <option value="">Invented records</option>
          {candidates.map(({ dataset, portal }) => (
            <option key={dataset.datasetId} value={dataset.datasetId}>
              My own: {printable(portal?.title ?? dataset.datasetId, { maxLength: 64 })}
            </option>
          ))}
        </select>
      </Field>
      {args !== "{}" && (
        <Field label="With which arguments" hint="The app chooses them each time. These are invented.">
          <textarea rows={4} value={args} spellCheck={false} onChange={(event) => setArgs(event.target.value)} />
        </Field>
      )}
      <ErrorNotice error={error} what="Its code could not be fetched." />
      <TrialError error={trial.error} />
      <p>
        <button type="submit" disabled={isBusy || !code}>
          {isBusy ? "Running …" : "Run it"}
        </button>
      </p>
      {result !== undefined && (
        <div className="stack-tight" role="status">
          <span>
            <strong>What it would give away</strong>{" "}
            <span className="muted small">
              {formatBytes(result.bytes)}, after {result.ms} ms
            </span>
          </span>
          <CodeBlock
            text={printable(result.text, { maxLength: 20_000, lines: true })}
            label={`What ${printable(program.name, { maxLength: 64 })} gave`}
          />
        </div>
      )}
    </form>
  );
}

function parseArgs(text: string): ProgramArgs {
  try {
    return JSON.parse(text) as ProgramArgs;
  } catch {
    throw new Error("The arguments are not JSON: a bracket, a comma or a quote is wrong");
  }
}

const ends: Readonly<Record<string, string>> = {
  LIMIT_EXCEEDED: "It used up its time, its steps or its memory, and was ended. An enclave would end it as well.",
  OUTPUT_TOO_LARGE: "It wanted to give more than it declares. An enclave would give none of it.",
  OUTPUT_POLICY_VIOLATED: "What it gave is not of the form that it declares. An enclave would give none of it.",
  PROGRAM_FAILED: "It stopped with an error of its own.",
  PROGRAM_INVALID: "It is no program that an enclave would run.",
};

/** How a trial ended badly: of the program, not of this page. */
function TrialError({ error }: { error: unknown }) {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const said = ends[code];
  if (said === undefined) return <ErrorNotice error={error} />;
  return (
    <div className="notice notice-warn" role="alert">
      <strong>It gave no result.</strong>
      <span>{said}</span>
      <code className="small">{code}</code>
    </div>
  );
}
