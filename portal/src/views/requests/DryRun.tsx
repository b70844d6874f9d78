import type { AccessRequest, PersonaClient, Program } from "@persona-protocol/sdk";
import { lazy, Suspense, useState } from "react";
import type { Runnable } from "../../dryRun/dryRun.ts";

const Trial = lazy(async () => ({ default: (await import("./Trial.tsx")).Trial }));
const TryElsewhere = lazy(async () => ({ default: (await import("./TryElsewhere.tsx")).TryElsewhere }));

/** A dry run: the program that is asked for, on a sample. What it takes is loaded when it is opened, the interpreter when it is run. */
export function DryRun({ persona, request }: { persona: PersonaClient; request: AccessRequest }) {
  const { program } = request;
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Try it on a sample</summary>
      <Suspense fallback={<p className="muted">Loading what it takes …</p>}>
        {open &&
          (isRunnable(program) ? (
            <Trial persona={persona} request={request} program={program} />
          ) : (
            <TryElsewhere program={program} />
          ))}
      </Suspense>
    </details>
  );
}

const isRunnable = (program: Program): program is Runnable => program.kind !== "sql";
