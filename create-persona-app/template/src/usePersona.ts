import { type CoreClient, createDappClient, type DappClient } from "@persona-protocol/sdk/dapp";
import { createHttpStore } from "@persona-protocol/sdk/storage";
import { useMemo } from "react";
import { publicActions } from "viem";
import { useWalletClient } from "wagmi";
import type { Network } from "./network.ts";

/** The SDK over the wallet that wagmi is connected to; undefined while there is none. */
export function usePersona({ deployment, storeUrl, token }: Network): DappClient | undefined {
  const { data: wallet } = useWalletClient();
  return useMemo(() => {
    if (wallet === undefined) return undefined;
    const client = wallet.extend(publicActions) as unknown as CoreClient;
    return createDappClient({ client, deployment, token, storage: createHttpStore({ url: storeUrl }) });
  }, [wallet, deployment, storeUrl, token]);
}

/** Where a result comes from, as a tree. What only this needs is loaded when it is asked for. */
export async function provenanceOf(persona: DappClient, job: Parameters<Full["provenance"]>[0]): Promise<string> {
  const { createPersonaClient } = await import("@persona-protocol/sdk");
  const { client, deployment } = persona;
  return (await createPersonaClient({ client: client as never, deployment }).provenance(job)).text;
}

type Full = ReturnType<typeof import("@persona-protocol/sdk").createPersonaClient>;
