import { bankSegments } from "../bank/bankSegments.ts";
import { detectFiles, type FileKind, readClaimed } from "../claimFiles.ts";
import type { Connector } from "../connector.ts";
import { xmlRootOf } from "../xml/index.ts";
import { readCamt } from "./readCamt.ts";

const kind: FileKind = {
  label: "a camt message",
  extensions: [".camt", ".c52", ".c53", ".c54"],
  sharedExtensions: [".xml"],
  recognise(head) {
    const root = xmlRootOf(head);
    if (root?.name !== "Document") return 0;
    // No statement has a document type, and no honest file one that is longer than its beginning: it is refused when it is read.
    if (root.tag === "") return 0.3;
    if (/urn:iso:std:iso:20022:tech:xsd:camt\.05[234]\./.test(root.tag)) return 1;
    return /<(?:\w+:)?BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn)\b/.test(new TextDecoder().decode(head)) ? 0.9 : 0;
  },
};

/**
 * ISO 20022 cash management: statements (camt.053), reports of the day (camt.052) and notices of debit and credit (camt.054), every
 * version. From online banking in most of Europe. Counterparties are other people: their names, accounts and the purpose are marked
 * as such; what no column holds of an entry, parties included, goes to the owner's own segment.
 */
export const camt: Connector = {
  id: "camt",
  segments: bankSegments,
  detect: (input) => detectFiles(input, kind),
  open: (input, options) =>
    readClaimed(input, { kind, segment: "transactions" }, options, ({ path }, chunks) =>
      readCamt(chunks, { file: path, limits: options.limits }),
    ),
};
