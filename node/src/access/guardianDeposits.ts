import { mkdir, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { decodeDeposit } from "@persona-protocol/sdk/access";
import { isPersonaError, PersonaError } from "@persona-protocol/sdk/errors";
import { decodeKeyBoxHead } from "@persona-protocol/sdk/storage";
import { type Hex, isHex } from "viem";
import { z } from "zod";
import { readOptional, replaceFile } from "./guardianFiles.ts";

/**
 * The KeyBoxes that owners have deposited, a file each, on the host's disk. Their shares are sealed to the enclave. Which dataset
 * a file is of is known for what decodes; a damaged file stays as it is and serves nothing.
 */
export type GuardianDeposits = {
  read(keyBoxDigest: Hex): Promise<Uint8Array | undefined>;
  /**
   * @param bytes a deposit that the enclave has accepted
   * @throws PersonaError STORE_FAILED when the disk is nearly full: strangers deposit, too, and the log of releases needs its room
   */
  save(keyBoxDigest: Hex, bytes: Uint8Array): Promise<void>;
  /** Of which something is kept. */
  datasets(): Hex[];
  /** Of these datasets those for which nothing was deposited since, in milliseconds of this machine's clock. */
  keptSince(before: number, datasetIds: readonly Hex[]): Hex[];
  /** Destroys what is kept of a dataset, unless something was deposited since. @returns the KeyBoxes' digests */
  expire(before: number, datasetId: Hex): Promise<readonly Hex[]>;
  /** Digests of the KeyBoxes kept of one dataset. */
  keyBoxesOf(datasetId: Hex): Hex[];
  /** Removes them; when it resolves the disk has them no more. What is not there is so again. */
  destroy(keyBoxDigests: readonly Hex[]): Promise<void>;
};

const digest = z.custom<Hex>((value) => isHex(value) && value.length === 66);
const fileName = /^([0-9a-f]{64})\.cbor$/;

/** By one process at a time: what an earlier one has not finished writing is removed. */
export async function openGuardianDeposits(
  dataDir: string,
  { minFreeBytes }: { readonly minFreeBytes: number },
): Promise<GuardianDeposits> {
  const folder = join(dataDir, "deposits");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fileOf = (keyBoxDigest: Hex) => join(folder, `${digest.parse(keyBoxDigest).slice(2).toLowerCase()}.cbor`);
  /** Dataset of each file, and when it was written, by its digest. */
  const known = new Map<Hex, { readonly datasetId: Hex; readonly at: number }>();
  const note = (keyBoxDigest: Hex, bytes: Uint8Array, at: number) => {
    const datasetId = datasetOf(bytes);
    if (datasetId !== undefined) known.set(lower(keyBoxDigest), { datasetId, at });
  };
  for (const name of await readdir(folder)) {
    const [, hex] = fileName.exec(name) ?? [];
    if (hex !== undefined) {
      const path = join(folder, name);
      note(`0x${hex}`, (await readOptional(path)) ?? new Uint8Array(), (await stat(path)).mtimeMs);
    }
    // Sealed shares, too.
    else if (name.endsWith(".tmp")) await rm(join(folder, name));
  }
  const keyBoxesOf = (datasetId: Hex): Hex[] =>
    [...known].flatMap(([name, of]) => (of.datasetId === lower(datasetId) ? [name] : []));
  const keptSince = (before: number, datasetIds: readonly Hex[]): Hex[] => {
    const newest = new Map<Hex, number>();
    for (const { datasetId, at } of known.values()) newest.set(datasetId, Math.max(at, newest.get(datasetId) ?? 0));
    return datasetIds.filter((datasetId) => (newest.get(lower(datasetId)) ?? before) < before);
  };
  const destroy = async (keyBoxDigests: readonly Hex[]): Promise<void> => {
    for (const keyBoxDigest of keyBoxDigests) await rm(fileOf(keyBoxDigest), { force: true });
    // A file that is gone from a folder which is not on the disk yet comes back when the machine stops.
    const handle = await open(folder);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    for (const keyBoxDigest of keyBoxDigests) known.delete(lower(keyBoxDigest));
  };
  return {
    read: (keyBoxDigest) => readOptional(fileOf(keyBoxDigest)),
    async save(keyBoxDigest, bytes) {
      const { bavail, bsize } = await statfs(folder);
      if (bavail * bsize < minFreeBytes)
        throw new PersonaError("STORE_FAILED", "The guardian has no room for deposits.", { data: { minFreeBytes } });
      await replaceFile(fileOf(keyBoxDigest), bytes);
      note(keyBoxDigest, bytes, Date.now());
    },
    datasets: () => [...new Set([...known.values()].map(({ datasetId }) => datasetId))],
    keptSince,
    keyBoxesOf,
    async expire(before, datasetId) {
      const overdue = keptSince(before, [datasetId]).flatMap(keyBoxesOf);
      await destroy(overdue);
      return overdue;
    },
    destroy,
  };
}

const lower = (hex: Hex): Hex => hex.toLowerCase() as Hex;

function datasetOf(bytes: Uint8Array): Hex | undefined {
  try {
    return lower(decodeKeyBoxHead(decodeDeposit(bytes).head).datasetId);
  } catch (error) {
    if (isPersonaError(error)) return undefined; // Damaged.
    throw error;
  }
}
