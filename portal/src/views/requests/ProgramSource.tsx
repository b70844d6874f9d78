import type { Program } from "@persona-protocol/sdk";
import { printable } from "@persona-protocol/sdk/errors";
import { useProgramCode } from "../../protocol/programCode.ts";
import { CodeBlock } from "../../ui/CodeBlock.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { formatBytes } from "../../ui/formatBytes.ts";

const most = 20_000;

/** What a program is made of, word by word where it has words. */
export function ProgramSource({ program, isShown }: { program: Program; isShown: boolean }) {
  const { data: code, error, isLoading } = useProgramCode(program, isShown);
  const name = printable(program.name, { maxLength: 64 });
  if (program.v === 1) return <CodeBlock text={sourceText(program.statement)} label={`The statement of ${name}`} />;
  return (
    <>
      {isLoading && <p className="muted">Fetching its code from your stores …</p>}
      <ErrorNotice error={error} what="Its code could not be fetched. Do not allow what nobody shows you." />
      {code && program.kind !== "wasm" && (
        <CodeBlock text={sourceText(new TextDecoder().decode(code))} label={`The code of ${name}`} />
      )}
      {code && program.kind === "wasm" && (
        <p>
          {formatBytes(code.length)} of compiled code, which nobody can read. What it may do is bounded by the form of
          its result, below; try it on a sample to see what it gives.
        </p>
      )}
      <p className="small muted">
        The grant names this very code, <span className="mono">{printable(program.code)}</span>. Other code is not run.
      </p>
    </>
  );
}

const sourceText = (text: string) => printable(dedent(text), { maxLength: most, lines: true });

/** Without the margin that it has in its maker's file. */
function dedent(text: string): string {
  const lines = text
    .replace(/^\s*\n/, "")
    .trimEnd()
    .split("\n");
  const margins = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const margin = Math.min(...margins, 40);
  return lines.map((line) => line.slice(Math.min(margin, line.length - line.trimStart().length))).join("\n");
}
