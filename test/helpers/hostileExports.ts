import { mkdir, open, symlink, writeFile } from "node:fs/promises";
import { deflateRawSync, gzipSync } from "node:zlib";
import { rawZip } from "../node/ingest/rawZip.ts";
import { tarHeader } from "../node/ingest/tarHeader.ts";

/** A file that somebody made to hurt, or that went wrong in an unlikely way, and what an import has to say to it. */
export type HostileExport = {
  /** What is wrong with it, `: ` and the file's name; or the name alone. */
  readonly name: string;
  /** The error's code; `any` where what can be read is read, or refused by any code. */
  readonly ends: string;
  readonly write: (path: string) => Promise<void>;
};

const MB = 1_000_000;
/** Of the sizes below, in `npm test`: far above every limit as they are. 1 writes files of up to a gigabyte. */
const scale = Number(process.env["PERSONA_HOSTILE_SCALE"] ?? 0.1);

/** `head`, then `filler` again and again until `bytes` of it are written, then `tail`. */
function large(head: string, filler: string, bytes: number, tail: string): (path: string) => Promise<void> {
  return async (path) => {
    const file = await open(path, "w");
    try {
      await file.write(head);
      const piece = Buffer.from(filler.repeat(Math.ceil(MB / filler.length)));
      for (let written = 0; written < bytes * scale; written += piece.length) await file.write(piece);
      await file.write(tail);
    } finally {
      await file.close();
    }
  };
}

const text =
  (content: string | Uint8Array): HostileExport["write"] =>
  (path) =>
    writeFile(path, content);

