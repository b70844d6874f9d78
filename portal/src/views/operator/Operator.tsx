import { useState } from "react";
import { type Address, isAddressEqual } from "viem";
import { useSession } from "../../app/Session.tsx";
import { useNodes } from "../../protocol/nodes.ts";
import { usePersona } from "../../protocol/usePersona.ts";
import { Empty } from "../../ui/Empty.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { withOwner } from "../../ui/OwnerNeeded.tsx";
import { Pending } from "../../ui/Pending.tsx";
import { useBalances, Withdrawable } from "../activity/Earnings.tsx";
import { NodeCard } from "./NodeCard.tsx";

export const Operator = withOwner(
  "For operators",
  "The nodes of an account, their stake, how their work went, and until when their enclaves are attested.",
  OperatorView,
);

function OperatorView({ owner }: { owner: Address }) {
  const persona = usePersona(owner);
  const { config } = useSession();
  const [all, setAll] = useState(false);
  const { data: nodes, error, isPending } = useNodes(persona);
  const { data: balances = [] } = useBalances(persona, owner, [config.token.address]);
  const own = (nodes ?? []).filter(({ operator }) => isAddressEqual(operator, owner));
  const shown = all ? (nodes ?? []) : own;
  const earned = balances[0];
  return (
    <>
      <div className="title">
        <h1>For operators</h1>
        <p className="lede">
          Nodes run owners' programs inside enclaves, or guard shares of their keys. What counts of them is here: their
          stake, how their work ended, and until when their enclaves' evidence is good. They are run by the command:{" "}
          <code>persona node</code>.
        </p>
      </div>
      {own.length > 0 && earned !== undefined && (
        <section className="card" aria-labelledby="node-earnings">
          <h2 id="node-earnings">Earnings</h2>
          <Withdrawable persona={persona} token={earned.token} value={earned.value} />
        </section>
      )}
      <label className="choice">
        <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />
        <span>
          Show every node of the network, not only this account's{" "}
          {nodes !== undefined && <span className="muted">({nodes.length})</span>}
        </span>
      </label>
      <ErrorNotice error={error} what="The nodes could not be read." />
      {isPending ? (
        <Pending what="nodes" />
      ) : nodes === undefined ? null : shown.length === 0 ? (
        <Empty title="This account runs no node">
          <p className="muted">
            <code>persona node init</code> makes one, and <code>persona node start</code> runs it, once its account has
            stake and gas money. Its evidence, work and earnings will stand here.
          </p>
        </Empty>
      ) : (
        <ul className="list">
          {shown.map((node) => (
            <li key={node.nodeId}>
              <NodeCard node={node} isOwn={isAddressEqual(node.operator, owner)} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
