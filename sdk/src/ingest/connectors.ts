import type { Connector } from "./connector.ts";
import { eml } from "./eml/eml.ts";
import { icalendar } from "./icalendar/icalendar.ts";
import { mbox } from "./mbox/mbox.ts";
import { vcard } from "./vcard/vcard.ts";
import { xArchive } from "./xArchive/xArchive.ts";

/** Every connector there is. Adding one is one folder and one line here. */
export const connectors: readonly Connector[] = [xArchive, mbox, eml, icalendar, vcard];
