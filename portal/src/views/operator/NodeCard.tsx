import { printable } from "@persona-protocol/sdk/errors";
import { useSession } from "../../app/Session.tsx";
import type { NodeKey, NodeRow } from "../../protocol/nodes.ts";
import { Amount } from "../../ui/Amount.tsx";
import { shortAddress } from "../../ui/shortAddress.ts";
import { Time } from "../../ui/Time.tsx";

const soon = 3 * 86_400;

export function NodeCard({ node, isOwn }: { node: NodeRow; isOwn: boolean }) {
  const { config } = useSession();
  const { nodeId, operator, endpoint, stake, roles, status, exitAt, settled, failed, openClaims, burned, keys } = node;
  const { address: token } = config.token;
  const done = settled + failed;
  const living = keys.filter(({ state }) => state !== "destroyed");
  return (
    <article className="card" aria-label={`Node ${nodeId}`}>
      <div className="between">
        <h2>
          Node {nodeId} <span className="muted small">{roles.join(" and ") || "without a role"}</span>
        </h2>
        <span className="row">
          {isOwn && <span className="tag tag-good">yours</span>}
          <span className={`tag ${status === "active" ? "tag-good" : "tag-warn"}`}>{status}</span>
        </span>
      </div>
      <dl className="facts">
        <dt>Operator</dt>
        <dd className="mono" title={operator}>
          {shortAddress(operator)}
        </dd>
        <dt>Stake</dt>
        <dd>
          <Amount value={stake} token={token} />
          {burned > 0n && (
            <span className="muted">
              , burned so far: <Amount value={burned} token={token} />
            </span>
          )}
        </dd>
        {roles.includes("worker") && (
          <>
            <dt>Work</dt>
            <dd>
              {done === 0
                ? "no job yet"
                : `${settled} of ${done} jobs finished (${Math.floor((100 * settled) / done)} %), ${failed} failed`}
              {openClaims > 0 && `, ${openClaims} at work now`}
            </dd>
          </>
        )}
        {status === "exiting" && (
          <>
            <dt>Leaves</dt>
            <dd>
              <Time at={exitAt} away />
            </dd>
          </>
        )}
        <dt>Endpoint</dt>
        <dd className="mono small">
          {endpoint === "" ? "none" : <bdi>{printable(endpoint, { maxLength: 120 })}</bdi>}
        </dd>
        <dt>Attestation</dt>
        <dd>
          {living.length === 0 ? (
            <span className="tag tag-bad">no enclave key</span>
          ) : (
            <ul className="lines">
              {living.map((key) => (
                <KeyLine key={key.signer} of={key} />
              ))}
            </ul>
          )}
        </dd>
      </dl>
    </article>
  );
}

function KeyLine({ of }: { of: NodeKey }) {
  const { signer, state, openUntil, measurement, isAllowed, isSimulated, keyClass } = of;
  const left = openUntil - Date.now() / 1_000;
  const tag = state !== "active" || !isAllowed || left <= 0 ? "tag-bad" : left < soon ? "tag-warn" : "tag-good";
  return (
    <li className="stack-tight">
      <span className="row">
        <span className={`tag ${tag}`}>
          {left <= 0 ? "expired" : state} · {keyClass}
        </span>
        {isSimulated && <span className="tag tag-warn">simulated: protects nothing</span>}
        {!isAllowed && <span className="tag tag-bad">its code is not allowed</span>}
        <span className="mono small">{shortAddress(signer)}</span>
      </span>
      <span className="small muted">
        good until <Time at={openUntil} away />, code <span className="mono">{measurement.slice(0, 18)}…</span>
      </span>
    </li>
  );
}
