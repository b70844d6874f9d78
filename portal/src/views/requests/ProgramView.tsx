import { printable } from "@persona-protocol/sdk/errors";
import { useState } from "react";
import type { ProgramFacts } from "../../protocol/programFacts.ts";
import { CodeBlock } from "../../ui/CodeBlock.tsx";
import { Foreign } from "../../ui/Foreign.tsx";
import { ProgramSource } from "./ProgramSource.tsx";

const kinds = {
  sql: "a question to a table (SQL)",
  js: "a script (JavaScript)",
  wasm: "a compiled program (WebAssembly)",
} as const;

/** A program in plain words, then itself. */
export function ProgramView({ facts }: { facts: ProgramFacts }) {
  const { program, name, description, kind, result, example, gives, isAggregate, seconds } = facts;
  const [open, setOpen] = useState(false);
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
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Read the program, and what its result looks like</summary>
        <div className="stack-tight">
          <ProgramSource program={program} isShown={open} />
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
        </div>
      </details>
    </div>
  );
}
