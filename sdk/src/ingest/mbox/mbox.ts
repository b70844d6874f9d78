import { openBatches } from "../batches/openBatches.ts";
import type { Connector, ConnectorOpenOptions, InspectedInput, RawBatch, RawItem } from "../connector.ts";
import { findMail, looksToDetect } from "../mail/findMail.ts";
import { beginsAsMbox } from "../mail/fromLine.ts";
import { mailSegments } from "../mail/mailSegments.ts";
import { cutMailboxes, parseMails } from "../mail/openMail.ts";

/**
 * Mailboxes: Google Takeout (`Takeout/Mail/*.mbox`), Thunderbird, Apple Mail and everything else that writes mbox; all mailboxes
 * of an archive are read together. Mail is mostly other people's: names, addresses, what they wrote and their files are marked
 * as theirs, unless a label or the mailbox says that the owner sent it.
 */
export const mbox: Connector = {
  id: "mbox",
  segments: mailSegments,
  detect,
  open: (input, options) => openBatches({ cut, parse: parseMails }, input, options),
  batches: { cut, parse: parseMails },
};

async function detect(input: InspectedInput): Promise<number> {
  const { mailboxes } = await findMail(input, (path) => input.head(path), looksToDetect);
  const [first] = mailboxes;
  if (first === undefined) return 0;
  for (const { path } of mailboxes.slice(0, 4)) if (beginsAsMbox(await input.head(path))) return 0.9;
  return 0.5;
}

async function* cut(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem | RawBatch> {
  const { mailboxes } = await findMail(input, (path) => input.head(path));
  yield* cutMailboxes(input, mailboxes, options);
}
