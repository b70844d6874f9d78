import type { PersonaClient } from "@persona-protocol/sdk";
import { jobMarketAbi } from "@persona-protocol/sdk/contracts";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { type Address, isAddressEqual } from "viem";
import { useSession } from "../../app/Session.tsx";
import { type JobRow, pricesFor } from "../../protocol/jobs.ts";
import { useWrite } from "../../protocol/useWrite.ts";
import { Amount } from "../../ui/Amount.tsx";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { ReadOnly } from "../../ui/ReadOnly.tsx";

/** What the market holds for an account, in every token that it was ever paid in. */
export function useBalances(persona: PersonaClient, account: Address, tokens: readonly Address[]) {
  const all = [...new Set(tokens.map((token) => token.toLowerCase()))].sort() as Address[];
  return useQuery({
    queryKey: ["balances", persona.deployment.chainId, account.toLowerCase(), all],
    queryFn: async () => {
      const market = { address: persona.deployment.jobMarket, abi: jobMarketAbi, functionName: "balanceOf" } as const;
      const values = await Promise.all(
        all.map((token) => persona.client.readContract({ ...market, args: [token, account] })),
      );
      return all.map((token, i) => ({ token, value: values[i] ?? 0n }));
    },
  });
}

export function Earnings({
  persona,
  owner,
  jobs,
}: {
  persona: PersonaClient;
  owner: Address;
  jobs: readonly JobRow[];
}) {
  const { config } = useSession();
  const { token } = config;
  const paid = jobs.filter(({ state }) => state === "settled");
  const { data: balances } = useBalances(persona, owner, [token.address, ...jobs.map((job) => job.token)]);
  const total = paid
    .filter((job) => isAddressEqual(job.token, token.address))
    .reduce((sum, job) => sum + pricesFor(job, owner), 0n);
  const waiting = (balances ?? []).filter(({ value, token: of }) => value > 0n || isAddressEqual(of, token.address));
  return (
    <section className="card" aria-labelledby="earnings">
      <h2 id="earnings">Earnings</h2>
      <div className="cards">
        <div className="stack-tight">
          <span className="muted">Earned by finished jobs</span>
          <span className="figure">
            <Amount value={total} token={token.address} />
          </span>
          <span className="muted small">
            {paid.length} finished job{paid.length === 1 ? "" : "s"}
          </span>
        </div>
        {waiting.map(({ token: of, value }) => (
          <Withdrawable key={of} persona={persona} token={of} value={value} />
        ))}
      </div>
    </section>
  );
}

export function Withdrawable({ persona, token, value }: { persona: PersonaClient; token: Address; value: bigint }) {
  const { canWrite } = useSession();
  const withdraw = useWrite(
    useCallback(() => persona.withdrawAndWait(token), [persona, token]),
    { busy: "Waiting for your wallet.", done: "It was sent to your account." },
  );
  return (
    <div className="stack-tight">
      <span className="muted">Held for you by the market</span>
      <span className="figure">
        <Amount value={value} token={token} />
      </span>
      {canWrite ? (
        <span>
          <button
            type="button"
            disabled={value === 0n || withdraw.state === "busy"}
            onClick={() => void withdraw.run()}
          >
            {withdraw.state === "busy" ? "Look into your wallet …" : "Send it to my account"}
          </button>
        </span>
      ) : (
        <ReadOnly what="take it out" />
      )}
      <ErrorNotice error={withdraw.error} />
    </div>
  );
}
