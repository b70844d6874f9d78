import type { Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { findMail, looksToDetect } from "../mail/findMail.ts";
import { mailSegments } from "../mail/mailSegments.ts";
import { openMailboxes } from "../mail/openMail.ts";
import { beginsAsMbox } from "../mail/readMboxMessages.ts";

/**
 * Mailboxes: Google Takeout (`Takeout/Mail/*.mbox`), Thunderbird, Apple Mail and everything else that writes mbox; all mailboxes
 * of an archive are read together. Mail is mostly other people's: names, addresses, what they wrote and their files are marked
 * as theirs, unless a label or the mailbox says that the owner sent it.
 */
export const mbox: Connector = { id: "mbox", segments: mailSegments, detect, open };

async function detect(input: InspectedInput): Promise<number> {
  const { mailboxes } = await findMail(input, (path) => input.head(path), looksToDetect);
  const [first] = mailboxes;
  if (first === undefined) return 0;
  for (const { path } of mailboxes.slice(0, 4)) if (beginsAsMbox(await input.head(path))) return 0.9;
  return 0.5;
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const { mailboxes } = await findMail(input, (path) => input.head(path));
  yield* openMailboxes(input, mailboxes, options);
}
