import type { PersonaClient } from "@persona-protocol/sdk";
import { segmentIndexes } from "@persona-protocol/sdk/access";
import { printable } from "@persona-protocol/sdk/errors";
import type { Suggestion } from "../../protocol/grantSuggestions.ts";
import type { GrantState } from "../../protocol/grants.ts";
import type { OwnGrant } from "../../protocol/ownGrants.ts";
import { programOfGrant } from "../../protocol/programFacts.ts";
import { Amount } from "../../ui/Amount.tsx";
import { Foreign } from "../../ui/Foreign.tsx";
import { Party } from "../../ui/Party.tsx";
import { shortAddress } from "../../ui/shortAddress.ts";
import { Time } from "../../ui/Time.tsx";
import type { Vault } from "../../vault/vault.ts";

const states: Readonly<Record<GrantState, readonly [words: string, tag: string]>> = {
  active: ["can be used now", "tag-good"],
  revoked: ["ended by you", ""],
  expired: ["expired", ""],
  spent: ["all uses spent", ""],
  paused: ["stopped: its data is being erased", "tag-warn"],
  moved: ["over: its data has new keys", ""],
};

export function GrantCard({
  persona,
  grant,
  vault,
  lastUsedAt,
  isRunning,
  suggestion,
  canEnd,
  isChosen,
  onChoose,
  onEnd,
}: {
  persona: PersonaClient;
  grant: OwnGrant;
  vault: Vault | undefined;
  lastUsedAt: number | undefined;
  isRunning: boolean;
  suggestion: Suggestion | undefined;
  canEnd: boolean;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
  onEnd: () => void;
}) {
  const { grantee, maxUses, uses, expiresAt, createdAt, state, known, isSigned, grantHash } = grant;
  const [words, tag] = states[state];
  const left = maxUses - uses;
  const isActive = state === "active";
  const short = `${grantHash.slice(0, 10)}…`;
  return (
    <article className="card" aria-label={`Grant ${short} to ${shortAddress(grantee)}`}>
      <div className="between">
        <Party persona={persona} account={grantee} />
        <span className="row">
          {isSigned && isActive && <span className="tag">signed, not used yet</span>}
          {isRunning && <span className="tag tag-warn">a job is under way</span>}
          {suggestion !== undefined && <span className="tag tag-warn">{suggestion}</span>}
          <span className={`tag ${tag}`}>{words}</span>
        </span>
      </div>
      <dl className="facts">
        <What grant={grant} vault={vault} />
        <dt>Uses</dt>
        <dd className="tabular">
          {left} of {maxUses} left
          {lastUsedAt !== undefined && (
            <span className="muted">
              , last used <Time at={lastUsedAt} away />
            </span>
          )}
        </dd>
        <dt>{isActive ? "Ends by itself" : "Would have ended"}</dt>
        <dd>
          <Time at={expiresAt} away={isActive} />
        </dd>
        {known !== undefined && (
          <>
            <dt>Pays you</dt>
            <dd>
              <Amount value={known.grant.terms.price} token={known.grant.terms.token} /> a use
            </dd>
          </>
        )}
        <dt>Given</dt>
        <dd>
          <Time at={createdAt} /> <span className="muted mono small">{short}</span>
        </dd>
      </dl>
      {isActive && canEnd && (
        <div className="between">
          <label className="choice">
            <input type="checkbox" checked={isChosen} onChange={(event) => onChoose(event.target.checked)} />
            <span>
              Choose <span className="hidden-text">grant {short}</span> to end several
            </span>
          </label>
          <button type="button" className="danger-quiet" onClick={onEnd}>
            End this grant<span className="hidden-text"> {short}</span>
          </button>
        </div>
      )}
    </article>
  );
}

/** Which program and which segments: private to the parties, so only the owner's own copy says. */
function What({ grant, vault }: { grant: OwnGrant; vault: Vault | undefined }) {
  const { known, datasetId } = grant;
  const record = vault?.content.records.find(({ dataset }) => dataset.datasetId === datasetId);
  if (known === undefined)
    return (
      <>
        <dt>For</dt>
        <dd className="muted">
          {vault === undefined
            ? "Unlock your records to see which program and segments: the chain does not know."
            : "Your records have no copy of this grant. The chain knows its limits, not its program."}
        </dd>
      </>
    );
  const program = programOfGrant(known);
  const names = segmentIndexes(known.grant.scope.segments).map(
    (index) => record?.dataset.segments.find((segment) => segment.index === index)?.name ?? `segment ${index}`,
  );
  return (
    <>
      <dt>To run</dt>
      <dd>
        {program === undefined ? (
          <span className="mono">{known.grant.scope.programId.slice(0, 18)}…</span>
        ) : (
          <strong>
            <Foreign text={program.name} />
          </strong>
        )}
      </dd>
      <dt>On</dt>
      <dd>
        {names.map((name) => printable(name, { maxLength: 64 })).join(", ")}{" "}
        {record?.portal !== undefined && <span className="muted">of {printable(record.portal.title)}</span>}
      </dd>
    </>
  );
}
