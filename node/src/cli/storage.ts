import { resolve } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import {
  type CheckResult,
  checkStores,
  cidOfDigest,
  type RepairResult,
  repairStores,
  type StoreReport,
} from "@persona-protocol/sdk/storage";
import { openStores } from "../storage/index.ts";
import { readStoredDataset } from "./datasetRecord.ts";
import { jsonLine } from "./jsonLine.ts";
import { createProgress } from "./progress.ts";
import { printable } from "./runCommand.ts";
import { untilStopped } from "./untilStopped.ts";

type Flags = { readonly stores: string; readonly json: boolean };

/**
 * `persona storage check`: reads what each store holds of the datasets, as the records name them. Ends with
 * STORES_INSUFFICIENT where fewer copies than wanted are whole; the report is on stdout either way.
 */
export async function storageCheck(
  records: readonly string[],
  flags: Flags & { readonly sample?: string },
): Promise<void> {
  const sample = parseSample(flags.sample);
  const { wanted, stores, readers } = await openStores(resolve(flags.stores));
  const signal = untilStopped();
  const results = await eachRoot(records, flags, (cid) =>
    checkStores([...stores, ...readers], cid, { signal, ...(sample === undefined ? {} : { sample }) }),
  );
  print(results, flags.json, (result) => checkLines(result));
  requireCopies(results, wanted);
}

/** `persona storage repair`: puts back what stores lack or hold wrongly, and says what could not be. */
export async function storageRepair(records: readonly string[], flags: Flags): Promise<void> {
  const { wanted, stores, readers: sources } = await openStores(resolve(flags.stores));
  const signal = untilStopped();
  const results = await eachRoot(records, flags, (cid) => repairStores(stores, cid, { sources, signal }));
  print(results, flags.json, ({ after, restored, failed }: RepairResult) => [
    ...restored.map(({ store, cid }) => `restored  ${cid} at ${store}`),
    ...failed.map((report) => `failed    ${problemLine(report)}`),
    ...checkLines(after),
  ]);
  requireCopies(
    results.map(({ after }) => after),
    wanted,
  );
}

/** The objects of a dataset that the chain names: the manifest, and all segments with it, and the KeyBox's head. */
async function eachRoot<T>(
  records: readonly string[],
  { json }: Flags,
  work: (cid: string) => Promise<T>,
): Promise<T[]> {
  const progress = createProgress({ quiet: json });
  const results: T[] = [];
  for (const record of records) {
    const { dataset } = await readStoredDataset(resolve(record));
    const step = progress.step(`dataset ${dataset.datasetId}`);
    try {
      for (const digest of [dataset.head.manifestDigest, dataset.head.keyBoxDigest])
        results.push(await work(cidOfDigest(digest, "dag-cbor")));
      step.done();
    } catch (error) {
      step.fail();
      throw error;
    }
  }
  return results;
}

function requireCopies(results: readonly CheckResult[], wanted: number): void {
  const short = results.find(({ copies, lost }) => copies < wanted || lost.length > 0);
  if (short === undefined) return;
  throw new PersonaError("STORES_INSUFFICIENT", "Fewer stores than wanted are whole.", {
    data: { cid: short.cid, wanted, got: short.copies, lost: short.lost.length },
  });
}

function checkLines({ cid, blocks, lost, stores }: CheckResult): string[] {
  return [
    `${cid} (${blocks} blocks)`,
    ...stores.flatMap(({ store, status, checked, problems }) => [
      `  ${store.padEnd(16)}${status.padEnd(10)}${checked} of ${blocks} blocks read`,
      ...problems.slice(0, 5).map((report) => `    ${problemLine(report)}`),
    ]),
    ...lost.map((block) => `  lost everywhere: ${block}`),
  ];
}

function problemLine({ store, cid, status, got, wanted, reason }: StoreReport): string {
  const digests = got === undefined ? "" : ` (got ${got}, wanted ${wanted})`;
  return `${store}: ${status} ${cid}${digests}${reason === undefined ? "" : `: ${reason}`}`;
}

function print<T>(results: readonly T[], json: boolean, lines: (result: T) => string[]): void {
  process.stdout.write(
    json ? jsonLine({ results }) : `${printable(results.flatMap((result) => lines(result)).join("\n"))}\n`,
  );
}

function parseSample(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new PersonaError("USAGE", "--sample takes a number of blocks.", { data: { got: text } });
}
