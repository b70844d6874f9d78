import {
  type Account,
  type Address,
  type Chain,
  createWalletClient,
  type Hex,
  publicActions,
  type Transport,
} from "viem";
import {
  type AppParameters,
  acceptDatasetCall,
  buildGrant,
  concludeErasureCall,
  type Dataset,
  datasetsOf,
  eraseDatasetCall,
  type GrantPackage,
  type GrantParameters,
  grantCall,
  grantsOf,
  offerDatasetCall,
  publishDataset,
  registerAppCall,
  restoreDatasetCall,
  revokeAllCall,
  revokeCall,
  signGrant,
} from "./access/index.ts";
import {
  type ActionContext,
  actionContext,
  isLocal,
  type PersonaContext,
  type PersonaOptions,
} from "./actions/context.ts";
import { type GrantOfRequest, type GrantRequest, grantParameters } from "./actions/grantRequest.ts";
import { importDataset } from "./actions/importDataset.ts";
import { provenance } from "./actions/provenance.ts";
import { readAccessRequest } from "./actions/requestAccess.ts";
import { requesterActions } from "./actions/requester.ts";
import { watchApps, watchDatasets, watchGrants, watchJobs, watchNodes, watchOwnerKeys } from "./actions/watch.ts";
import { type Planned, writes } from "./actions/write.ts";
import {
  type BuiltJob,
  buildJob,
  cancelJobCall,
  receiptProofOf,
  timeOutJobCall,
  withdrawCall,
} from "./compute/index.ts";
import { type ChainClient, type ContractCall, deployments, sendCalls } from "./contracts/index.ts";

export type { PersonaContext, PersonaOptions } from "./actions/context.ts";

export type PersonaActions = ReturnType<typeof actionsOf>;
export type PersonaClient = PersonaActions & PersonaContext & { readonly client: ChainClient };

type OwnGrant = GrantRequest | GrantOfRequest | GrantParameters;
type Of = Pick<Dataset, "datasetId">;
type Posted = Pick<BuiltJob, "jobId" | "params">;

/**
 * For `viemClient.extend(personaActions({ storage }))`; the client must read, sign and send:
 * `createWalletClient({ account, chain, transport }).extend(publicActions)`.
 *
 * @throws DEPLOYMENT_UNKNOWN, CHAIN_WRONG when the client is for another chain than the deployment.
 */
export function personaActions(options: PersonaOptions = {}): (client: ChainClient) => PersonaActions {
  return (client) => actionsOf(actionContext(client, options, deployments));
}

/**
 * One object with every action bound to one account, one deployment and one store: over a client of viem, over one made of
 * `{ chain, transport, account }`, or over `client: await fromEthers(signer)`.
 *
 * @throws DEPLOYMENT_UNKNOWN, CHAIN_WRONG
 */
export function createPersonaClient(parameters: createPersonaClient.Parameters): PersonaClient {
  const client = "client" in parameters ? parameters.client : clientOf(parameters);
  const context = actionContext(client, parameters, deployments);
  const { deployment, store, nodes } = context;
  return { client, deployment, store, nodes, ...actionsOf(context) };
}

export declare namespace createPersonaClient {
  type Parameters = PersonaOptions &
    (
      | { readonly client: ChainClient }
      | {
          readonly chain: Chain;
          readonly transport: Transport;
          /** One whose key is here, or the address of a wallet that the transport leads to. */
          readonly account: Account | Address;
          readonly pollingInterval?: number;
        }
    );
}

function clientOf(parameters: Exclude<createPersonaClient.Parameters, { readonly client: ChainClient }>): ChainClient {
  const { chain, transport, account, pollingInterval } = parameters;
  // A local chain mines at once: waiting seconds between two looks would be most of a job's time.
  const everyMs = pollingInterval ?? (isLocal(chain.id) ? 20 : undefined);
  const rest = everyMs === undefined ? {} : { pollingInterval: everyMs, cacheTime: 0 };
  return createWalletClient({ chain, transport, account, ...rest }).extend(publicActions) as ChainClient;
}

/**
 * The life of a dataset, from import to a verified result. A write `x` sends and gives a hash; `xAndWait` waits for its block;
 * `buildX` gives the calls, for a batch (`sendCalls`), a relayer or a wallet of several signers; `simulateX` throws what the
 * contract would refuse. What follows a grant that is not in a block yet waits for it.
 */
