import type { PersonaClient, Program } from "@persona-protocol/sdk";
import { encodeProgram } from "@persona-protocol/sdk";
import { decodeProgram } from "@persona-protocol/sdk/compute";
import { useCallback, useState } from "react";
import { programFacts } from "../../protocol/programFacts.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Field } from "../../ui/Field.tsx";
import { ProgramView } from "../requests/ProgramView.tsx";

const example = {
  v: 1,
  kind: "sql",
  name: "post-count",
  description: "Counts a person's own posts.",
  statement: "SELECT count(*)::BIGINT AS posts FROM posts WHERE NOT is_repost",
  tables: [{ table: "posts", schema: "persona:post@1" }],
  args: [],
  result: { columns: [{ name: "posts", type: "bigint", nullable: false }], maxRows: 1 },
  limits: { timeMs: 30_000, memoryMb: 512 },
};

type Published = { readonly programId: string; readonly cid: string; readonly program: Program };

/** A program's manifest as JSON, checked and put into the store. Its id is what owners grant. */
export function PublishProgram({ persona }: { persona: PersonaClient }) {
  const [text, setText] = useState(JSON.stringify(example, null, 2));
  const [published, setPublished] = useState<Published | undefined>(undefined);
  const publish = useWrite(
    useCallback(
      async (json: string) => {
        setPublished(undefined);
        let given: unknown;
        try {
          given = JSON.parse(json);
        } catch {
          throw new Error("This is not JSON: a bracket, a comma or a quote is wrong");
        }
        const { bytes, programId } = encodeProgram(given as Program);
        const { cid } = await persona.store.putBlock(bytes, "dag-cbor");
        setPublished({ programId, cid, program: decodeProgram(bytes) });
      },
      [persona],
    ),
    { busy: "Checking and storing the program.", done: "The program is published." },
  );
  return (
    <section className="card" aria-labelledby="programs">
      <h2 id="programs">Publish a program</h2>
      <p className="muted">
        Owners grant one program by its id, which covers every character of it. Try it first with{" "}
        <code>persona program test</code>; scripts and WebAssembly are built by <code>persona program build</code>.
      </p>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void publish.run(text);
        }}
      >
        <Field label="The program, as JSON">
          <textarea rows={14} value={text} spellCheck={false} onChange={(event) => setText(event.target.value)} />
        </Field>
        <ErrorNotice error={publish.error} what="The program was not published." />
        <p>
          <button type="submit" className="main" disabled={publish.state === "busy"}>
            {publish.state === "busy" ? "Storing …" : "Check and publish"}
          </button>
        </p>
      </form>
      {published !== undefined && (
        <div className="notice" role="status">
          <strong>Published.</strong>
          <span className="row">
            <span className="mono small">{published.programId}</span>
            <CopyButton text={published.programId} what="program's id" />
          </span>
          <span className="small">
            Stored as <span className="mono">{published.cid}</span>. Owners will see it like this:
          </span>
          <ProgramView facts={programFacts(published.program)} />
        </div>
      )}
    </section>
  );
}
