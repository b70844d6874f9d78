import { createRandom } from "./random.ts";

export type MboxOptions = {
  readonly seed?: number;
  /** Bytes to write, at least; the last mail is whole. */
  readonly bytes: number;
  /** `mixed`: half of the bytes are text mail of about 10 kB, half are mail with files of about 70 kB. */
  readonly kind?: "text" | "attachments" | "mixed";
};

/** An mbox as Takeout writes it, piece by piece, at any size: the same options give the same bytes. */
export function* generateMbox({ seed = 1, bytes, kind = "mixed" }: MboxOptions): Generator<Uint8Array> {
  const random = createRandom(seed);
  const encoder = new TextEncoder();
  const words =
    "berth rope mooring harbour tide lighthouse ferry anchor på brygga fjord sail keel – and of the to in is".split(
      " ",
    );
  const sentence = (count: number): string => Array.from({ length: count }, () => random.pick(words)).join(" ");
  const paragraphs = (count: number): string => Array.from({ length: count }, () => `${sentence(11)}\n`).join("");
  // Made once: the generator must be faster than what it feeds.
  const bodies = Array.from({ length: 64 }, () => [
    paragraphs(55),
    paragraphs(65).replaceAll("å", "=C3=A5").replaceAll("–", "=E2=80=93=\n"),
  ]);
  const file = encodeLines(random.bytes(52_000));
  let written = 0;
  let ofText = 0;
  for (let number = 0; written < bytes; number++) {
    const isText = kind === "text" || (kind === "mixed" && ofText * 2 <= written);
    const date = new Date(Date.UTC(2010, 0, 1) + number * 3_600_000);
    const day = date.toUTCString();
    const head = [
      `From ${1_700_000_000_000_000_000n + BigInt(number)}@xxx ${fromDate(date)}`,
      `X-GM-THRID: ${1_700_000_000_000_000_000n + BigInt(number - (number % 3))}`,
      `X-Gmail-Labels: ${number % 5 === 0 ? "Sent" : "Inbox,Important"}`,
      "Delivered-To: kari@example.org",
      `Received: by 2002:a05:6402:1:b0:5e0:1:2 with SMTP id ab1csp${number};\n        ${day.replace("GMT", "+0000")}`,
      `Message-ID: <${number}.${seed}@mail.example.org>`,
      `Date: ${day.replace("GMT", "+0000")}`,
      `From: Ola Nordmann <ola${number % 97}@example.org>`,
      "To: Kari Nordmann <kari@example.org>, =?utf-8?q?Bj=C3=B8rn?= <bjorn@example.org>",
      `Subject: =?UTF-8?Q?Fort=C3=B8yning?= ${number}`,
      "MIME-Version: 1.0",
    ].join("\n");
    const body = bodies[number % bodies.length] ?? ["", ""];
    const plain = `Content-Type: text/plain; charset="UTF-8"\nContent-Transfer-Encoding: 8bit\n\n${body[0]}\n>From the east berth ${number}.\n`;
    const html = `Content-Type: text/html; charset="UTF-8"\nContent-Transfer-Encoding: quoted-printable\n\n${body[1]}\n`;
    const alternative = `--alt\n${plain}\n--alt\n${html}\n--alt--\n`;
    const content = isText
      ? `Content-Type: multipart/alternative; boundary="alt"\n\n${alternative}`
      : `Content-Type: multipart/mixed; boundary="mixed"\n\n--mixed\n${plain}\n--mixed\nContent-Type: image/jpeg; name="berth-${number}.jpg"\nContent-Disposition: attachment; filename="berth-${number}.jpg"\nContent-Transfer-Encoding: base64\nX-Attachment-Id: f_${number}\n\n${file}\n--mixed--\n`;
    const mail = encoder.encode(`${head}\n${content}\n`);
    written += mail.length;
    if (isText) ofText += mail.length;
    yield mail;
  }
}

function encodeLines(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/.{76}/g, "$&\n");
}

/** `Mon Mar 02 10:15:00 +0000 2026` */
function fromDate(date: Date): string {
  const [weekday = "", day = "", month = "", year = "", time = ""] = date.toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${day} ${time} +0000 ${year}`;
}
