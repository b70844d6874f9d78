import type { BridgeContext, Remark } from "../connector.ts";
import { utcInstant, zonedInstant } from "../times.ts";

const form =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(?:(Z|z|UTC)|([+-])(\d\d):?(\d\d)?)?$/;

/**
 * The instant of an ISO 8601 date and time. One without a zone is read in the import's zone and remarked; what is no time, or a
 * day that does not exist, is null and remarked.
 */
export function parseInstant(text: string | null | undefined, remark: Remark, context: BridgeContext): Date | null {
  if (text === null || text === undefined || text === "") return null;
  const found = form.exec(text.trim());
  if (found === null) {
    remark("changed", "a time cannot be read");
    return null;
  }
  const [, year, month, day, hour, minute, second = "0", fraction = "", zulu, sign, zoneHours, zoneMinutes = "0"] =
    found;
  const wall = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: Number(fraction.padEnd(3, "0").slice(0, 3)),
  };
  let time: Date | null;
  if (zulu === undefined && sign === undefined) {
    remark("changed", "has no time zone: read in the import's zone");
    time = zonedInstant(wall, context.timeZone);
  } else {
    const offset = (Number(zoneHours ?? 0) * 60 + Number(zoneMinutes)) * (sign === "-" ? -1 : 1);
    const utc = utcInstant(wall);
    time = utc === null || Math.abs(offset) > 18 * 60 ? null : new Date(utc.getTime() - offset * 60_000);
  }
  if (time === null) remark("changed", "a time cannot be read");
  return time;
}
