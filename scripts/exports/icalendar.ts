import { createRandom } from "./random.ts";

/** A calendar of so many events and a tenth as many tasks, piece by piece: the same options give the same text. */
export function* generateCalendar({
  seed = 1,
  events,
}: {
  readonly seed?: number;
  readonly events: number;
}): Generator<string> {
  const random = createRandom(seed);
  yield "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//generated//EN\r\nX-WR-CALNAME:Havna\r\n";
  for (let number = 0; number < events; number++) {
    const day = new Date(Date.UTC(2020, 0, 1 + random.integer(3000))).toISOString().slice(0, 10).replaceAll("-", "");
    const start = number % 3 === 0 ? `DTSTART;VALUE=DATE:${day}` : `DTSTART;TZID=Europe/Oslo:${day}T100000`;
    const rule = number % 7 === 0 ? "RRULE:FREQ=WEEKLY;COUNT=4\r\n" : "";
    yield `BEGIN:VEVENT\r\nUID:${number}@example.org\r\n${start}\r\n${rule}SUMMARY:Fortøyning ${number}\\, brygge\r\nDESCRIPTION:${"rope and mooring ".repeat(random.integer(12))}\r\n folded\r\nATTENDEE;CN=Ola:mailto:ola${number % 50}@example.org\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\n`;
    if (number % 10 === 0)
      yield `BEGIN:VTODO\r\nUID:todo-${number}\r\nDUE:${day}T120000Z\r\nSUMMARY:Paint\r\nEND:VTODO\r\n`;
  }
  yield "END:VCALENDAR\r\n";
}
