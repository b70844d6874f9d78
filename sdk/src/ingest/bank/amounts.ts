/** Decimal signs a source may use; undefined where each amount must tell for itself. */
export type DecimalSign = "." | ",";

/**
 * An amount as decimal text: `1,234.56`, `1.234,56`, `11'373.94`, `1 234,5`, `(7.00)`, `$20.00`, `12-`, `+3`. Null for what is none,
 * and for more digits than DECIMAL(38, 18) holds: an amount is never rounded.
 *
 * @param sign which of point and comma is the decimal sign. Where it is not known: the last one when both occur; one that occurs
 * once and not before exactly three digits; a comma before three digits groups thousands, a point does not.
 */
export function parseAmount(text: string, sign?: DecimalSign): string | null {
  let rest = text.replace(/[\s\u00a0\u202f'’_]/g, "").replace(/\u2212/g, "-");
  let isNegative = false;
  if (/^\(.+\)$/.test(rest)) {
    isNegative = true;
    rest = rest.slice(1, -1);
  }
  rest = rest.replace(/^([-+]?)(?:[A-Za-z]{3}|[$€£¥]|kr\.?)/i, "$1").replace(/(?:[A-Za-z]{3}|[$€£¥]|kr\.?)$/i, "");
  rest = rest.replace(/,-+$/, "");
  const marks = /^([-+]?)([\d.,]+)([-+]?)$/.exec(rest);
  if (marks === null || (marks[1] !== "" && marks[3] !== "")) return null;
  if (marks[1] === "-" || marks[3] === "-") isNegative = !isNegative;
  const digits = marks[2] ?? "";
  const decimal = sign ?? decimalSignOf(digits);
  const cut = decimal === undefined ? -1 : digits.lastIndexOf(decimal);
  const whole = cut < 0 ? digits : digits.slice(0, cut);
  const fraction = cut < 0 ? "" : digits.slice(cut + 1);
  // Groups are of three, but for the first: `1,2,3` is no number.
  if (!/^(?:\d*|\d{1,3}(?:[.,]\d{2,3})+)$/.test(whole) || !/^\d*$/.test(fraction)) return null;
  const plain = whole.replace(/[.,]/g, "").replace(/^0+(?=\d)/, "");
  if ((plain === "" && fraction === "") || plain.length > 20 || fraction.length > 18) return null;
  const value = `${plain === "" ? "0" : plain}${fraction === "" ? "" : `.${fraction}`}`;
  return isNegative && /[1-9]/.test(value) ? `-${value}` : value;
}

/** What an amount says of its own decimal sign; undefined when it says nothing. */
export function decimalSignOf(text: string): DecimalSign | undefined {
  const point = text.lastIndexOf(".");
  const comma = text.lastIndexOf(",");
  if (point >= 0 && comma >= 0) return point > comma ? "." : ",";
  const at = Math.max(point, comma);
  if (at < 0) return undefined;
  const found = point >= 0 ? "." : ",";
  if (text.indexOf(found) !== at) return found === "." ? "," : ".";
  const behind = text.length - at - 1;
  if (behind === 3 && at > 0 && at <= 3 && found === ",") return ".";
  return found;
}

/** The amount with the other sign. */
export function negated(amount: string): string {
  if (amount.startsWith("-")) return amount.slice(1);
  return /[1-9]/.test(amount) ? `-${amount}` : amount;
}
