import { halfDay, hourOf24 } from "../chats/halfDay.ts";
import type { ChatStart } from "../chats/readTextChat.ts";
import { lineHead } from "../chats/wallClock.ts";

/** @param mark number of the group that holds what stands between the numbers */
const dateOf = (mark: number): string => `(\\d{1,4})([./-]) ?(\\d{1,2})\\${mark} ?(\\d{1,4})\\.?(?: г\\.?)?`;
const date = dateOf(2);
/** A word in front of the time is a half of the day (下午) or joins the two (à, um, klo); one behind it a half of the day, or `Uhr`. */
const time = String.raw`(?:([^\d,[\]:]{1,12}?) ?)?(\d{1,2})[:.h](\d\d)(?:[:.](\d\d))?(?: ?([^\d[\]:,-]{1,14}?))?`;

/** `[30/12/21, 22:01:05] Kari: …`, as an iPhone writes it, and `30/12/21, 22:01 - Kari: …`, as Android does. */
const bracketed = new RegExp(String.raw`^\[${date}(?:, ?| )${time}\] ?`);
const dashed = new RegExp(`^${date}(?:, ?| )${time} [-–] `);

/** `30/12/16, 22:01:05: Kari: …`, as iPhones wrote it until 2018. The seconds tell it from a text about a time. */
const seconded = new RegExp(String.raw`^${date}(?:, ?| )()(\d{1,2})[:.](\d\d)[:.](\d\d)(?: ?([^\d[\]:,-]{1,14}?))?: `);

/** `23:59, 31/12/2020 - Kari: …`, as phones in Vietnamese write it. */
const timeFirst = new RegExp(
  String.raw`^(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?: ([^\d[\]:,-]{1,14}?))?,? ${dateOf(6)} [-–] `,
);

/** The dated beginning of a line in a WhatsApp chat; undefined when it has none, and goes on with the message before. */
export function parseWhatsappStart(line: string): ChatStart | undefined {
  const head = lineHead(line);
  if (head === undefined) return undefined;
  const isBracketed = head.text.startsWith("[");
  const found = isBracketed
    ? bracketed.exec(head.text)
    : (dashed.exec(head.text) ?? seconded.exec(head.text) ?? timeInFront(head.text));
  if (found === null) return undefined;
  const [whole = "", first, , second, third, front = "", hour, minute, seconds = "0", back = ""] = found;
  const half = halfDay(back) ?? halfDay(front);
  const shown = isBracketed ? whole.slice(1, whole.lastIndexOf("]")) : whole.replace(/(?: [-–]|:) $/, "");
  return {
    numbers: [Number(first), Number(second), Number(third)],
    hour: hourOf24(Number(hour), half),
    minute: Number(minute),
    second: Number(seconds),
    isHalfDay: half !== undefined,
    localTime: shown,
    rest: line.slice(head.places[whole.length]),
  };
}

/** The parts of {@link timeFirst} in the order of the other forms. */
function timeInFront(text: string): readonly (string | undefined)[] | null {
  const found = timeFirst.exec(text);
  if (found === null) return null;
  const [whole, hour, minute, second, half, ...day] = found;
  return [whole, ...day, undefined, hour, minute, second, half];
}
