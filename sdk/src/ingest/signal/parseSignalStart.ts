import type { ChatStart } from "../chats/readTextChat.ts";
import { withoutMarks } from "../chats/wallClock.ts";

const start = /^\[((\d{4})-(\d\d)-(\d\d)(?:, (\d\d):(\d\d)| (\d\d):(\d\d):(\d\d)))\] /;

/** `[2019-12-24, 12:23] Kari: …`, and with seconds and no comma, as the exporters for Signal Desktop write it. */
export function parseSignalStart(line: string): ChatStart | undefined {
  const plain = line.charCodeAt(0) > 127 ? withoutMarks(line) : line;
  const found = start.exec(plain);
  if (found === null) return undefined;
  const [whole, localTime = "", year, month, day, hourA, minuteA, hourB, minuteB, second = "0"] = found;
  return {
    numbers: [Number(year), Number(month), Number(day)],
    hour: Number(hourA ?? hourB),
    minute: Number(minuteA ?? minuteB),
    second: Number(second),
    isHalfDay: false,
    localTime,
    rest: plain.slice(whole.length),
  };
}

export function isSignalLine(line: string): boolean {
  return parseSignalStart(line) !== undefined;
}
