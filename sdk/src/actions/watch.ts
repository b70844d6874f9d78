import type { Abi, ContractEventName, WatchContractEventOnLogsParameter } from "viem";
import {
  appRegistryAbi,
  type Deployment,
  datasetRegistryAbi,
  explainChainError,
  grantRegistryAbi,
  jobMarketAbi,
  nodeRegistryAbi,
  ownerKeysAbi,
} from "../contracts/index.ts";
import type { ActionContext } from "./context.ts";

type EventOf<abi extends Abi> = {
  [name in ContractEventName<abi>]: WatchContractEventOnLogsParameter<abi, name, true>[number];
}[ContractEventName<abi>];

export type WatchParameters<abi extends Abi> = {
  /** In the chain's order. A log that a reorganisation takes back comes again with `removed`. */
  readonly onEvents: (events: readonly EventOf<abi>[]) => void;
  /** Of the endpoint; watching goes on. */
  readonly onError?: (error: Error) => void;
  /** Only events that have these arguments, for instance `{ owner }` or `{ jobId }`. Default: all. */
  readonly where?: Readonly<Record<string, string | number | bigint>>;
  readonly pollMs?: number;
};

const watcher =
  <const abi extends Abi>(abi: abi, addressOf: (deployment: Deployment) => `0x${string}`) =>
  (
    { client, deployment }: Pick<ActionContext, "client" | "deployment">,
    parameters: WatchParameters<abi>,
  ): (() => void) => {
    const { onEvents, onError = () => {}, where = {}, pollMs } = parameters;
    const wanted = Object.entries(where).map(([name, value]) => [name, String(value).toLowerCase()] as const);
    return client.watchContractEvent({
      address: addressOf(deployment),
      abi: abi as Abi,
      strict: true,
      onLogs: (logs) => {
        const fits = logs.filter((log) => {
          const { args } = log as unknown as { readonly args: Readonly<Record<string, unknown>> };
          return wanted.every(([name, value]) => String(args[name]).toLowerCase() === value);
        });
        if (fits.length > 0) onEvents(fits as unknown as readonly EventOf<abi>[]);
      },
      onError: (error) => {
        void explainChainError(error, "watching").then((explained) =>
          onError(explained instanceof Error ? explained : error),
        );
      },
      ...(pollMs === undefined ? {} : { pollingInterval: pollMs }),
    });
  };

/** Each returns what ends it. Events of one contract, as its interface documents them. */
export const watchDatasets = watcher(datasetRegistryAbi, ({ datasetRegistry }) => datasetRegistry);
export const watchGrants = watcher(grantRegistryAbi, ({ grantRegistry }) => grantRegistry);
export const watchJobs = watcher(jobMarketAbi, ({ jobMarket }) => jobMarket);
export const watchNodes = watcher(nodeRegistryAbi, ({ nodeRegistry }) => nodeRegistry);
export const watchApps = watcher(appRegistryAbi, ({ appRegistry }) => appRegistry);
/** Custody, recoveries and backups. */
export const watchOwnerKeys = watcher(ownerKeysAbi, ({ ownerKeys }) => ownerKeys);
