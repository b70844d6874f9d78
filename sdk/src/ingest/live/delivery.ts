import type { Hex } from "viem";
import { z } from "zod";
import {
  concatBytes,
  fromHex,
  KEM_ENC_BYTES,
  type KemPrivateKey,
  open,
  seal,
  sha256Async,
  toHex,
  u32,
  utf8,
} from "../../crypto/index.ts";
import { knowSourceErrors, sourceError } from "../../errors/index.ts";
import { decodeCbor, encodeCbor } from "../../storage/index.ts";
import { type OriginStatement, originDigest, readOrigin, type SignedOrigin } from "./origin.ts";
import type { LiveRun } from "./runLiveSource.ts";

const time = z.number().int().nullable();
const part = z.strictObject({
  name: z.string().max(64),
  schema: z.string().max(128),
  records: z.number().int().min(0),
  /** Unix milliseconds of the first and the last record's time. */
  from: time,
  to: time,
  ownerOnly: z.boolean(),
});
const remark = z.strictObject({
  segment: z.string().max(64).nullable(),
  kind: z.enum(["skipped", "changed"]),
  reason: z.string().max(512),
  count: z.number().int().min(1),
});
const indexSchema = z.strictObject({
  v: z.literal(1),
  connector: z.string().max(64),
  parts: z.array(part).max(64),
  remarks: z.array(remark).max(10_000),
  deletions: z
    .array(z.strictObject({ segment: z.string().max(64), keys: z.array(z.string().max(4_096)).max(1_000_000) }))
    .max(64),
});

type DeliveryIndex = z.infer<typeof indexSchema>;

/** Box 0 is the index, then a Parquet file for each part, each sealed to the recipient for this statement and place alone. */
const infoOf = (statement: Uint8Array, place: number): Uint8Array =>
  concatBytes(utf8("persona/ingest/delivery/v1"), fromHex(originDigest(statement)), u32(place));

export type DeliveredPart = z.infer<typeof part> & { readonly bytes: Uint8Array };

/** What a run brought, as its recipient opens it. */
export type Delivery = Pick<DeliveryIndex, "connector" | "remarks" | "deletions"> & {
  readonly origin: OriginStatement & { readonly signer: Hex };
  /** In the connector's order; `extra` and `people` last. */
  readonly parts: readonly DeliveredPart[];
};

/** A run's segments in the clear: inside an enclave alone. */
export type RunParts = readonly DeliveredPart[];

export function deliveryIndexOf(
  run: Pick<LiveRun, "connector" | "remarks" | "deletions">,
  parts: RunParts,
): Uint8Array {
  return encodeCbor({
    v: 1,
    connector: run.connector,
    parts: parts.map(({ bytes: _, ...facts }) => facts),
    remarks: run.remarks,
    deletions: run.deletions.map(({ segment, keys }) => ({ segment, keys: [...keys] })),
  });
}

/** Seals one piece of a delivery. @param place 0 for the index, then the parts from 1 */
export async function sealDelivery(
  recipient: Uint8Array,
  statement: Uint8Array,
  place: number,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  const { enc, ct } = await seal({ publicKey: recipient, info: infoOf(statement, place), plaintext });
  return concatBytes(enc, ct);
}

/**
 * Opens what a run has brought and holds it to its statement of origin. Whether the statement's signer is an ingest enclave, and
 * whether `origin.authorization` is one's own, is for the caller to compare.
 *
 * @throws ORIGIN_INVALID, SEALED_BOX_INVALID
 */
export async function openDelivery({
  privateKey,
  origin: signed,
  boxes,
}: {
  readonly privateKey: KemPrivateKey;
  readonly origin: SignedOrigin;
  /** As the host kept them, in order. */
  readonly boxes: readonly Uint8Array[];
}): Promise<Delivery> {
  knowSourceErrors();
  const origin = await readOrigin(signed);
  const openBox = async (place: number): Promise<Uint8Array> => {
    const box = boxes[place] ?? new Uint8Array();
    return open({
      privateKey,
      info: infoOf(signed.statement, place),
      enc: box.subarray(0, KEM_ENC_BYTES),
      ct: box.subarray(KEM_ENC_BYTES),
    });
  };
  const index = decodeCbor(await openBox(0), {
    schema: indexSchema,
    maxBytes: 256 * 2 ** 20,
    maxItems: 2_000_000,
    code: "ORIGIN_INVALID",
    what: "index of a delivery",
  });
  const parts: DeliveredPart[] = [];
  for (const [at, facts] of index.parts.entries()) {
    const bytes = await openBox(at + 1);
    const stated = origin.segments[at];
    const isStated =
      stated?.name === facts.name &&
      stated.records === facts.records &&
      stated.digest === toHex(await sha256Async(bytes));
    if (!isStated || origin.segments.length !== index.parts.length) {
      throw sourceError("ORIGIN_INVALID", "A delivered segment is not the one that its statement of origin is about.", {
        data: { segment: facts.name },
      });
    }
    parts.push({ ...facts, bytes });
  }
  return { connector: index.connector, remarks: index.remarks, deletions: index.deletions, origin, parts };
}
