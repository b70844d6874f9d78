import type { PersonaClient } from "@persona-protocol/sdk";
import { type AppOfAccount, appOfAccount } from "@persona-protocol/sdk/access";
import { appRegistryAbi } from "@persona-protocol/sdk/contracts";
import { useQuery } from "@tanstack/react-query";
import type { Address } from "viem";
import { timeOfBlock } from "./chainEvents.ts";

export type KnownApp = AppOfAccount & {
  /** Unix seconds. How long somebody is known says something: a name costs nothing, years do. */
  readonly registeredAt: number | undefined;
};

/** The app that an account acts for, by its own and the app's word. */
export async function readApp(persona: PersonaClient, account: Address): Promise<KnownApp | null> {
  const { client, deployment } = persona;
  const app = await appOfAccount({ client, deployment }, account);
  if (app === undefined) return null;
  const [registered] = await client.getContractEvents({
    address: deployment.appRegistry,
    abi: appRegistryAbi,
    eventName: "AppRegistered",
    args: { appId: app.appId },
    fromBlock: deployment.fromBlock,
    strict: true,
  });
  return {
    ...app,
    registeredAt: registered === undefined ? undefined : await timeOfBlock(persona, registered.blockNumber),
  };
}

export function useApp(persona: PersonaClient, account: Address) {
  return useQuery({
    queryKey: ["app", persona.deployment.chainId, account.toLowerCase()],
    queryFn: () => readApp(persona, account),
    staleTime: 60_000,
    refetchInterval: false,
  });
}
