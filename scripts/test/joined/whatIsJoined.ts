/**
 * What loading takes longest, in hundreds of small files (viem has 360, zod 95), and is plain ECMAScript without files of its
 * own. A module that is missing here costs time and nothing else.
 */
export const packageNames: readonly string[] = [
  ...["viem", "viem/accounts", "viem/chains", "viem/utils", "zod", "ethers", "fast-check", "hyparquet"],
  ...[
    "@noble/curves/nist.js",
    ...["argon2", "hkdf", "hmac", "sha2", "utils"].map((name) => `@noble/hashes/${name}.js`),
  ],
  ...["@hpke/core", "@hpke/hybridkem-x-wing", "cborg", "@ipld/dag-cbor", "@nomicfoundation/ignition-core"],
  ...["multiformats/cid", "multiformats/hashes/digest", "multiformats/hashes/sha2"],
  ...["multiformats/bases/base32", "multiformats/bases/base36"],
];

/** The command, which is also every daemon, and what its threads run. */
export const programs: readonly string[] = [
  "node/src/cli/persona.ts",
  "node/src/ingest/importThreadMain.ts",
  "node/src/storage/leafWriterMain.ts",
];

/** All that the programs may be made of. */
export const programSources: readonly string[] = ["node/src", "sdk/src"];
