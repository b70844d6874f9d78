import { printable } from "@persona-protocol/sdk/errors";
import type { ProgramFacts } from "../../protocol/programFacts.ts";
import { CodeBlock } from "../../ui/CodeBlock.tsx";
import { Foreign } from "../../ui/Foreign.tsx";

const kinds = {
  sql: "a question to a table (SQL)",
  js: "a script (JavaScript)",
  wasm: "a compiled program (WebAssembly)",
} as const;

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

/** A program in plain words, then itself. */
export function ProgramView({ facts }: { facts: ProgramFacts }) {
  const { name, description, kind, source, result, example, gives, isAggregate, seconds } = facts;
  return (
    <div className="stack-tight">
      <span>
        <strong>
          <Foreign text={name} />
        </strong>
        , {kinds[kind]}, at most {seconds} seconds
      </span>
      {description !== "" && (
        <div className="quote">
          <Foreign text={description} lines />
          <div className="small muted">its maker's words: what counts is the program itself</div>
        </div>
      )}
      <span>
        <span className={isAggregate ? "tag tag-good" : "tag tag-warn"}>
          {isAggregate ? "figures about groups" : "may give single records"}
        </span>{" "}
        It gives {gives}.
      </span>
      <details>
        <summary>Read the program, and what its result looks like</summary>
        <div className="stack-tight">
          {"statement" in source ? (
            <CodeBlock
              text={printable(dedent(source.statement), { maxLength: 20_000, lines: true })}
              label={`The statement of ${printable(name, { maxLength: 64 })}`}
            />
          ) : (
            <p>
              Its code is the block <span className="mono">{printable(source.code)}</span>. The grant names this very
              code; other code is not run.
            </p>
          )}
          <h3>Each result</h3>
          <CodeBlock
            text={printable(result.join("\n"), { maxLength: 4_000, lines: true })}
            label={`The form of a result of ${printable(name, { maxLength: 64 })}`}
          />
          {example.length > 0 && (
            <p className="muted small">
              With invented values, a row would be:{" "}
              {example.map(([column, value]) => `${printable(column, { maxLength: 64 })} ${value}`).join(", ")}.
            </p>
          )}
          <p className="muted small">
            This page does not run it. On your own machine <code>persona program test</code> does, as an enclave would,
            on any sample.
          </p>
        </div>
      </details>
    </div>
  );
}
