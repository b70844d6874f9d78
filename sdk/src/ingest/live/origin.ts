import { type Address, type Hex, isAddress, isHex, recoverAddress } from "viem";
import { z } from "zod";
import { concatBytes, keccak256, utf8 } from "../../crypto/index.ts";
import { knowSourceErrors, sourceError } from "../../errors/index.ts";
import { decodeCbor, encodeCbor } from "../../storage/index.ts";

const hex32 = z.custom<Hex>((value) => isHex(value) && value.length === 66 && value === value.toLowerCase());
const seconds = z
  .number()
  .int()
  .min(0)
  .max(2 ** 40);

const originSchema = z.strictObject({
  v: z.literal(1),
  /** Id of the source. */
  source: z.string().min(1).max(64),
  /** Digest of the authorization that it was fetched with: {@link SealedAuthorization.id}. */
  authorization: hex32,
  /** Measurement of the enclave's code, and digest of the roots that its TLS trusts. */
  measurement: hex32,
  rootsDigest: hex32,
  /** Enclave's clock at the beginning and the end, Unix seconds: the host's, and no better. */
  startedAt: seconds,
  endedAt: seconds,
  hosts: z
    .array(
      z.strictObject({
        /** With the port where it is not 443. */
        host: z.string().min(1).max(260),
        /** SHA-256 of the DER of each certificate that the host has shown, in order of appearance. */
        certificates: z.array(hex32).min(1).max(64),
        /** The host's own clock in its first and last answer (HTTP's Date), Unix seconds; null where it says none. */
        firstDate: seconds.nullable(),
        lastDate: seconds.nullable(),
        /** Method, path with placeholders, names of query parameters: no values, nothing secret. */
        requests: z
          .array(z.strictObject({ shape: z.string().min(1).max(512), count: z.number().int().min(1) }))
          .max(256),
      }),
    )
    .min(1)
    .max(64),
  /**
   * Over every answer in order: `e = sha256(e ‖ sha256(shape) ‖ status as 4 bytes ‖ sha256(body))` from 32 zero bytes; of a mailbox,
   * over every message.
   */
  evidence: hex32,
  answers: z.number().int().min(0),
  /** For each segment SHA-256 of its Parquet file, in the connector's order; `extra` and `people` last. */
  segments: z
    .array(z.strictObject({ name: z.string().min(1).max(64), digest: hex32, records: z.number().int().min(0) }))
    .max(64),
});

/** Who an enclave fetched from, and how: what its signature says of where a segment's records come from. */
export type OriginStatement = z.infer<typeof originSchema>;

export type SignedOrigin = {
  /** DAG-CBOR of an {@link OriginStatement}. */
  readonly statement: Uint8Array;
  /** 65 bytes by the enclave's signing key, over {@link originDigest}. */
  readonly signature: Hex;
};

const tag = utf8("persona/origin/v1");

export function encodeOrigin(statement: OriginStatement): Uint8Array {
  return encodeCbor(originSchema.parse(statement));
}

/** What is signed: keccak-256 of a tag and the statement's bytes. */
export function originDigest(statement: Uint8Array): Hex {
  return keccak256(concatBytes(tag, statement));
}

/**
 * Reads a statement and who has signed it. Whether that key is an ingest enclave's says its evidence (`ingestReportData`).
 *
 * @throws ORIGIN_INVALID
 */
export async function readOrigin({
  statement,
  signature,
}: SignedOrigin): Promise<OriginStatement & { signer: Address }> {
  knowSourceErrors();
  const parsed = decodeCbor(statement, {
    schema: originSchema,
    maxBytes: 2 ** 20,
    code: "ORIGIN_INVALID",
    what: "statement of origin",
  });
  try {
    const signer = await recoverAddress({ hash: originDigest(statement), signature });
    if (isAddress(signer)) return { ...parsed, signer };
  } catch {
    // Falls through: no key has made this signature.
  }
  throw sourceError("ORIGIN_INVALID", "The statement of origin is not signed.");
}