function actionsOf(context: ActionContext) {
  const { client, deployment } = context;
  const one = async <value extends object>(call: ContractCall, value: value): Promise<Planned<value>> => ({
    calls: [call],
    value,
  });
  const grant = writes(context, async (parameters: OwnGrant) => {
    const built = await buildGrant(context, await grantParameters(context, parameters));
    return one(grantCall(deployment, built.terms), built);
  });
  const revoke = writes(context, (granted: Pick<GrantPackage, "terms">) => one(revokeCall(context, granted), {}));
  const revokeAll = writes(context, () => one(revokeAllCall(deployment), {}));
  const erase = writes(context, (dataset: Of) => one(eraseDatasetCall(deployment, dataset), {}));
  const restore = writes(context, (dataset: Of) => one(restoreDatasetCall(deployment, dataset), {}));
  const conclude = writes(context, (dataset: Of) => one(concludeErasureCall(deployment, dataset), {}));
  const offer = writes(context, (offered: Of & { readonly to: Address }) =>
    one(offerDatasetCall(deployment, offered), {}),
  );
  const accept = writes(context, (dataset: Of) => one(acceptDatasetCall(deployment, dataset), {}));
  const app = writes(context, (parameters: AppParameters) => {
    const { call, appId } = registerAppCall(deployment, client.account.address, parameters);
    return one(call, { appId });
  });
  const cancel = writes(context, (posted: Posted) => one(cancelJobCall(deployment, posted), {}));
  const timeOut = writes(context, (posted: Posted) => one(timeOutJobCall(deployment, posted), {}));
  const withdraw = writes(context, (token: Address) => one(withdrawCall(deployment, token), {}));

  return {
    ...requesterActions(context),
    /** Reads an export, encrypts, stores and registers it. Waits for the registration: a dataset that is not there is none. */
    importDataset: (parameters: importDataset.Parameters) => importDataset(context, parameters),
    publishDataset: (parameters: publishDataset.Parameters) => publishDataset(context, parameters),

    /** Lets an account run one program on chosen segments. */
    grant: grant.send,
    grantAndWait: grant.andWait,
    buildGrant: grant.build,
    simulateGrant: grant.simulate,
    /** Grants by signature: no gas for the owner, whoever submits a job under it pays. */
    signGrant: async (parameters: OwnGrant): Promise<GrantPackage> =>
      signGrant(context, await grantParameters(context, parameters)),
    /** Ends a grant for ever, also one that was signed and never submitted. Keys already released cannot be called back. */
    revoke: revoke.send,
    revokeAndWait: revoke.andWait,
    buildRevoke: revoke.build,
    simulateRevoke: revoke.simulate,
    /** Ends all of the owner's grants at once, whatever their number. */
    revokeAll: revokeAll.send,
    revokeAllAndWait: revokeAll.andWait,
    buildRevokeAll: revokeAll.build,
    simulateRevokeAll: revokeAll.simulate,
    /** Begins an erasure: grants stop at once; for some days the owner can restore the dataset. */
    eraseDataset: erase.send,
    eraseDatasetAndWait: erase.andWait,
    buildEraseDataset: erase.build,
    simulateEraseDataset: erase.simulate,
    restoreDataset: restore.send,
    restoreDatasetAndWait: restore.andWait,
    buildRestoreDataset: restore.build,
    simulateRestoreDataset: restore.simulate,
    concludeErasure: conclude.send,
    concludeErasureAndWait: conclude.andWait,
    buildConcludeErasure: conclude.build,
    simulateConcludeErasure: conclude.simulate,

    /** Offers a dataset to another account, for good: it takes it two days later at the earliest, in a new key epoch. */
    offerDataset: offer.send,
    offerDatasetAndWait: offer.andWait,
    buildOfferDataset: offer.build,
    simulateOfferDataset: offer.simulate,
    acceptDataset: accept.send,
    acceptDatasetAndWait: accept.andWait,
    buildAcceptDataset: accept.build,
    simulateAcceptDataset: accept.simulate,
    /** Registers an app, whose name owners are shown; its domain is only claimed until it is proved. */
    registerApp: app.send,
    registerAppAndWait: app.andWait,
    buildRegisterApp: app.build,
    simulateRegisterApp: app.simulate,
    /** What an account owns, and whom it has granted what. Default: the client's own. */
    datasetsOf: (owner: Address = client.account.address) => datasetsOf(context, owner),
    grantsOf: (owner: Address = client.account.address) => grantsOf(context, owner),

    readAccessRequest: (encoded: string) => readAccessRequest(context, encoded),

    buildJob: (request: Parameters<typeof buildJob>[1]) => buildJob(context, request),
    /** Takes back a job that nobody has claimed in its window. */
    cancelJob: cancel.send,
    cancelJobAndWait: cancel.andWait,
    buildCancelJob: cancel.build,
    simulateCancelJob: cancel.simulate,
    /** Ends a claim after its deadline. Anyone may. */
    timeOutJob: timeOut.send,
    timeOutJobAndWait: timeOut.andWait,
    buildTimeOutJob: timeOut.build,
    simulateTimeOutJob: timeOut.simulate,
    /** Sends the account all that the market holds for it in a token. */
    withdraw: withdraw.send,
    withdrawAndWait: withdraw.andWait,
    buildWithdraw: withdraw.build,
    simulateWithdraw: withdraw.simulate,
    /** Several built writes as one, where the wallet can (EIP-5792), else one after the other. */
    sendCalls: (calls: readonly ContractCall[]) => sendCalls(client, calls),

    receiptProof: (jobId: Hex) => receiptProofOf(context, jobId),
    /** Inputs → program → node → result, as a tree. */
    provenance: (of: Parameters<typeof provenance>[1]) => provenance(context, of),

    watchDatasets: (parameters: Parameters<typeof watchDatasets>[1]) => watchDatasets(context, parameters),
    watchGrants: (parameters: Parameters<typeof watchGrants>[1]) => watchGrants(context, parameters),
    watchJobs: (parameters: Parameters<typeof watchJobs>[1]) => watchJobs(context, parameters),
    watchNodes: (parameters: Parameters<typeof watchNodes>[1]) => watchNodes(context, parameters),
    watchApps: (parameters: Parameters<typeof watchApps>[1]) => watchApps(context, parameters),
    watchOwnerKeys: (parameters: Parameters<typeof watchOwnerKeys>[1]) => watchOwnerKeys(context, parameters),
  };
}
