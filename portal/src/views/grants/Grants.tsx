import { useState } from "react";
import type { Address, Hex } from "viem";
import { useSession } from "../../app/Session.tsx";
import { useDatasets } from "../../protocol/datasets.ts";
import { suggestionFor } from "../../protocol/grantSuggestions.ts";
import { useJobsOver } from "../../protocol/jobs.ts";
import { type OwnGrant, useOwnGrants } from "../../protocol/ownGrants.ts";
import { usePersona } from "../../protocol/usePersona.ts";
import { Empty } from "../../ui/Empty.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { withOwner } from "../../ui/OwnerNeeded.tsx";
import { Pending } from "../../ui/Pending.tsx";
import { ReadOnly } from "../../ui/ReadOnly.tsx";
import { useVault } from "../../vault/useVault.ts";
import { GrantCard } from "./GrantCard.tsx";
import { type GrantFilter, GrantFilters, matches } from "./GrantFilters.tsx";
import { RevokeDialog } from "./RevokeDialog.tsx";
import { WhoCanRead } from "./WhoCanRead.tsx";

export const Grants = withOwner(
  "Grants",
  "Every permission that an account has given, whether it can be used now, and the way to end it.",
  OwnedGrants,
);

type Ending = { readonly grants: readonly OwnGrant[]; readonly all: boolean };

function OwnedGrants({ owner }: { owner: Address }) {
  const persona = usePersona(owner);
  const { canWrite } = useSession();
  const { vault } = useVault(owner);
  const { grants, isKnown, isPending, error } = useOwnGrants(persona, owner, vault);
  const { data: jobs = [] } = useJobsOver(persona, owner);
  const { data: datasets } = useDatasets(persona, owner);
  const [filter, setFilter] = useState<GrantFilter>({ state: "active", text: "" });
  const [chosen, setChosen] = useState<ReadonlySet<Hex>>(new Set());
  const [ending, setEnding] = useState<Ending | undefined>(undefined);

  const now = Date.now() / 1_000;
  const lastUse = new Map<Hex, number>();
  for (const { inputs, submittedAt } of jobs)
    for (const { grantHash } of inputs) lastUse.set(grantHash, Math.max(lastUse.get(grantHash) ?? 0, submittedAt));
  const running = new Set(
    jobs
      .filter(({ state }) => state === "running" || state === "open")
      .flatMap(({ inputs }) => inputs.map(({ grantHash }) => grantHash)),
  );
  const active = grants.filter(({ state }) => state === "active");
  const shown = grants.filter((grant) => matches(grant, filter));
  const several = active.filter(({ grantHash }) => chosen.has(grantHash));
  const suggested = active.flatMap((grant) => {
    const suggestion = suggestionFor(grant, lastUse.get(grant.grantHash), now);
    return suggestion === undefined ? [] : [{ grant, suggestion }];
  });

  return (
    <>
      <div className="title">
        <h1>Grants</h1>
        <p className="lede">
          A grant lets one account run one named program on the segments you chose. Nobody sees the data; the account
          gets the program's result. Ending a grant counts from the next block on, for ever.
        </p>
      </div>
      <ErrorNotice error={error} what="Your grants could not be read." />
      {isPending ? (
        <Pending what="grants" />
      ) : !isKnown ? null : grants.length === 0 ? (
        <Empty title="No grants yet">
          <p className="muted">
            When somebody asks to use your data, and you allow it, the grant stands here, with what is left of it and
            the button that ends it.
          </p>
          <p className="row">
            <a className="button" href="#/requests">
              Answer a request
            </a>
          </p>
        </Empty>
      ) : (
        <>
          <WhoCanRead persona={persona} datasets={datasets} grants={grants} vault={vault} />
          {suggested.length > 0 && (
            <section className="notice notice-warn" aria-label="Suggestions">
              <strong>
                {suggested.length} grant{suggested.length === 1 ? "" : "s"} you may not need any more
              </strong>
              <span>What nobody uses can be ended without anybody missing it. They are marked below.</span>
            </section>
          )}
          <GrantFilters
            filter={filter}
            onChange={setFilter}
            counts={{ active: active.length, ended: grants.length - active.length, all: grants.length }}
          />
          {shown.length === 0 ? (
            <p className="muted">No grant fits what you have chosen above.</p>
          ) : (
            <ul className="list">
              {shown.map((grant) => (
                <li key={grant.grantHash}>
                  <GrantCard
                    persona={persona}
                    grant={grant}
                    vault={vault}
                    lastUsedAt={lastUse.get(grant.grantHash)}
                    isRunning={running.has(grant.grantHash)}
                    suggestion={suggested.find((each) => each.grant === grant)?.suggestion}
                    canEnd={canWrite}
                    isChosen={chosen.has(grant.grantHash)}
                    onChoose={(isChosen) => {
                      const next = new Set(chosen);
                      if (isChosen) next.add(grant.grantHash);
                      else next.delete(grant.grantHash);
                      setChosen(next);
                    }}
                    onEnd={() => setEnding({ grants: [grant], all: false })}
                  />
                </li>
              ))}
            </ul>
          )}
          <section className="card red" aria-labelledby="end-grants">
            <h2 id="end-grants">End them</h2>
            {canWrite ? (
              <>
                <p className="muted">
                  The red button ends everything at once: also grants that you have signed and that nobody has used yet.
                  One transaction, whatever their number.
                </p>
                <p className="row">
                  <button type="button" className="danger" onClick={() => setEnding({ grants: active, all: true })}>
                    End all grants
                  </button>
                  <button
                    type="button"
                    className="danger-quiet"
                    disabled={several.length === 0}
                    onClick={() => setEnding({ grants: several, all: false })}
                  >
                    {several.length === 0 ? "End the chosen ones" : `End the ${several.length} chosen`}
                  </button>
                </p>
              </>
            ) : (
              <ReadOnly what="end grants" />
            )}
          </section>
        </>
      )}
      {ending !== undefined && (
        <RevokeDialog
          persona={persona}
          grants={ending.grants}
          all={ending.all}
          runningCount={ending.grants.filter(({ grantHash }) => running.has(grantHash)).length}
          onClose={(isDone) => {
            setEnding(undefined);
            if (isDone) setChosen(new Set());
          }}
        />
      )}
    </>
  );
}
