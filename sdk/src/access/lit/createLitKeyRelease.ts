import type { Address, Hex } from "viem";
import type { JobParams } from "../../contracts/structs.ts";
import { sha256Hex } from "../../crypto/index.ts";
import { PersonaError } from "../../errors/index.ts";
import { checkOpened } from "../checkOpened.ts";
import type { KeyReleaseProvider, OpenedInput } from "../keyReleaseProvider.ts";
import { type ReleasableView, requireReleasable } from "../requireReleasable.ts";
import { segmentIndexes } from "../segments.ts";
import { untilAborted } from "../untilAborted.ts";
import type { LitClient, LitSessionSigs } from "./litClient.ts";
import { releasableCondition } from "./releasableCondition.ts";

/** One share as Lit's network can open it, for one input of one job. Not secret. */
export type LitSealedShare = {
  readonly jobId: Hex;
  readonly input: number;
  /** Segment index. */
  readonly index: number;
  readonly ciphertext: string;
  readonly dataToEncryptHash: string;
};

export type LitKeyRelease = KeyReleaseProvider & {
  /**
   * The owner's side: encrypts shares of the segments a job asks for, for whoever the market lets have this input's keys.
   * It is done per job, by whoever holds the shares: a condition cannot name a job that does not exist yet.
   */
  seal(parameters: {
    readonly jobId: Hex;
    readonly params: JobParams;
    readonly input: number;
    readonly opened: OpenedInput;
    readonly shares: readonly { readonly index: number; readonly share: Uint8Array }[];
  }): Promise<LitSealedShare[]>;
};

/** What no network outside can read: chains on this machine. */
const localChainIds = [31_337, 1_337];
const maxShareBytes = 64;

/**
 * Lit's network as one keeper of shares. Read docs/lit.md first: its networks have been shut down and replaced about yearly, it
 * signs no release and logs none, and the machine that runs its client sees the share. Never give it as many shares of a key
 * as the threshold.
 *
 * @throws CHAIN_WRONG when Lit's chain is not the deployment's.
 * @throws CONFIG_INVALID on a local chain, unless the client's network is local as well.
 */
export function createLitKeyRelease(config: createLitKeyRelease.Config): LitKeyRelease {
  const { client, chain, releasableView } = config;
  const { deployment } = config.chainView;
  if (config.localNetwork !== true && localChainIds.includes(deployment.chainId)) {
    throw new PersonaError("CONFIG_INVALID", "Lit's nodes cannot read a chain on this machine: use guardians.");
  }
  if (chain.id !== deployment.chainId) {
    throw new PersonaError("CHAIN_WRONG", "The condition would be read on another chain than the deployment's.", {
      data: { got: chain.id, wanted: deployment.chainId },
    });
  }
  const conditionsOf = (jobId: Hex, params: JobParams, input: number) => [
    releasableCondition({ chain: chain.name, releasableView, jobId, params, input }),
  ];

  return {
    id: "lit",
    async seal({ jobId, params, input, opened, shares }) {
      checkOpened(deployment, { jobId, params }, input, opened);
      const asked = segmentIndexes(opened.spec.inputs[input]?.segments ?? 0n);
      for (const { index, share } of shares) {
        if (!asked.includes(index)) {
          throw new PersonaError("SEGMENT_NOT_GRANTED", "The job does not ask for this segment.", {
            data: { segment: index },
          });
        }
        if (share.length === 0 || share.length > maxShareBytes) {
          throw new PersonaError("REQUEST_INVALID", "This is no share of a key.", { data: { bytes: share.length } });
        }
      }
      return Promise.all(
        shares.map(async ({ index, share }) => {
          const evmContractConditions = conditionsOf(jobId, params, input);
          // Also a client that throws before it has a promise to give.
          const work = (async () => client.encrypt({ evmContractConditions, dataToEncrypt: share }))();
          const { ciphertext, dataToEncryptHash } = await work.catch((cause: unknown) => {
            throw new PersonaError("GUARDIANS_UNAVAILABLE", "Lit's network took nothing.", { cause });
          });
          requireHash(share, dataToEncryptHash);
          return { jobId, input, index, ciphertext, dataToEncryptHash };
        }),
      );
    },

    async release({ call, opened }, { signal }) {
      const { params, request } = call;
      const { jobId } = request;
      checkOpened(deployment, { jobId, params }, request.input, opened);
      const asked = segmentIndexes(opened?.spec.inputs[request.input]?.segments ?? 0n);
      const own = (await untilAborted(config.sealed(jobId), signal)).filter(
        (share) => share.jobId === jobId && share.input === request.input && asked.includes(share.index),
      );
      if (own.length === 0) {
        throw new PersonaError("SHARE_UNKNOWN", "Nothing was sealed for this job through Lit.", { data: { jobId } });
      }
      // Lit's nodes ask the same of their own endpoint, and say no without a reason. This has the reason, and is no substitute.
      await untilAborted(requireReleasable(config.chainView, call), signal);
      const sessionSigs = await untilAborted(config.sessionSigs(), signal);
      const shares = await Promise.all(
        own.map(async ({ index, ciphertext, dataToEncryptHash }) => {
          // Rebuilt from the job, not taken from the record: what was sealed under another condition does not open.
          const evmContractConditions = conditionsOf(jobId, params, request.input);
          const asking = { evmContractConditions, ciphertext, dataToEncryptHash, chain: chain.name, sessionSigs };
          const work = (async () => client.decrypt(asking))();
          const { decryptedData: share } = await untilAborted(work.catch(releasedNothing), signal);
          requireHash(share, dataToEncryptHash);
          return { index, share };
        }),
      );
      return { status: "unsigned", shares };
    },
  };
}

export declare namespace createLitKeyRelease {
  type Config = {
    /** A connected `LitNodeClient` of version 7, or anything of its shape. */
    readonly client: LitClient;
    /** The caller's own reading of the deployment's chain. */
    readonly chainView: ReleasableView;
    /** Lit's name of the deployment's chain, and its id. */
    readonly chain: { readonly name: string; readonly id: number };
    /** See {@link releasableCondition}. */
    readonly releasableView: Address;
    readonly sessionSigs: () => Promise<LitSessionSigs>;
    /** `client` is connected to a network on this machine (Lit's `custom`), which can read a chain on this machine. */
    readonly localNetwork?: true;
    /** What was sealed for a job, from wherever the owner left it. */
    readonly sealed: (jobId: Hex) => Promise<readonly LitSealedShare[]>;
  };
}

function requireHash(share: Uint8Array, wanted: string): void {
  const got = sha256Hex(share);
  if (got.slice(2) === wanted.toLowerCase().replace(/^0x/, "")) return;
  throw new PersonaError("DIGEST_MISMATCH", "Lit's client gave other bytes than were sealed.");
}

function releasedNothing(cause: unknown): never {
  throw new PersonaError("GUARDIANS_UNAVAILABLE", "Lit's network released nothing.", { cause });
}
