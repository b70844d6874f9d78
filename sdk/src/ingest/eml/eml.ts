import type { Connector, ConnectorOpenOptions, InspectedInput, RawItem } from "../connector.ts";
import { emlxName, parseEmlx } from "../mail/emlx.ts";
import { beginsAsMail, findMail, looksToDetect } from "../mail/findMail.ts";
import { beginsAsMbox } from "../mail/fromLine.ts";
import { mailSegments } from "../mail/mailSegments.ts";
import { openMails } from "../mail/openMail.ts";

/**
 * Single mails as files: what "Save as" and "Download message" of mail programs give (`.eml`), folders of them, Maildir, and how Apple Mail keeps them (`.emlx`). Other
 * people's data is marked as in a mailbox.
 */
export const eml: Connector = { id: "eml", segments: mailSegments, detect, open };

async function detect(input: InspectedInput): Promise<number> {
  const { mails, named } = await findMail(input, (path) => input.head(path), looksToDetect);
  for (const { path } of mails.slice(0, 4)) {
    const written = Uint8Array.from(await input.head(path));
    const head = (emlxName.test(path) ? parseEmlx(written)?.mail : undefined) ?? written;
    // A text may begin with `To:` and `Subject:`, too.
    if (beginsAsMail(head) || beginsAsMbox(head)) return named ? 0.9 : 0.6;
  }
  return mails.length > 0 ? 0.5 : 0;
}

async function* open(input: InspectedInput, options: ConnectorOpenOptions): AsyncGenerator<RawItem> {
  const { mails } = await findMail(input, (path) => input.head(path));
  yield* openMails(input, mails, options);
}
