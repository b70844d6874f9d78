export type DecodedText = {
  /** Well-formed; CR LF is LF. */
  readonly text: string;
  /** The charset is none that anybody knows, or its bytes are not of it. */
  readonly problem: "unknown charset" | "not of its charset" | undefined;
};

/** Labels that mail has and the Encoding Standard has not. */
const aliases: Readonly<Record<string, string>> = {
  cp932: "shift_jis",
  cp936: "gbk",
  cp949: "euc-kr",
  cp950: "big5",
  "iso-2022-jp-1": "iso-2022-jp",
  "iso-2022-jp-2": "iso-2022-jp",
  cp50220: "iso-2022-jp",
  cp50221: "iso-2022-jp",
  eucjp: "euc-jp",
  uhc: "euc-kr",
  "utf-7": "utf-7",
  utf8mb4: "utf-8",
};

const decoders = new Map<string, InstanceType<typeof TextDecoder> | null>();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
const windows1252 = new TextDecoder("windows-1252");

/**
 * Text out of bytes. Without a charset, or with one that nobody knows, UTF-8 where the bytes are that, else windows-1252, which
 * gives every byte a character. Bytes that are not of a known charset become U+FFFD.
 */
export function decodeCharset(bytes: Uint8Array, charset: string | undefined): DecodedText {
  const label = (charset ?? "").trim().toLowerCase();
  const isGuess = label === "" || label === "us-ascii" || label === "ascii" || label === "unknown-8bit";
  const decoder = isGuess ? null : decoderOf(label);
  if (decoder !== null) {
    const text = decoder.decode(bytes);
    const lost = text.includes("\ufffd") && (decoder.encoding !== "utf-8" || !isUtf8(bytes));
    return { text: clean(text), problem: lost ? "not of its charset" : undefined };
  }
  const problem = isGuess ? undefined : "unknown charset";
  try {
    return { text: clean(strictUtf8.decode(bytes)), problem };
  } catch {
    return { text: clean(windows1252.decode(bytes)), problem }; // TypeError: not UTF-8
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false; // TypeError, by which it says no
  }
}

function clean(text: string): string {
  return text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : text;
}

function decoderOf(label: string): InstanceType<typeof TextDecoder> | null {
  const known = decoders.get(label);
  if (known !== undefined) return known;
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  try {
    decoder = new TextDecoder(aliases[label] ?? label.replace(/^x-/, ""));
  } catch {
    decoder = null; // RangeError: no such charset
  }
  // Labels are the sender's: they may not fill the memory.
  if (decoders.size < 256) decoders.set(label, decoder);
  return decoder;
}
