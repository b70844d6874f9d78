const before = [
  "am",
  "a",
  "上午",
  "오전",
  "午前",
  "ص",
  "قم",
  "πμ",
  "de",
  "sa",
  "पूर्वाह्न",
  "öö",
  "ap",
  "fm",
  "vm",
  "vorm",
  "fh",
  "dop",
  "بن",
  "قظ",
  "قبلدوپہر",
  "pg",
  "凌晨",
  "清晨",
  "早上",
  "午夜",
  "मपू",
  "ก่อนเที่ยง",
];
const after = [
  "pm",
  "p",
  "下午",
  "오후",
  "午後",
  "م",
  "بظ",
  "μμ",
  "du",
  "ch",
  "अपराह्न",
  "ös",
  "ip",
  "em",
  "nm",
  "nachm",
  "eh",
  "odp",
  "دن",
  "بعددوپہر",
  "ptg",
  "中午",
  "傍晚",
  "晚上",
  "मउ",
  "หลังเที่ยง",
];

/** Which half of the day a clock of 12 hours means by this word, in the languages phones have; undefined for any other word. */
export function halfDay(word: string): "am" | "pm" | undefined {
  const letters = word.toLowerCase().replace(/[\s.]/g, "");
  if (before.includes(letters)) return "am";
  if (after.includes(letters)) return "pm";
  return undefined;
}

/** The hour of 24. `00:08 am` occurs and is 8 past midnight; an hour that this half does not have (13 pm) stays. */
export function hourOf24(hour: number, half: "am" | "pm" | undefined): number {
  if (half === "am" && hour === 12) return 0;
  return half === "pm" && hour < 12 ? hour + 12 : hour;
}
