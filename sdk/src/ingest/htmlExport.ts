import { PersonaError } from "../errors/index.ts";
import type { InspectedInput } from "./connector.ts";

/** Services that give an export as web pages to look at, or as data; only the data is whole. */
const pages: readonly { readonly name: string; readonly path: RegExp; readonly head: RegExp; readonly how: string }[] =
  [
    {
      name: "Telegram",
      path: /(?:^|\/)(?:messages\d*|export_results)\.html$/i,
      head: /<div class="page_wrap|Exported Data|css\/style\.css/,
      how: "In Telegram Desktop choose the format “Machine-readable JSON”",
    },
    {
      name: "Instagram or Facebook",
      path: /(?:^|\/)(?:start_here|index|message_\d+|(?:your_)?posts[^/]*|followers_\d+|following|personal_information|[^/]*profile_information)\.html$/i,
      head: /class="_[0-9a-z]{2,4}-[0-9a-z_]|<title>[^<]{0,80}(?:Instagram|Facebook|Messages)/i,
      how: "In Meta's Accounts Center choose the format JSON",
    },
  ];
const most = 16;

/**
 * Throws where an input that nobody recognises is a known service's export as web pages: it says how to get the other one.
 *
 * Errors: `ARCHIVE_UNRECOGNISED` (data: service, files).
 */
export async function refuseHtmlExport(input: InspectedInput): Promise<void> {
  const entries = input.entries();
  const looked = entries.filter(({ path }) => pages.some((each) => each.path.test(path))).slice(0, most);
  for (const { path } of looked) {
    const head = new TextDecoder().decode(await input.head(path));
    const page = pages.find((each) => each.path.test(path) && each.head.test(head));
    if (page === undefined) continue;
    throw new PersonaError(
      "ARCHIVE_UNRECOGNISED",
      `This is an export of ${page.name} as web pages (HTML), in which times have no zone and much is left out. ${page.how}, export again, and import that; --connector file keeps the pages as they are.`,
      { data: { service: page.name, files: entries.length } },
    );
  }
}
