import { bankSegments } from "../bank/bankSegments.ts";
import { detectFiles, type FileKind, readClaimed } from "../claimFiles.ts";
import type { Connector } from "../connector.ts";
import { decodeUndeclared } from "../text/decodeUndeclared.ts";
import { fieldTags } from "./readMtFields.ts";
import { readMtStatements } from "./readMtStatements.ts";

const kind: FileKind = {
  label: "an MT940 file",
  extensions: [".sta", ".mt940", ".mt942", ".940", ".942", ".swi", ".stm"],
  sharedExtensions: [".txt", ".mta", ".fin", ".dat"],
  recognise(head) {
    const text = new TextDecoder().decode(head);
    const tags = new Set([...text.matchAll(/^[^\S\n]*:(\d\d[A-Z]?|NS):/gm)].map(([, tag = ""]) => tag));
    const known = [...tags].filter((tag) => fieldTags.has(tag)).length;
    // One tag alone stands at the start of a line in many a text.
    if (known > 1 || /^\s*:(?:25:|28C?:\d|6[02][FM]:[CD]\d{6}|6[45]:[CD]\d{6}|61:\d{6})/.test(text)) return 0.9;
    return known === 1 && text.trimStart().startsWith(":") ? 0.6 : 0;
  },
};

/**
 * SWIFT MT940 statements and MT942 reports of the day, as banks hand them out: with or without SWIFT's blocks, wrapped anywhere, with
 * the German structure of field 86 or none. Counterparties are other people: their names, accounts and the purpose are marked as such.
 */
export const mt940: Connector = {
  id: "mt940",
  segments: bankSegments,
  detect: (input) => detectFiles(input, kind),
  open: (input, options) =>
    readClaimed(input, { kind, segment: "transactions" }, options, ({ path }, chunks) =>
      readMtStatements(decodeUndeclared(chunks), { file: path, limits: options.limits }),
    ),
};
