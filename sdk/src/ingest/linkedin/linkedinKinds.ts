import type { CsvKind } from "../csvExport/csvKind.ts";

/** The files this connector reads; `profile` first, for it says who the owner is. */
export const linkedinKinds = {
  profile: { name: /^Profile\.csv$/i, headers: [["First Name", "Last Name", "Headline", "Summary"]] },
  connections: { name: /^Connections\.csv$/i, headers: [["First Name", "Last Name", "Connected On"]], isCounted: true },
  messages: { name: /^messages\.csv$/i, headers: [["CONVERSATION ID", "FROM", "DATE", "CONTENT"]], isCounted: true },
  positions: {
    name: /^Positions\.csv$/i,
    headers: [["Company Name", "Title", "Started On", "Finished On"]],
    isCounted: true,
  },
} as const satisfies Record<string, CsvKind>;

export type LinkedinKind = keyof typeof linkedinKinds;
