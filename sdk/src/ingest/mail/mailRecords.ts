import type { RawItem } from "../connector.ts";
import { leftOut } from "../leftOut.ts";
import type { ImportLimits } from "../limits.ts";
import type { MailPlace, RawAttachment, RawMail } from "./mailSegments.ts";
import { readMail } from "./readMail.ts";

/** A mail holds many records; in memory it is one. 64 MiB unless the limits say otherwise: no service takes that much. */
export function maxMailBytes(limits: ImportLimits): number {
  return 16 * limits.maxRecordBytes;
}

/** The records of one mail: headers, body, attachments in pieces. One that is none is remarked. */
export async function* mailRecords(
  bytes: Uint8Array,
  place: MailPlace,
  position: number,
  limits: ImportLimits,
): AsyncGenerator<RawItem> {
  const { file } = place;
  const mail = await readMail(bytes, limits);
  if (mail === undefined) {
    yield leftOut("headers", file, "has no header field: it is no mail", { position });
    return;
  }
  const value: RawMail = { mail, place };
  yield { segment: "headers", value, file, position };
  yield { segment: "bodies", value, file, position };
  // Whole groups of base64, whose texts can be joined.
  const pieceBytes = Math.max(3, Math.floor(limits.maxStringLength / 4) * 3);
  for (const [number, attachment] of mail.attachments.entries()) {
    for (let piece = 0; piece === 0 || piece * pieceBytes < attachment.bytes.length; piece++) {
      const part: RawAttachment = { mail, place, attachment, number, piece, pieceBytes };
      yield { segment: "attachments", value: part, file, position };
    }
  }
}
