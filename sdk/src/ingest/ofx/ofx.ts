import { bankSegments } from "../bank/bankSegments.ts";
import { detectFiles, type FileKind, readClaimed } from "../claimFiles.ts";
import type { Connector } from "../connector.ts";
import { decodeUndeclared } from "../text/decodeUndeclared.ts";
import { readOfxStatements } from "./readOfxStatements.ts";

const kind: FileKind = {
  label: "an OFX file",
  extensions: [".ofx", ".qfx"],
  sharedExtensions: [".xml", ".txt", ".sgml"],
  recognise: (head) => (isOfx(head) ? 0.9 : 0),
};

/**
 * OFX 1.x (SGML) and 2.x (XML), QFX too: statements of bank accounts, cards and brokers, and lists of accounts. From online banking in
 * North America, Australia and elsewhere. Payees are other people: their names and the memo are marked as such. Positions and balances
 * of securities are counted and kept apart.
 */
export const ofx: Connector = {
  id: "ofx",
  segments: bankSegments,
  detect: (input) => detectFiles(input, kind),
  open: (input, options) =>
    readClaimed(input, { kind, segment: "transactions" }, options, ({ path }, chunks) =>
      readOfxStatements(decodeUndeclared(chunks, declaredCharset), { file: path, limits: options.limits }),
    ),
};

function isOfx(head: Uint8Array): boolean {
  const isWide = head[0] === 0xff && head[1] === 0xfe;
  const text = new TextDecoder(isWide ? "utf-16le" : "utf-8").decode(head);
  if (/^\s*(?:OFXHEADER\s*:|<\?OFX\s|<OFX>)/i.test(text)) return true;
  if (/^\s*<\?xml[^>]*\?>\s*(?:<\?OFX\s|<OFX>)/i.test(text)) return true;
  // Some write fewer lines of the header, and not its first.
  const begin = text.search(/<OFX>/i);
  const above = text
    .slice(0, Math.max(begin, 0))
    .split(/\s+/)
    .filter((line) => line !== "");
  return above.length > 0 && above.every((line) => /^[A-Z]+:\S*$/.test(line));
}

function declaredCharset(beginning: string): string | undefined {
  const xml = /<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']/i.exec(beginning)?.[1];
  if (xml !== undefined) return xml;
  if (/^\s*ENCODING\s*:\s*(?:UTF-8|UNICODE)/im.test(beginning)) return "utf-8";
  const charset = /^\s*CHARSET\s*:\s*([\w-]+)/im.exec(beginning)?.[1];
  if (charset === undefined || charset === "NONE") return undefined;
  return /^\d{3,4}$/.test(charset) ? `windows-${charset}` : charset;
}
