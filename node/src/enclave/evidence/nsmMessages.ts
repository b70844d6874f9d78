/**
 * The two messages of a Nitro Security Module that we use (aws-nitro-enclaves-nsm-api, src/api/mod.rs): a map with one entry, named
 * for the command, or a bare text.
 */
import { PersonaError } from "@persona-protocol/sdk/errors";
import * as cborg from "cborg";
import { z } from "zod";

/** NSM_RESPONSE_MAX_SIZE of the driver. */
export const maxNsmAnswerBytes = 0x3000;

const document = z.instanceof(Uint8Array).refine(({ length }) => length > 0);
const attested = z.strictObject({ Attestation: z.strictObject({ document }) });
const refused = z.strictObject({ Error: z.string().max(64) });

/** @param userData at most 512 bytes; they come back in the document's `user_data`. */
export function attestationRequest(userData: Uint8Array): Uint8Array {
  return cborg.encode({ Attestation: { user_data: userData, nonce: null, public_key: null } });
}

/**
 * The COSE document in the module's answer.
 * @throws PersonaError EVIDENCE_UNAVAILABLE when the module refused, or answered something else
 */
export function documentIn(answer: Uint8Array): Uint8Array {
  const value = decode(answer);
  const failed = refused.safeParse(value);
  if (failed.success) {
    throw new PersonaError("EVIDENCE_UNAVAILABLE", "The Nitro Security Module refused.", {
      data: { said: failed.data.Error },
    });
  }
  const parsed = attested.safeParse(value);
  if (!parsed.success) throw notAnAnswer(parsed.error);
  return parsed.data.Attestation.document;
}

function decode(answer: Uint8Array): unknown {
  if (answer.length > maxNsmAnswerBytes) throw notAnAnswer(new RangeError(`${answer.length} bytes`));
  try {
    // Amazon's documents have maps of indefinite length, so its answers may: the document inside is what gets checked.
    return cborg.decode(answer, { allowIndefinite: true, allowUndefined: false, rejectDuplicateMapKeys: true });
  } catch (cause) {
    throw notAnAnswer(cause);
  }
}

const notAnAnswer = (cause: unknown) =>
  new PersonaError("EVIDENCE_UNAVAILABLE", "The Nitro Security Module's answer is not one of an attestation.", {
    cause,
  });
