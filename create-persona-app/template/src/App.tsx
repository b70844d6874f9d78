import type { DappClient } from "@persona-protocol/sdk/dapp";
import { useState } from "react";
import { useConnect, useConnection, useConnectors } from "wagmi";
import { Ask } from "./Ask.tsx";
import type { Network } from "./network.ts";
import { Problem } from "./Problem.tsx";
import { Run } from "./Run.tsx";
import { usePersona } from "./usePersona.ts";

export function App({ network }: { readonly network: Network }) {
  const persona = usePersona(network);
  return (
    <main>
      <h1>Good posts</h1>
      <p>We reward people for posts that others liked. We learn a score, and never see a post.</p>
      <Connect chainId={network.chain.id} />
      {persona !== undefined && <Steps key={persona.client.account.address} persona={persona} />}
    </main>
  );
}

function Steps({ persona }: { readonly persona: DappClient }) {
  const [hasAsked, setAsked] = useState(false);
  return (
    <>
      <Ask persona={persona} onAsked={() => setAsked(true)} />
      {hasAsked && <Run persona={persona} />}
    </>
  );
}

function Connect({ chainId }: { readonly chainId: number }) {
  const connection = useConnection();
  const connectors = useConnectors();
  const { mutate: connect, error, isPending } = useConnect();
  if (connection.isConnected) return <p>Connected as {connection.address}.</p>;
  return (
    <section>
      <h2>1. A wallet</h2>
      {connectors.map((connector) => (
        <button key={connector.uid} type="button" disabled={isPending} onClick={() => connect({ connector, chainId })}>
          {connector.name}
        </button>
      ))}
      {connectors.length === 0 && <p>This browser has no wallet.</p>}
      <Problem error={error} />
    </section>
  );
}
