/** Where a segment's records come from, as far as the public may know. In order: whoever asks for one takes every later one, too. */
export const provenanceLevels = ["none", "ingest-enclave", "third-party"] as const;
export type Provenance = (typeof provenanceLevels)[number];

export const meetsProvenance = (level: Provenance, minimum: Provenance): boolean =>
  provenanceLevels.indexOf(level) >= provenanceLevels.indexOf(minimum);
