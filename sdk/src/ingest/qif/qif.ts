import { bankSegments } from "../bank/bankSegments.ts";
import { createOrderFinder, readDay } from "../bank/days.ts";
import { detectFiles, type FileKind, readClaimed } from "../claimFiles.ts";
import type { Connector } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { decodeUndeclared } from "../text/decodeUndeclared.ts";
import { readQif } from "./readQif.ts";
import { readQifRecords } from "./readQifRecords.ts";

const kind: FileKind = {
  label: "a QIF file",
  extensions: [".qif"],
  sharedExtensions: [".txt"],
  recognise: (head) => (/^\uFEFF?\s*!(?:Account|Type:|Option:|Clear:)/i.test(new TextDecoder().decode(head)) ? 0.9 : 0),
};

/**
 * QIF, Quicken's text format: accounts with their transactions, investments and splits (kept in the owner's own segment). Days are
 * written month first or day first: all days of a file decide, and where none does, month first is assumed and said. Categories, classes
 * and memorised transactions are skipped and said. Payees are other people: their names and the memo are marked as such.
 */
export const qif: Connector = {
  id: "qif",
  segments: bankSegments,
  detect: (input) => detectFiles(input, kind),
  async *open(input, options) {
    const { limits } = options;
    yield* readClaimed(input, { kind, segment: "transactions" }, options, async function* (entry, chunks) {
      // Two passes: one day that tells the order may be the last.
      const finder = createOrderFinder();
      const first = createExportReader(input, { ...options, onProgress: undefined }, [entry]);
      for await (const { fields } of readQifRecords(decodeUndeclared(first(entry)), { file: entry.path, limits })) {
        for (const { code, text } of fields) if (code === "D") finder.saw(readDay(text));
      }
      yield* readQif(decodeUndeclared(chunks), { file: entry.path, limits, days: finder.order("month first") });
    });
  },
};
