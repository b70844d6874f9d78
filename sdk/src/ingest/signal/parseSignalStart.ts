import type { ChatStart } from "../chats/readTextChat.ts";
import { withoutMarks } from "../chats/wallClock.ts";

const start = /^\[((\d{4})-(\d\d)-(\d\d)(,)? (\d\d):(\d\d)(?::(\d\d))?)\] /;

/** `[2019-12-24, 12:23] Kari: …`, with seconds and without the comma, as the exporters for Signal Desktop write it. */
export function parseSignalStart(line: string): ChatStart | undefined {
  const plain = line.charCodeAt(0) > 127 ? withoutMarks(line) : line;
  const found = start.exec(plain);
  if (found === null) return undefined;
  const [whole, localTime = "", year, month, day, , hour, minute, second = "0"] = found;
  return {
    numbers: [Number(year), Number(month), Number(day)],
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    isHalfDay: false,
    localTime,
    rest: plain.slice(whole.length),
  };
}

/** A line that speaks for Signal by itself: with the comma and seconds it may be of an iPhone's WhatsApp as well. */
export function isSignalLine(line: string): boolean {
  const found = parseSignalStart(line)?.localTime;
  return found !== undefined && !/^\S{11} \d\d:\d\d:/.test(found);
}
