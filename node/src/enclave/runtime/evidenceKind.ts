/** Where evidence comes from. Measured with the runtime: an enclave is told its kind by its command line. */
export const evidenceKinds = ["simulated", "configfs-tsm", "dstack", "nitro"] as const;

export type EvidenceKind = (typeof evidenceKinds)[number];

/** @returns undefined where the text is none. */
export const parseEvidenceKind = (text: string | undefined): EvidenceKind | undefined =>
  evidenceKinds.find((kind) => kind === text);
