import { grant, publishDataset, revoke, revokeAll, signGrant } from "./access/index.ts";
import { buildJob, readResult, submitJob, verifyReceipt, waitForJob } from "./compute/index.ts";
import type { ChainClient, Deployment } from "./contracts/index.ts";
import { PersonaError } from "./errors/index.ts";
import type { BlobStore } from "./storage/index.ts";

/** What all actions share: where the protocol lives, and where blobs are kept. */
export type PersonaContext = { readonly deployment: Deployment; readonly store: BlobStore };

/** An action without its first parameter, the context. */
type Bound<action> = action extends (context: never, ...rest: infer rest) => infer result
  ? (...rest: rest) => result
  : never;

/** The life of a dataset, from publishing to a verified result. Each is documented at the function of the same name. */
export type PersonaActions = {
  readonly publishDataset: Bound<typeof publishDataset>;
  readonly grant: Bound<typeof grant>;
  readonly signGrant: Bound<typeof signGrant>;
  readonly revoke: Bound<typeof revoke>;
  readonly revokeAll: Bound<typeof revokeAll>;
  readonly buildJob: Bound<typeof buildJob>;
  readonly submitJob: Bound<typeof submitJob>;
  readonly waitForJob: Bound<typeof waitForJob>;
  readonly readResult: Bound<typeof readResult>;
  readonly verifyReceipt: Bound<typeof verifyReceipt>;
};

export type PersonaClient = PersonaActions & PersonaContext & { readonly client: ChainClient };

/**
 * For `viemClient.extend(personaActions({ deployment, store }))`; the client must read, sign and send:
 * `createWalletClient({ account, chain, transport }).extend(publicActions)`.
 *
 * @throws CHAIN_WRONG when the client is for another chain than the deployment.
 */
export function personaActions({ deployment, store }: PersonaContext): (client: ChainClient) => PersonaActions {
  return (client) => {
    const { id } = client.chain;
    if (id !== deployment.chainId) {
      const data = { got: id, wanted: deployment.chainId };
      throw new PersonaError("CHAIN_WRONG", "The client is for another chain than the deployment.", { data });
    }
    const context = { client, deployment, store };
    return {
      publishDataset: (parameters) => publishDataset(context, parameters),
      grant: (parameters) => grant(context, parameters),
      signGrant: (parameters) => signGrant(context, parameters),
      revoke: (granted) => revoke(context, granted),
      revokeAll: () => revokeAll(context),
      buildJob: (request) => buildJob(context, request),
      submitJob: (request) => submitJob(context, request),
      waitForJob: (jobId, options) => waitForJob(context, jobId, options),
      readResult: (job, options) => readResult(context, job, options),
      verifyReceipt: (wanted, end) => verifyReceipt(context, wanted, end),
    };
  };
}

/** One object with every action bound to one account, one deployment and one store. For ethers: `client: await fromEthers(signer)`. */
export function createPersonaClient(parameters: PersonaContext & { readonly client: ChainClient }): PersonaClient {
  const { client, deployment, store } = parameters;
  return { client, deployment, store, ...personaActions({ deployment, store })(client) };
}
