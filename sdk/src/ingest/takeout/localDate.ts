import { halfDay, hourOf24 } from "../chats/halfDay.ts";
import { utcInstant, validInstant, type WallTime, zonedInstant } from "../times.ts";

export type LocalDate = {
  readonly instant: Date | null;
  /** What the zone was taken from: an offset or a name that means one, or the import's own. */
  readonly zone: "written" | "unknown" | "missing";
};

/**
 * A date as Takeout's HTML shows it, in the owner's language and zone: `Feb 1, 2025, 11:00:00 AM CET`, `01.02.2025, 11:00:00 MEZ`,
 * `1 févr. 2025, 11:00:00 GMT+01:00`. Undefined when the text is no date. A zone's name that means nothing or more than one thing is
 * not guessed at: the time is read in `timeZone`.
 */
export function localDate(text: string, timeZone: string): LocalDate | undefined {
  if (text.length > 100) return undefined;
  const plain = text.replace(/[\s\u200e\u200f]+/g, " ").trim();
  const clock = /[ ,T](\p{L}{2} ?)?(\d{1,2})[:.](\d\d)[:.](\d\d)(?!\d)(.*)$/u.exec(plain);
  if (clock === null) return undefined;
  const [, , hour, minute, second, behind = ""] = clock;
  const front = plain.slice(0, clock.index);
  // Chinese has the zone in front of the clock: `2024年1月15日 CST 下午3:14:21`.
  const zoneInFront = /日 ([A-Z]{2,5}(?:[+-]\d{1,2}(?::\d\d)?)?)$/.exec(front);
  const day = dayOf(zoneInFront === null ? front : front.slice(0, zoneInFront.index));
  if (day === undefined) return undefined;
  const { half, zoneName: zoneBehind } = splitBehind(behind, clock[1] ?? "");
  const zoneName = zoneBehind === "" ? (zoneInFront?.[1] ?? "") : zoneBehind;
  const wall: WallTime = {
    ...day.date,
    hour: hourOf24(Number(hour), half),
    minute: Number(minute),
    second: Number(second),
  };
  const isChinese = zoneInFront !== null && zoneName === "CST";
  const offset = isChinese ? 480 : offsetMinutes(zoneName, day.isAmerican && half !== undefined);
  if (offset !== undefined) {
    const utc = utcInstant(wall);
    return { instant: utc === null ? null : validInstant(utc.getTime() - offset * 60_000), zone: "written" };
  }
  return { instant: zonedInstant(wall, timeZone), zone: zoneName === "" ? "missing" : "unknown" };
}

function splitBehind(behind: string, front: string): { half: "am" | "pm" | undefined; zoneName: string } {
  const words = behind.trim().split(" ");
  for (const length of [2, 1]) {
    const half = halfDay(words.slice(0, length).join(" "));
    if (half !== undefined) return { half, zoneName: words.slice(length).join(" ") };
  }
  return { half: halfDay(front.trim()), zoneName: behind.trim() };
}

type Day = { readonly date: { year: number; month: number; day: number }; readonly isAmerican: boolean };

function dayOf(text: string): Day | undefined {
  const numbers = text.match(/\d{1,4}/g)?.map(Number) ?? [];
  const month = monthOf(text);
  if (month !== undefined && numbers.length === 2) {
    const [a = 0, b = 0] = numbers;
    const isAmerican = /^\p{L}/u.test(text.trim());
    return { date: a > 31 ? { year: a, month, day: b } : { year: b, month, day: a }, isAmerican };
  }
  if (numbers.length !== 3) return undefined;
  const [a = 0, b = 0, c = 0] = numbers;
  if (a > 31) return { date: { year: a, month: b, day: c }, isAmerican: false };
  // With points, day before month everywhere; with slashes Americans say the month first, but their exports use its name.
  return c < 1000 ? undefined : { date: { year: c, month: b, day: a }, isAmerican: false };
}

/** Beginnings of the months' names in the languages of Europe, longest first where one begins another. */
const months = [
  ["jan", "gen", "ene", "janv", "sty", "янв", "oca", "ian"],
  ["feb", "fev", "fév", "févr", "lut", "фев", "şub"],
  ["mar", "mär", "maa", "mrt", "mars", "мар"],
  ["apr", "abr", "avr", "kwi", "апр", "nis"],
  ["may", "mai", "mag", "mei", "maj", "máj", "мая", "май"],
  ["jun", "juin", "giu", "cze", "июн", "haz", "jún", "iun"],
  ["jul", "juil", "lug", "lip", "июл", "tem", "júl", "iul"],
  ["aug", "aoû", "ago", "août", "sie", "авг", "ağu"],
  ["sep", "set", "wrz", "сен", "eyl", "szept"],
  ["oct", "okt", "ott", "out", "paź", "окт", "eki"],
  ["nov", "lis", "ноя", "kas"],
  ["dec", "des", "dez", "dic", "déc", "gru", "дек", "ara"],
];

function monthOf(text: string): number | undefined {
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    // juin and juil share their first three letters with nobody else.
    const index = months.findIndex((names) => names.some((name) => word.startsWith(name)));
    if (index >= 0) return index + 1;
  }
  return undefined;
}

/** Names that mean one thing wherever they are written, in minutes ahead of UTC. */
const zones: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  WET: 0,
  WEST: 60,
  // The only one that is shown by these letters; others of the name are shown by their offset.
  BST: 60,
  CET: 60,
  MEZ: 60,
  CEST: 120,
  MESZ: 120,
  EET: 120,
  OEZ: 120,
  EEST: 180,
  OESZ: 180,
  SEČ: 60,
  SELČ: 120,
  MSK: 180,
  TRT: 180,
  BRT: -180,
  SAST: 120,
  JST: 540,
  KST: 540,
  NZST: 720,
  NZDT: 780,
  AEST: 600,
  AEDT: 660,
  AWST: 480,
};

/** Names that others use too: taken as American where the date is written as Americans write it. */
const american: Readonly<Record<string, number>> = {
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  AKST: -540,
  AKDT: -480,
  HST: -600,
};

function offsetMinutes(name: string, isAmerican: boolean): number | undefined {
  const written = /^(?:GMT|UTC)?([+\-−])(\d{1,2})(?::?(\d\d))?$/.exec(name);
  if (written !== null) {
    const [, sign, hours, minutes = "0"] = written;
    const offset = Number(hours) * 60 + Number(minutes);
    return offset > 18 * 60 ? undefined : sign === "+" ? offset : -offset;
  }
  if (Object.hasOwn(zones, name)) return zones[name];
  return isAmerican && Object.hasOwn(american, name) ? american[name] : undefined;
}
