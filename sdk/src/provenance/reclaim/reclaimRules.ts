/** In the order in which they are asked: the first that does not hold is the verdict's. */
export const reclaimRules = {
  "proof-shape": "It has the fields of a proof, each of its type, in the SDK's form or in that of the contracts.",
  "text-wellformed": "Its texts are Unicode: a lone surrogate becomes another character when it is hashed.",
  "claim-provider": "The provider is a plain name: a line break in it would move the borders of what is hashed.",
  "claim-parameters": "The parameters are a JSON object with no name twice.",
  "claim-context":
    "The context is empty or a JSON object with no name twice; in the form of the contracts, in canonical form.",
  "claim-owner": "The owner is an address.",
  "claim-timestamp": "The time is a whole number of seconds below 2^32, as a number.",
  "claim-epoch": "The epoch is 1.",
  "identifier-claim": "The claim's identifier is the hash of its provider, parameters and context.",
  "identifier-proof": "The proof's own identifier is the same.",
  "signature-form": "Each signature is r, s and v: 65 bytes, s in its lower half, v 27 or 28.",
  "signature-attestor": "Each signature is by an attestor that the policy pins, and there is one at least.",
  "signature-repeated": "No attestor signs twice.",
  "time-future": "The claim is not from the future (five minutes are allowed for clocks).",
  "time-age": "The claim is not older than the policy allows.",
  "owner-bound": "The claim is that of the owner whom the policy names.",
  "provider-hash": "The request is one that the policy names, by the hash of its parameters.",
  "context-bound": "The context names the address that the policy names.",
} as const;

export type ReclaimRule = keyof typeof reclaimRules;
