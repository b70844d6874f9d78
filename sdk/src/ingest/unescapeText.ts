const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/**
 * X's text as it was written: `&amp;`, `&lt;`, `&gt;` (all it escapes today) and `&quot;`, `&apos;`, `&#39;`, `&#x27;` (older
 * exports) are replaced once, in one pass: `&amp;lt;` is the text `&lt;`. Anything else stays.
 */
export function unescapeText(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(
    /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));/g,
    (entity, name: string | undefined, decimal: string | undefined, hexadecimal: string | undefined) => {
      if (name !== undefined) return named[name] ?? entity;
      const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal);
      // No character has these numbers: 0, the surrogates, what is past Unicode.
      if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return entity;
      return String.fromCodePoint(code);
    },
  );
}
