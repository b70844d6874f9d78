import type { Program } from "@persona-protocol/sdk";
import { type RecordFormat, recordSchemas, writeRecords } from "@persona-protocol/sdk/ingest";
import { collectBytes } from "@persona-protocol/sdk/storage";
import { useQuery } from "@tanstack/react-query";
import { programFile } from "../../dryRun/programFile.ts";
import { inventedSample } from "../../dryRun/sample.ts";
import { useProgramCode } from "../../protocol/programCode.ts";
import { CodeBlock } from "../../ui/CodeBlock.tsx";
import { DownloadButton } from "../../ui/DownloadButton.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";

const format: RecordFormat = "ndjson";

/** SQL runs in the enclave's database alone: the way to run it on one's own machine, with all that this takes. */
export function TryElsewhere({ program }: { program: Program }) {
  const { data: code, error } = useProgramCode(program, true);
  const { data: samples = [] } = useQuery({
    queryKey: ["invented", program.tables.map(({ table, schema }) => `${table} ${schema}`)],
    queryFn: () => samplesOf(program),
    refetchInterval: false,
  });
  const file = programFile(program, code ?? undefined);
  const data = samples.map(({ table }) => `--data ${table}=${table}.${format}`).join(" ");
  return (
    <div className="stack-tight">
      <p>
        This page cannot run it: it is a question to the enclave's own database, which is too large for a page, and
        another database would answer otherwise. Your own machine can, as an enclave would, with the{" "}
        <code>persona</code> command:
      </p>
      <CodeBlock text={`persona program test asked.program ${data}`} label="The command that tries it" />
      <ErrorNotice error={error} what="Its code could not be fetched." />
      <span className="row">
        {file !== undefined && <DownloadButton name="asked.program" content={file} label="Save the program" />}
        {samples.map(({ table, bytes }) => (
          <DownloadButton key={table} name={`${table}.${format}`} content={bytes} label={`Save invented ${table}`} />
        ))}
      </span>
      <p className="small muted">
        Invented records show the form of what it gives. <code>--data</code> takes your own as well, as Parquet, CSV or
        JSON
        {program.v === 1 && program.args.length > 0 ? (
          <>
            ; <code>--args</code> takes its arguments as JSON
          </>
        ) : (
          ""
        )}
        .
      </p>
    </div>
  );
}

async function samplesOf(program: Program) {
  const sample = inventedSample(program);
  const samples: { readonly table: string; readonly bytes: Uint8Array }[] = [];
  for (const { table, schema } of program.tables) {
    const known = recordSchemas.get(schema);
    if (known === undefined) continue;
    const bytes = await collectBytes(writeRecords(known, sample.get(schema) ?? [], { format }));
    samples.push({ table, bytes });
  }
  return samples;
}
