import type { PersonaClient } from "@persona-protocol/sdk";
import { custodyOf, vetoRecovery } from "@persona-protocol/sdk/access";
import { ownerKeysAbi } from "@persona-protocol/sdk/contracts";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { type Address, zeroAddress, zeroHash } from "viem";
import { useSession } from "../../app/Session.tsx";
import { timeOfBlock } from "../../protocol/chainEvents.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { formatSpan } from "../../ui/formatSpan.ts";
import { Time } from "../../ui/Time.tsx";

/** What the chain says of people who could bring the key back, and of who asks for it now. */
export function PeopleAndWallet({ persona, owner }: { persona: PersonaClient; owner: Address }) {
  const { client, deployment } = persona;
  const { data, error } = useQuery({
    queryKey: ["custody", deployment.chainId, owner.toLowerCase()],
    queryFn: async () => {
      const contract = { address: deployment.ownerKeys, abi: ownerKeysAbi } as const;
      const [custody, asked] = await Promise.all([
        custodyOf(client, deployment, owner),
        client.getContractEvents({
          ...contract,
          eventName: "RecoveryRequested",
          args: { owner },
          fromBlock: deployment.fromBlock,
          strict: true,
        }),
      ]);
      const requests = await Promise.all(
        [...new Set(asked.map(({ args }) => args.requester))].map(async (requester) => {
          const request = await client.readContract({
            ...contract,
            functionName: "recoveryOf",
            args: [owner, requester],
          });
          const at = asked.findLast(({ args }) => args.requester === requester)?.blockNumber;
          return { requester, ...request, askedAt: at === undefined ? 0 : await timeOfBlock(persona, at) };
        }),
      );
      return { custody, open: requests.filter(({ status, version }) => status === 1 && version === custody.version) };
    },
  });
  return (
    <section className="card card-quiet" aria-labelledby="people">
      <h2 id="people">People and a second wallet</h2>
      <ErrorNotice error={error} what="The chain's word on recovery could not be read." />
      {data !== undefined &&
        (data.custody.version === 0 ? (
          <p className="muted">
            None are named. People you trust can hold shares of your key, which they give to your new device only
            together and after a delay in which you can say no. It is set up with the command:{" "}
            <code>persona recovery plan</code>.
          </p>
        ) : (
          <dl className="facts">
            <dt>People</dt>
            <dd>
              {data.custody.planHash === zeroHash
                ? "none"
                : "named; who they are stands in their packets, not on the chain"}
            </dd>
            <dt>Second wallet</dt>
            <dd className="mono">{data.custody.secondWallet === zeroAddress ? "none" : data.custody.secondWallet}</dd>
            <dt>Your time to say no</dt>
            <dd>{formatSpan(data.custody.delay)}</dd>
          </dl>
        ))}
      {data?.open.map(({ requester, ripeAt, askedAt }) => (
        <OpenRequest
          key={requester}
          persona={persona}
          owner={owner}
          requester={requester}
          ripeAt={ripeAt}
          askedAt={askedAt}
        />
      ))}
    </section>
  );
}

function OpenRequest({
  persona,
  owner,
  requester,
  ripeAt,
  askedAt,
}: {
  persona: PersonaClient;
  owner: Address;
  requester: Address;
  ripeAt: number;
  askedAt: number;
}) {
  const { canWrite } = useSession();
  const veto = useWrite(
    useCallback(() => vetoRecovery(persona, { owner, requester }), [persona, owner, requester]),
    { busy: "Waiting for your wallet.", done: "The recovery was stopped." },
  );
  return (
    <div className="notice notice-bad" role="alert">
      <strong>Somebody asks for your key.</strong>
      <span>
        <span className="mono">{requester}</span> asked <Time at={askedAt} away />. It counts from{" "}
        <Time at={ripeAt} away /> on. If that was not you on a new device, stop it now.
      </span>
      {canWrite && (
        <button type="button" className="danger" disabled={veto.state === "busy"} onClick={() => void veto.run()}>
          {veto.state === "busy" ? "Look into your wallet …" : "Stop it"}
        </button>
      )}
      <ErrorNotice error={veto.error} />
    </div>
  );
}
