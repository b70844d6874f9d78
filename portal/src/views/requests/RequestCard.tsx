import type { PersonaClient } from "@persona-protocol/sdk";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { isAddressEqual } from "viem";
import { useSession } from "../../app/Session.tsx";
import { useGrants } from "../../protocol/grants.ts";
import { programFacts } from "../../protocol/programFacts.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { Foreign } from "../../ui/Foreign.tsx";
import { Party } from "../../ui/Party.tsx";
import { ReadOnly } from "../../ui/ReadOnly.tsx";
import { Time } from "../../ui/Time.tsx";
import { VaultGate } from "../../vault/VaultGate.tsx";
import { AnswerForm } from "./AnswerForm.tsx";
import { DryRun } from "./DryRun.tsx";
import { answer, forget, type Kept } from "./inbox.ts";
import { ProgramView } from "./ProgramView.tsx";

export function RequestCard({ persona, kept }: { persona: PersonaClient; kept: Kept }) {
  const { config, canWrite } = useSession();
  const { chainId } = config.network;
  const heading = useId();
  const { data, error, isPending } = useQuery({
    queryKey: ["request", chainId, kept.id],
    queryFn: () => persona.readAccessRequest(kept.text),
    // Its signature does not change; whether it has expired does.
    refetchInterval: 30_000,
  });
  const { data: grants = [] } = useGrants(persona, persona.client.account.address);
  const dismiss = (
    <button
      type="button"
      className="danger-quiet"
      onClick={() => void answer(chainId, kept, { how: "denied", at: Math.floor(Date.now() / 1_000) })}
    >
      Say no
    </button>
  );
  if (isPending) return <div className="card muted">Checking the request's signature and who sent it …</div>;
  if (data === undefined)
    return (
      <div className="card">
        <ErrorNotice error={error} what="A request that cannot be answered." />
        <p className="row">
          <button type="button" onClick={() => void forget(chainId, kept)}>
            Remove it
          </button>
        </p>
      </div>
    );
  const { request, app } = data;
  const facts = programFacts(request.program);
  const before = grants.filter(({ grantee }) => isAddressEqual(grantee, request.requester)).length;
  return (
    <article className="card" aria-labelledby={heading}>
      <div className="between">
        <h2 id={heading}>
          Somebody wants to run “<Foreign text={facts.name} />” on your data
        </h2>
        <span className="tag">
          answer by <Time at={request.validUntil} short />
        </span>
      </div>
      <dl className="facts">
        <dt>Who</dt>
        <dd className="stack-tight">
          <Party persona={persona} account={request.requester} full />
          <span className="small muted">
            {before === 0
              ? "You have never granted this account anything."
              : `You have given this account ${before} grant${before === 1 ? "" : "s"} before.`}{" "}
            Its signature on this request is right.
          </span>
          {(app === undefined || app.domain.status !== "proved") && (
            <span className="tag tag-warn">nobody has proved who stands behind it</span>
          )}
        </dd>
        <dt>Why, in its own words</dt>
        <dd>
          <div className="quote">
            <Foreign text={request.why} lines />
          </div>
        </dd>
        <dt>To run what</dt>
        <dd className="stack-tight">
          <ProgramView facts={facts} />
          <DryRun persona={persona} request={request} />
        </dd>
      </dl>
      {canWrite ? (
        <VaultGate persona={persona} why="To answer it">
          {(vault) => <AnswerForm persona={persona} kept={kept} request={request} vault={vault} dismiss={dismiss} />}
        </VaultGate>
      ) : (
        <ReadOnly what="answer it" />
      )}
    </article>
  );
}
