import type { Hex } from "viem";
import type { ChainView } from "../contracts/chainView.ts";
import type { JobSpec, Scope, Terms } from "../contracts/structs.ts";
import { PersonaError } from "../errors/index.ts";
import { postToGuardian } from "./guardianHttp.ts";
import {
  decodeReleaseAnswer,
  encodeReleaseCall,
  maxReleaseAnswerBytes,
  type ReleaseAnswer,
  type ReleaseCall,
} from "./releaseMessages.ts";
import { untilAborted } from "./untilAborted.ts";

/**
 * Who keeps shares of data keys, and hands them to an enclave that has claimed a job. Guardians are the default and the only
 * one the protocol depends on; another network is an adapter behind this type.
 */
export type KeyReleaseProvider = {
  readonly id: "guardians" | "lit" | "memory";
  /**
   * What this keeper holds of one input's keys.
   * @throws GUARDIANS_UNAVAILABLE when it does not answer, or not before the signal; REQUEST_INVALID when what answers speaks
   * another language; an adapter also throws the refusals that it makes itself, with the codes of a guardian's.
   */
  release(request: KeyReleaseRequest, options: { readonly signal: AbortSignal }): Promise<KeyReleaseAnswer>;
};

export type KeyReleaseRequest = {
  /** Signed by the enclave key that claimed the job. */
  readonly call: ReleaseCall;
  /** The input as the bundle opens it. Guardians open the bundle by themselves and take nobody's word; an adapter must be shown it. */
  readonly opened?: OpenedInput;
};

/** All that a grant's private rules are checked against. */
export type OpenedInput = {
  readonly terms: Terms;
  readonly scope: Scope;
  readonly spec: JobSpec;
  readonly argsSalt: Uint8Array;
  /** DAG-CBOR, as committed in the spec. */
  readonly args: Uint8Array;
  /** One commitment per segment index the dataset ever used. */
  readonly catalogue: readonly Hex[];
};

export type KeyReleaseAnswer =
  /** Signed by the guardian's enclave, sealed to the asking one, logged. Whoever receives it checks the signature. */
  | ReleaseAnswer
  /** Neither signed nor sealed: whoever ran the keeper's client has seen these shares, and no log names the release. */
  | { readonly status: "unsigned"; readonly shares: readonly { readonly index: number; readonly share: Uint8Array }[] };

const nodeNow = async (chain: Pick<ChainView, "block" | "node">, guardian: number) =>
  chain.node(guardian, (await chain.block("latest")).number);

/** Guardians, by the endpoints that the registry holds. It carries messages and judges none: it may run beside an enclave. */
export function createGuardianRelease(chain: Pick<ChainView, "block" | "node">): KeyReleaseProvider {
  return {
    id: "guardians",
    async release({ call }, { signal }) {
      const { guardian } = call.request;
      const { endpoint } = await untilAborted(nodeNow(chain, guardian), signal);
      if (endpoint === "")
        throw new PersonaError("GUARDIANS_UNAVAILABLE", "The guardian has no endpoint.", { data: { guardian } });
      const options = { maxBytes: maxReleaseAnswerBytes, signal };
      return decodeReleaseAnswer(await postToGuardian(endpoint, "/release", encodeReleaseCall(call), options));
    },
  };
}
