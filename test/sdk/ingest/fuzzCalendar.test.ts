import { icalendar } from "../../../sdk/src/ingest/icalendar/icalendar.ts";
import { vcard } from "../../../sdk/src/ingest/vcard/vcard.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

const samples = {
  "a.ics": `BEGIN:VCALENDAR
BEGIN:VTIMEZONE
TZID:Own
BEGIN:STANDARD
DTSTART:20001001T030000
TZOFFSETFROM:+0500
TZOFFSETTO:+0400
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1
DTSTART;TZID=Own:20260702T100000
DURATION:PT1H
SUMMARY;LANGUAGE="no":Tur\\, lang
ATTENDEE;CN=Ola:mailto:ola@example.org
BEGIN:VALARM
TRIGGER:-PT15M
END:VALARM
END:VEVENT
BEGIN:VTODO
DUE;VALUE=DATE:20260702
PERCENT-COMPLETE:40
END:VTODO
END:VCALENDAR
`,
  "a.vcf": `BEGIN:VCARD
VERSION:2.1
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=85se =
=C3=98stby
item1.TEL;CELL;PREF:1
ADR;HOME:;;Storgata 1;Oslo
PHOTO;ENCODING=BASE64;JPEG:AAAA
 BBBB

BDAY:1980-02-29
REV:2024-01-01T10:00:00+01:00
END:VCARD
`,
};

describe("calendars and contacts under mutation", function () {
  this.timeout(0);
  it("icalendar", () => fuzzConnector(icalendar, { "a.ics": samples["a.ics"] }));
  it("vcard", () => fuzzConnector(vcard, { "a.vcf": samples["a.vcf"] }));
});
