import { type Hex, hashTypedData, recoverAddress } from "viem";
import type { KeyReleaseProvider } from "../access/keyReleaseProvider.ts";
import { releaseShareInfo, sealedHashOf } from "../access/releaseMessages.ts";
import { segmentIndexes } from "../access/segments.ts";
import {
  type ChainClient,
  createChainView,
  type Deployment,
  jobSpecHashOf,
  KeyClass,
  keyOpens,
  typedData,
} from "../contracts/index.ts";
import { type KemKeyPair, keyIdOf, open, zeroise } from "../crypto/index.ts";
import { codeOfReason, isPersonaError, PersonaError } from "../errors/index.ts";
import { combineShares, verifyKeyBoxHead, verifyShare } from "../storage/index.ts";
import type { ReadRequest } from "./requestRead.ts";

/**
 * The data keys of a request to read, by segment index, from as many guardians as the dataset's threshold. The caller
 * zeroises them.
 *
 * @param options.keyBoxHead the KeyBox head, by its digest in the grant
 * @throws PersonaError GUARDIANS_REFUSED with the reasons, GUARDIANS_UNAVAILABLE, KEYBOX_INVALID
 */
export async function readDeks(
  { client, deployment }: { readonly client: ChainClient; readonly deployment: Deployment },
  request: ReadRequest,
  options: {
    readonly recipient: KemKeyPair;
    readonly provider: KeyReleaseProvider;
    readonly keyBoxHead: Uint8Array;
    readonly signal: AbortSignal;
  },
): Promise<Map<number, Uint8Array>> {
  const { jobId, params, spec, bundle, grant } = request;
  const { recipient, provider, keyBoxHead, signal } = options;
  const { dataset, terms } = grant;
  const { keyBoxDigest, guardianSetHash } = dataset.head;
  const { datasetId } = terms;
  const head = verifyKeyBoxHead(keyBoxHead, { keyBoxDigest, guardianSetHash, datasetId, keyEpoch: dataset.keyEpoch });
  const chain = createChainView(client, deployment);
  const jobSpecHash = jobSpecHashOf(deployment, spec);
  const signer = client.account.address;
  const wanted = segmentIndexes(spec.inputs[0]?.segments ?? 0n);
  const shares = new Map<number, { position: number; share: Uint8Array }[]>();
  const opened: Uint8Array[] = [];
  const reasons: string[] = [];
  let silent = 0;

  const deks = new Map<number, Uint8Array>();
  try {
    for (const [position, guardian] of head.guardians.entries()) {
      if (wanted.every((segment) => (shares.get(segment)?.length ?? 0) >= head.threshold)) break;
      try {
        const kemKeyHash = keyIdOf(recipient.publicKey);
        const { bundleDigest } = params.order;
        const message = { jobId, attempt: 0, guardian, input: 0, kemKeyHash, bundleDigest };
        const signature = await client.signTypedData(typedData.releaseRequest(deployment, message));
        const call = { request: message, signature, kemKey: recipient.publicKey, params, bundle };
        const answer = await provider.release({ call }, { signal });
        if (answer.status === "unsigned") throw unusable(guardian);
        const said = answer.status === "refused" ? answer.refusal : answer.release;
        if (said.jobId !== jobId || said.guardian !== guardian) throw unusable(guardian);
        const digest =
          answer.status === "refused"
            ? hashTypedData(typedData.refusal(deployment, answer.refusal))
            : hashTypedData(typedData.release(deployment, answer.release));
        const by = await recoverAddress({ hash: digest, signature: answer.signature });
        const block = await chain.block("latest");
        const key = await chain.enclaveKey(by, block.number);
        // A guardian whose key is destroyed, frozen, banned or over answers nobody: who still signs with it is somebody else.
        if (key.nodeId !== guardian || key.keyClass !== KeyClass.guardian || !keyOpens(key, block))
          throw unusable(guardian);
        if (answer.status === "refused") {
          reasons.push(codeOfReason(answer.refusal.reason) ?? "REQUEST_INVALID");
          continue;
        }
        const { release, keys } = answer;
        if (release.sealedHash !== sealedHashOf(keys)) throw unusable(guardian);
        for (const segment of wanted) {
          const box = keys.shares.find(({ index }) => index === segment);
          if (box === undefined) throw unusable(guardian);
          const info = releaseShareInfo({ jobSpecHash, datasetId: datasetId as Hex, segment, guardian, signer });
          const share = await open({ privateKey: recipient.privateKey, info, enc: box.enc, ct: box.ct });
          opened.push(share);
          verifyShare({ head, segment, position, share });
          shares.set(segment, [...(shares.get(segment) ?? []), { position, share }]);
        }
      } catch (error) {
        // One that lies or does not answer is one share less; the threshold decides.
        if (!isPersonaError(error)) throw error;
        silent += 1;
      }
    }
    for (const segment of wanted) {
      const given = shares.get(segment) ?? [];
      if (given.length < head.threshold) {
        const refused = reasons.length > 0 && head.guardians.length - reasons.length < head.threshold;
        throw new PersonaError(
          refused ? "GUARDIANS_REFUSED" : "GUARDIANS_UNAVAILABLE",
          "Too few guardians have released their shares.",
          { data: { refused: reasons.length, silent, reasons: [...new Set(reasons)].join(" ") } },
        );
      }
      deks.set(segment, await combineShares({ head, segment, shares: given.slice(0, head.threshold) }));
    }
    return deks;
  } catch (error) {
    zeroise(...deks.values());
    throw error;
  } finally {
    zeroise(...opened);
  }
}

function unusable(guardian: number): PersonaError {
  return new PersonaError("REQUEST_INVALID", "The guardian's answer is not one to this request.", {
    data: { guardian },
  });
}