const xml = (body: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
const roots: Readonly<Record<string, readonly [string, string]>> = {
  "export.xml": ['<HealthData locale="en">', "</HealthData>"],
  "a.gpx": ['<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">', "</gpx>"],
  "a.tcx": [
    '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">',
    "</TrainingCenterDatabase>",
  ],
  "camt.xml": ['<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">', "</Document>"],
  "a.ofx": ['<?OFX OFXHEADER="200" VERSION="211"?><OFX>', "</OFX>"],
};

/** Every text format's file, with this where a text and a time belong. */
const textFormats: Readonly<Record<string, (inside: string) => string>> = {
  "a.mbox": (inside) => `From 1@x Mon Mar 02 10:15:00 +0000 2026\nSubject: ${inside}\n\n${inside}\n`,
  "a.eml": (inside) => `From: a@example.org\nDate: ${inside}\nSubject: ${inside}\n\n${inside}\n`,
  "a.ics": (inside) =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:${inside}\r\nSUMMARY:${inside}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`,
  "a.vcf": (inside) => `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${inside}\r\nBDAY:${inside}\r\nEND:VCARD\r\n`,
  "a.gpx": (inside) =>
    xml(
      `<gpx version="1.1"><trk><name>${inside}</name><trkseg><trkpt lat="1" lon="2"><time>${inside}</time></trkpt></trkseg></trk></gpx>`,
    ),
  "export.xml": (inside) =>
    xml(
      `<HealthData locale="en"><Record type="HKQuantityTypeIdentifierStepCount" sourceName="${inside}" unit="count" startDate="${inside}" endDate="${inside}" value="1"/></HealthData>`,
    ),
  "a.qif": (inside) => `!Type:Bank\nD${inside}\nT-1.00\nP${inside}\n^\n`,
  "a.sta": (inside) =>
    `:20:1\r\n:25:12345678/1234567890\r\n:28C:1/1\r\n:60F:C240101EUR1,00\r\n:61:2401010101D1,00NTRF${inside}\r\n:86:${inside}\r\n:62F:C240101EUR0,00\r\n-\r\n`,
  "a.csv": (inside) => `id;when;text\n1;${inside};${inside}\n2;x;y\n`,
  "a.json": (inside) => `[{"id":1,"when":"${inside}"},{"id":2,"when":"x"}]`,
  "a.ndjson": (inside) => `{"id":1,"when":"${inside}"}\n{"id":2}\n`,
  "result.json": (inside) =>
    `{"name":"Ola","type":"personal_chat","id":1,"messages":[{"id":1,"type":"message","date":"${inside}","from":"Ola","from_id":"user1","text":"${inside}"}]}`,
  "WhatsApp Chat with Ola.txt": (inside) =>
    `01/02/2024, 10:15 - Ola: hei\n${inside}\n30/02/2024, 10:16 - Ola: ${inside}\n`,
  "tweets.js": (inside) =>
    `window.YTD.tweets.part0 = [{"tweet":{"id_str":"1","created_at":"${inside}","full_text":"${inside}"}}]`,
};

export const hostileExports: readonly HostileExport[] = [
  // Archives.
  {
    name: "bomb.zip",
    ends: "ARCHIVE_HOSTILE",
    write: text(rawZip([{ name: "tweets.js", data: Buffer.alloc(40 * MB) }])),
  },
  {
    name: "nested.zip",
    ends: "ARCHIVE_UNRECOGNISED",
    write: async (path) => {
      // Ten in each of four storeys: whoever opens archives in archives has 10,000 files of 1 MB.
      let inner = rawZip([{ name: "data/tweets.js", data: Buffer.alloc(MB) }]);
      for (let storey = 0; storey < 4; storey++) {
        inner = rawZip(Array.from({ length: 10 }, (_, index) => ({ name: `${index}.zip`, data: inner, method: 8 })));
      }
      await writeFile(path, inner);
    },
  },
  {
    name: "overlap.zip",
    ends: "ARCHIVE_HOSTILE",
    write: async (path) => {
      const data = "x".repeat(MB);
      const packedSize = deflateRawSync(Buffer.from(data)).length;
      const others = Array.from({ length: 999 }, (_, index) => ({
        name: `${index + 1}.js`,
        size: MB,
        packedSize,
        directoryOnly: true,
        headerOffset: 0,
      }));
      await writeFile(path, rawZip([{ name: "0.js", data }, ...others]));
    },
  },
  { name: "outside.zip", ends: "ARCHIVE_HOSTILE", write: text(rawZip([{ name: "../../a.csv", data: "x" }])) },
  {
    name: "link.zip",
    ends: "ARCHIVE_HOSTILE",
    write: text(rawZip([{ name: "a.csv", data: "/etc/passwd", externalAttributes: 0o120777 * 0x10000 }])),
  },
  { name: "secret.zip", ends: "ARCHIVE_ENCRYPTED", write: text(rawZip([{ name: "a.csv", data: "x", flags: 0x801 }])) },
  {
    name: "declared.zip",
    ends: "ARCHIVE_HOSTILE",
    write: text(rawZip([{ name: "a.csv", data: "x", size: 5 * 2 ** 30 }])),
  },
  {
    name: "outside.tar",
    ends: "ARCHIVE_HOSTILE",
    write: text(Buffer.concat([tarHeader("../a.csv", 0), Buffer.alloc(1024)])),
  },
  {
    name: "link.tar",
    ends: "ARCHIVE_HOSTILE",
    write: text(Buffer.concat([tarHeader("a.csv", 0, "2"), Buffer.alloc(1024)])),
  },
  { name: "bomb.tgz", ends: "ARCHIVE_HOSTILE", write: text(gzipSync(Buffer.alloc(50 * MB))) },
  {
    name: "link",
    ends: "ARCHIVE_HOSTILE",
    write: async (path) => {
      await mkdir(path);
      await symlink("/etc/passwd", `${path}/a.csv`);
    },
  },
  {
    name: "sparse.csv",
    ends: "EXPORT_INVALID",
    write: async (path) => {
      const file = await open(path, "w");
      // Its charset is told by all of it, at 180 MB/s.
      await file.truncate(2 ** 30);
      await file.close();
    },
  },
  // XML.
  ...Object.entries(roots).flatMap(([name, [from, to]]) => {
    const type = /<(\w+)[ >]/.exec(from)?.[1];
    return [
      {
        name: `entities: ${name}`,
        ends: "EXPORT_INVALID",
        write: text(
          xml(`<!DOCTYPE ${type} [<!ENTITY a "${"x".repeat(100_000)}">]>${from}<x>${"&a;".repeat(10_000)}</x>${to}`),
        ),
      },
      {
        name: `billion: ${name}`,
        ends: "EXPORT_INVALID",
        write: text(
          xml(
            `<!DOCTYPE ${type} [<!ENTITY a0 "x">${Array.from({ length: 30 }, (_, at) => `<!ENTITY a${at + 1} "&a${at};&a${at};">`).join("")}]>${from}<x>&a30;</x>${to}`,
          ),
        ),
      },
      { name: `deep: ${name}`, ends: "EXPORT_INVALID", write: text(xml(from + "<a>".repeat(1_000_000))) },
      {
        name: `attribute: ${name}`,
        ends: "EXPORT_INVALID",
        write: large(xml(`${from}<a b="`), "x", 300 * MB, `"/>${to}`),
      },
      { name: `space: ${name}`, ends: "any", write: large(xml(from), " ", 300 * MB, to) },
    ];
  }),
  // Tables and JSON.
  { name: "columns.csv", ends: "EXPORT_INVALID", write: text(`${"a,".repeat(10_000_000)}a\n${"1,".repeat(10)}1\n`) },
  { name: "quote.csv", ends: "EXPORT_INVALID", write: large('a,b\n1,"', "x", 300 * MB, "") },
  { name: "deep.json", ends: "EXPORT_INVALID", write: text("[".repeat(5_000_000)) },
  { name: "deep objects.json", ends: "EXPORT_INVALID", write: text('{"a":'.repeat(2_000_000)) },
  { name: "deep.ndjson", ends: "EXPORT_INVALID", write: text(`{"a":1}\n${"[".repeat(3_000_000)}\n`) },
  { name: "string.json", ends: "EXPORT_INVALID", write: large('[{"a":"', "x", 1_000 * MB, '"}]') },
  { name: "string.ndjson", ends: "EXPORT_INVALID", write: large('{"a":"', "x", 1_000 * MB, '"}\n') },
  { name: "space.json", ends: "any", write: large("[", " ", 1_000 * MB, "]") },
  { name: "space.csv", ends: "any", write: large("a,b\n", " ", 300 * MB, "\n") },
  { name: "lines.csv", ends: "any", write: large("a,b\n1,2\n", "\n", 200 * MB, "") },
  // Mail, calendars, chats.
  {
    name: "line.mbox",
    ends: "any",
    write: large("From 1@x Mon Mar 02 10:15:00 +0000 2026\nSubject: x\n\n", "x", 1_000 * MB, "\n"),
  },
  {
    name: "header.eml",
    ends: "any",
    write: large("From: a@example.org\nSubject: ", "x", 100 * MB, "\nDate: Mon, 2 Mar 2026 11:15:00 +0100\n\nx\n"),
  },
  { name: "headers.eml", ends: "any", write: large("From: a@example.org\n", "X: y\n", 100 * MB, "\nx\n") },
  {
    name: "nested.eml",
    ends: "any",
    write: text(
      `From: a@example.org\nSubject: x\n${Array.from({ length: 1_000 }, (_, at) => `Content-Type: multipart/mixed; boundary="b${at}"\n\n--b${at}\n`).join("")}Content-Type: text/plain\n\nx\n`,
    ),
  },
  { name: "space.eml", ends: "any", write: large("From: a@example.org\nSubject: x", "\n ", 100 * MB, "\n\nx\n") },
  { name: "line.ics", ends: "any", write: large("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:", "x", 300 * MB, "\r\n") },
  { name: "deep.ics", ends: "any", write: text(`BEGIN:VCALENDAR\r\n${"BEGIN:VEVENT\r\n".repeat(1_000_000)}`) },
  { name: "folds.vcf", ends: "any", write: large("BEGIN:VCARD\r\nFN:x", "\r\n x", 100 * MB, "\r\nEND:VCARD\r\n") },
  { name: "chat.txt", ends: "any", write: large("01/02/2024, 10:15 - Ola: hei", "x", 300 * MB, "\n") },
  { name: "lines.txt", ends: "any", write: large("01/02/2024, 10:15 - Ola: hei\n", "x\n", 300 * MB, "\n") },
  { name: "line.qif", ends: "any", write: large("!Type:Bank\nD01/02/2024\nP", "x", 300 * MB, "\n^\n") },
  { name: "line.sta", ends: "any", write: large(":20:1\r\n:25:1/2\r\n:28C:1/1\r\n:86:", "x", 300 * MB, "\r\n-\r\n") },
  { name: "line.ofx", ends: "any", write: large("OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><MEMO>", "x", 300 * MB, "\n") },
  {
    name: "tweets.js",
    ends: "EXPORT_INVALID",
    write: large('window.YTD.tweets.part0 = [{"tweet":{"id":"', "x", 300 * MB, ""),
  },
  // What is no text and no time, in every text format.
  ...Object.entries(textFormats).flatMap(([name, fill]) => [
    {
      name: `bytes: ${name}`,
      ends: "any",
      write: text(Buffer.from(fill("\xff\xfe\xc0\x80\xed\xa0\x80\xf8"), "latin1")),
    },
    { name: `year: ${name}`, ends: "any", write: text(fill("+275760-09-13T00:00:01Z")) },
    { name: `february: ${name}`, ends: "any", write: text(fill("2024-02-30T10:00:00")) },
  ]),
];
