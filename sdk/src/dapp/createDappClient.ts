import { type Account, type Address, type Chain, createClient, type Transport } from "viem";
import {
  getBlock,
  getCapabilities,
  getContractEvents,
  getTransaction,
  getTransactionReceipt,
  readContract,
  sendCalls,
  signTypedData,
  simulateContract,
  waitForCallsStatus,
  waitForTransactionReceipt,
  writeContract,
} from "viem/actions";
import { actionContext, isLocal, type PersonaOptions } from "../actions/context.ts";
import { requesterActions } from "../actions/requester.ts";
import type { CoreClient, Deployment } from "../contracts/index.ts";

export type DappOptions = Pick<PersonaOptions, "storage" | "token"> & {
  /** `deployments[chainId]` of `@persona-protocol/sdk/contracts`, where the SDK knows it: a page loads its own alone. */
  readonly deployment: Deployment;
};
export type DappActions = ReturnType<typeof requesterActions>;
export type DappClient = DappActions & { readonly client: CoreClient; readonly deployment: Deployment };

/**
 * The client of a page that asks for access and reads results: `createPersonaClient` without what owners do, and with no more of
 * viem than it calls. Over a client that is there already (wagmi's, ethers') nothing of viem is added.
 *
 * @throws CHAIN_WRONG
 */
export function createDappClient(parameters: createDappClient.Parameters): DappClient {
  const client = "client" in parameters ? parameters.client : clientOf(parameters);
  const context = actionContext(client, parameters);
  return { client, deployment: context.deployment, ...requesterActions(context) };
}

export declare namespace createDappClient {
  type Parameters = DappOptions &
    (
      | { readonly client: CoreClient }
      | {
          readonly chain: Chain;
          readonly transport: Transport;
          /** One whose key is here, or the address of a wallet that the transport leads to. */
          readonly account: Account | Address;
          readonly pollingInterval?: number;
        }
    );
}

function clientOf(parameters: Exclude<createDappClient.Parameters, { readonly client: CoreClient }>): CoreClient {
  const { chain, transport, account, pollingInterval } = parameters;
  // A local chain mines at once: waiting seconds between two looks would be most of a job's time.
  const everyMs = pollingInterval ?? (isLocal(chain.id) ? 20 : undefined);
  const rest = everyMs === undefined ? {} : { pollingInterval: everyMs, cacheTime: 0 };
  const client = createClient({ chain, transport, account, ...rest });
  // viem's own way of binding: it looks an action up on the client first.
  const used = {
    getBlock,
    getCapabilities,
    getContractEvents,
    getTransaction,
    getTransactionReceipt,
    readContract,
    sendCalls,
    signTypedData,
    simulateContract,
    waitForCallsStatus,
    waitForTransactionReceipt,
    writeContract,
  };
  const bound = Object.fromEntries(
    Object.entries(used).map(([name, action]) => [
      name,
      (...args: unknown[]) => (action as (...all: unknown[]) => unknown)(client, ...args),
    ]),
  );
  return client.extend(() => bound) as unknown as CoreClient;
}
