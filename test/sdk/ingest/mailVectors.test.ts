import { expect } from "chai";
import { readTables } from "./readTables.ts";
import { withSample } from "./samples.ts";

type Expected = {
  readonly dates: readonly [string | null, string | null];
  readonly subjects: readonly (string | null)[];
  /** Name or type of each attachment, in order. */
  readonly files: readonly string[];
  /** Beginning of the first mail's text. */
  readonly text?: string;
  readonly from?: string;
};

const samples: Readonly<Record<string, Expected>> = {
  "email/logbook/takeout.mbox": {
    dates: ["2026-03-02T10:15:00.000Z", "2026-03-04T11:00:00.000Z"],
    subjects: [
      "Re: Mooring for the weekend",
      "Rope for Saturday",
      "Nytt fra havna – mars",
      "Re: Mooring for the weekend",
      "You won",
      "(no date)",
    ],
    files: ["berth-plan.txt", "plan.pdf"],
    text: "Photos attached. The east berth is free from Friday.\nFrom the east berth you can see the lighthouse.\n>From here, nothing.\n",
    from: '[{"name":"Ola Nordmann","email":"ola@example.org"}]',
  },
  "email/mimekit/issue1189.mbox": {
    dates: ["2025-09-26T17:18:40.000Z", "2025-09-26T17:19:54.000Z"],
    subjects: ["Message 1", "Message 2", "Message 3", "Message 4"],
    files: ["Attachment.zip"],
    text: "Body of message 1.",
    from: '[{"name":"Sender","email":"sender@example.com"}]',
  },
  "email/mimekit/unmunged.mbox": {
    dates: [null, null],
    subjects: ["This is a test message with an unmunged From line", "Another test message with an unmunged From line"],
    files: [],
    text: "This is my favourite James Bond movie:\n\nFrom Russia with love\n",
    from: '[{"name":"Jeffrey Stedfast","email":"jeff@xamarin.com"}]',
  },
  "email/mailparser/base64encodedroot.eml": {
    dates: [null, null],
    subjects: [null],
    files: ["screenshot.png"],
    from: '[{"name":null,"email":"test@example.com"}]',
  },
  "email/mailparser/delivery-status.eml": {
    dates: ["2021-02-16T00:57:06.000Z", "2021-02-16T00:57:06.000Z"],
    subjects: ["Delivery Status Notification (Failure)"],
    files: ["message/rfc822"],
    text: "An error occurred while tr",
  },
  "email/mailparser/mixed.eml": {
    dates: [null, null],
    subjects: [null],
    files: [],
    text: "\nThis e-mail message has been scanned for",
  },
  "email/mimekit/delivery-status-multiple-blank-lines.eml": {
    dates: [null, null],
    subjects: [null],
    files: [],
    text: "This is human readable text about the bo",
  },
  "email/mimekit/delivery-status-no-blank-line.eml": {
    dates: ["1996-07-29T09:13:08.000Z", "1996-07-29T09:13:08.000Z"],
    subjects: ["email delivery error"],
    files: ["message/rfc822"],
    text: "Reporting-MTA: dns; mm1\nAr",
    from: '[{"name":"The Post Office","email":"postmaster@mm1.sprynet.com"}]',
  },
  "email/mimekit/feedback-report.eml": {
    dates: ["2005-03-08T21:40:36.000Z", "2005-03-08T21:40:36.000Z"],
    subjects: ["FW: Earn money"],
    files: ["message/feedback-report"],
    text: "This is an email ",
    from: '[{"name":null,"email":"abusedesk@example.com"}]',
  },
  "email/mimekit/issue1130.eml": {
    dates: ["2025-01-09T15:26:14.000Z", "2025-01-09T15:26:14.000Z"],
    subjects: ["Test of text body with format=flowed; delsp=yes"],
    files: [],
    text: "We should have access, and apparently di",
  },
  "email/mimekit/issue358.eml": {
    dates: ["2017-11-15T14:16:14.000Z", "2017-11-15T14:16:14.000Z"],
    subjects: ["R: R: R: I: FR-selca LA selcaE"],
    files: [],
    text: "Test headers",
  },
  "email/mimekit/japanese.eml": {
    dates: ["2015-07-21T16:02:29.000Z", "2015-07-21T16:02:29.000Z"],
    subjects: ["日本語メールテスト (testing Japanese emails)"],
    files: [],
    text: "Let's see if both subject and body works fine...\n\n日本語が\n",
  },
  "email/mimekit/missing-subtype.eml": {
    dates: ["2015-12-29T13:06:17.000Z", "2015-12-29T13:06:17.000Z"],
    subjects: ["Test of an invalid mime-type"],
    files: ["document.xml.gz"],
  },
  "email/mimekit/multipart-digest.eml": {
    dates: ["2007-03-24T21:00:00.000Z", "2007-03-24T21:00:00.000Z"],
    subjects: [null],
    files: ["message/rfc822"],
  },
  "email/mimekit/rfc2060.eml": {
    dates: [null, null],
    subjects: ["Sample message structure for IMAP part specifiers"],
    files: ["application/octet-stream", "message/rfc822", "image/gif", "message/rfc822"],
  },
  "email/mimekit/simple-embedded-message.eml": {
    dates: ["2013-11-12T14:12:42.000Z", "2013-11-12T14:12:42.000Z"],
    subjects: ["test of simple embedded message/rfc822 part"],
    files: ["message/rfc822"],
    text: "This is the message body.",
  },
  "email/mimekit/stack-overflow.eml": {
    dates: ["2017-11-03T20:00:00.000Z", "2017-11-03T20:00:00.000Z"],
    subjects: ["Message Subject"],
    files: [],
    text: "\nMessage Body",
  },
  "email/mimekit/tnef-ukr.eml": {
    dates: ["2017-11-13T08:01:13.000Z", "2017-11-13T08:01:13.000Z"],
    subjects: ["rr test 7"],
    files: ["winmail.dat"],
    text: "шостий\n",
    from: '[{"name":"RR Tester 1","email":"rrtest1@xink.io"}]',
  },
};

describe("mail vectors", () => {
  for (const [path, { dates, subjects, files, text, from }] of Object.entries(samples)) {
    withSample(path, path, async (input) => {
      const { connector, tables, counts, range } = await readTables(input);
      expect(connector).to.equal(path.endsWith(".mbox") ? "mbox" : "eml");
      expect(counts).to.deep.equal({ headers: subjects.length, bodies: subjects.length, attachments: files.length });
      expect(range).to.deep.equal(dates);
      expect(tables["headers"]?.map(({ subject }) => subject)).to.deep.equal(subjects);
      expect(tables["attachments"]?.map(({ name, type }) => name ?? type)).to.deep.equal(files);
      if (text !== undefined) expect(String(tables["bodies"]?.[0]?.["text"]).slice(0, text.length)).to.equal(text);
      if (from !== undefined) expect(tables["headers"]?.[0]?.["from"]).to.equal(from);
      // Every file has its content: also where no empty line stands before it.
      for (const { content } of tables["attachments"] ?? []) expect(String(content)).to.have.length.greaterThan(10);
    });
  }
});
