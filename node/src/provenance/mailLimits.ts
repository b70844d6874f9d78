import { PersonaError } from "@persona-protocol/sdk/errors";

/** Bounds of what a message's writer could choose, well above real mail. The library's time grows with their products. */
const limits = {
  headerBytes: 512 * 1024,
  lines: 20_000,
  fields: 2_000,
  signatures: 10,
  signatureBytes: 16 * 1024,
} as const;

/** As the library sees it: the colon may come on the next line, and any other line belongs to the field before. */
const fieldStart = /^[!-9;-~]+[ \t]*(?::|\r?$)/;
const countedField = /^(?:dkim-signature|arc-[a-z-]{1,40})[ \t]*(?::|\r?$)/i;

/**
 * Looks over a message's header before the library does.
 * @returns the header's bytes as text, one character a byte
 * @throws PersonaError PROVENANCE_UNREADABLE above a limit
 */
export function boundedHeader(message: Uint8Array): string {
  const start = Buffer.from(message.buffer, message.byteOffset, Math.min(message.byteLength, limits.headerBytes + 4));
  const text = start.toString("latin1");
  const end = /(?:^|\n)\r?\n/.exec(text)?.index ?? text.length;
  if (end > limits.headerBytes) throw tooMuch("headerBytes");
  const header = text.slice(0, end);
  const lines = header.split("\n");
  if (lines.length > limits.lines) throw tooMuch("lines");
  let fields = 0;
  let signatures = 0;
  let bytes = 0;
  for (const line of lines) {
    if (fieldStart.test(line)) {
      fields += 1;
      const isCounted = countedField.test(line);
      bytes = isCounted ? 0 : Number.NaN;
      if (isCounted && /^dkim/i.test(line)) signatures += 1;
    }
    bytes += line.length + 1;
    if (bytes > limits.signatureBytes) throw tooMuch("signatureBytes");
  }
  if (fields > limits.fields) throw tooMuch("fields");
  if (signatures > limits.signatures) throw tooMuch("signatures");
  return header;
}

function tooMuch(what: keyof typeof limits): PersonaError {
  return new PersonaError("PROVENANCE_UNREADABLE", "The message's header is beyond what is read.", {
    data: { limit: what, most: limits[what] },
  });
}
