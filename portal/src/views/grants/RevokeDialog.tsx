import type { PersonaClient } from "@persona-protocol/sdk";
import { contractCall, grantRegistryAbi } from "@persona-protocol/sdk/contracts";
import { useCallback } from "react";
import type { OwnGrant } from "../../protocol/ownGrants.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";

/** What ending grants means, before the wallet is asked. */
export function RevokeDialog({
  persona,
  grants,
  all,
  runningCount,
  onClose,
}: {
  persona: PersonaClient;
  grants: readonly OwnGrant[];
  all: boolean;
  runningCount: number;
  onClose: (isDone: boolean) => void;
}) {
  const end = useWrite(
    useCallback(async () => {
      if (all) return persona.revokeAllAndWait();
      const { grantRegistry: address } = persona.deployment;
      return persona.sendCalls(
        grants.map(({ grantHash }) =>
          contractCall({ address, abi: grantRegistryAbi, functionName: "revoke", args: [grantHash] }),
        ),
      );
    }, [persona, grants, all]),
    { busy: "Waiting for your wallet.", done: all ? "All grants have ended." : "The grants have ended." },
  );
  const count = grants.length;
  const title = all ? "End all grants?" : count === 1 ? "End this grant?" : `End ${count} grants?`;
  return (
    <Dialog title={title} onClose={() => onClose(end.state === "done")}>
      {end.state === "done" ? (
        <>
          <p className="notice" role="status">
            {all ? "All your grants have ended." : count === 1 ? "The grant has ended." : `${count} grants have ended.`}{" "}
            No new job can begin under {count === 1 && !all ? "it" : "them"}.
          </p>
          <p>
            <button type="button" className="main" onClick={() => onClose(true)}>
              Close
            </button>
          </p>
        </>
      ) : (
        <>
          <ul className="stack-tight">
            <li>
              From the next block on no job can begin, and guardians release no key for it any more. This cannot be
              undone.
            </li>
            <li>
              {runningCount === 0
                ? "No job is under way."
                : `${runningCount} job${runningCount === 1 ? " is" : "s are"} under way. Where its keys were released already, it may still finish and you are still paid; where not, it ends without a result.`}
            </li>
            <li>Results that were given before stay with whoever has them.</li>
            {all && <li>Grants that you have signed, and nobody has used yet, end too.</li>}
            {!all && count > 1 && (
              <li>A wallet that takes several calls at once asks you once; another asks {count} times.</li>
            )}
          </ul>
          <ErrorNotice error={end.error} />
          <p className="row">
            <button type="button" className="danger" disabled={end.state === "busy"} onClick={() => void end.run()}>
              {end.state === "busy" ? "Look into your wallet …" : all ? "End all grants" : "End it now"}
            </button>
            <button type="button" disabled={end.state === "busy"} onClick={() => onClose(false)}>
              Keep {count === 1 && !all ? "it" : "them"}
            </button>
          </p>
        </>
      )}
    </Dialog>
  );
}
