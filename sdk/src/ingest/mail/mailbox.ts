import { decodeWords } from "postal-mime";
import { fieldOf, type HeaderField } from "./headerFields.ts";

/** How mailboxes and labels of sent mail are called: Gmail's label in the languages that it is most used in, and folders. */
const sent = new Set([
  "sent",
  "sent mail",
  "sent items",
  "sent messages",
  "gesendet",
  "gesendete objekte",
  "envoyés",
  "messages envoyés",
  "enviados",
  "enviadas",
  "e-mails enviados",
  "posta inviata",
  "inviata",
  "inviati",
  "verzonden",
  "sendt",
  "sendte elementer",
  "skickat",
  "lähetetyt",
  "wysłane",
  "отправленные",
  "送信済み",
  "已发送邮件",
  "보낸편지함",
  "gönderilmiş",
]);

/** Labels of Gmail and of programs that keep theirs in the mail, as JSON; null when there are none. */
export function labelsOf(fields: readonly HeaderField[]): string | null {
  const labels = labelList(fields);
  return labels.length === 0 ? null : JSON.stringify(labels);
}

/**
 * Whether the owner sent this: by its label, or by the mailbox it lies in. Takeout writes its labels above everything the
 * sender wrote, and the first field counts.
 */
export function isOwn(fields: readonly HeaderField[], file: string): boolean {
  if (labelList(fields).some((label) => sent.has(label.toLowerCase()))) return true;
  const names = file.split("/").map((name) => name.replace(/\.(?:mbox|mbx|sbd)$/i, "").replace(/-\d+$/, ""));
  return names.some((name) => sent.has(name.toLowerCase().normalize()));
}

/** From Status and X-Status (mbox programs), X-Mozilla-Status (Thunderbird), labels (Gmail). Null when nothing says it. */
export function keywordsOf(fields: readonly HeaderField[]): string | null {
  const status = fieldOf(fields, "status");
  const more = fieldOf(fields, "x-status");
  const mozilla = fieldOf(fields, "x-mozilla-status");
  const labels = new Set(labelList(fields));
  if (status === undefined && more === undefined && mozilla === undefined && labels.size === 0) return null;
  const letters = `${status ?? ""}${more ?? ""}`;
  const bits = mozilla !== undefined && /^[0-9a-fA-F]{4}$/.test(mozilla) ? Number.parseInt(mozilla, 16) : 0;
  const says = status !== undefined || mozilla !== undefined;
  const keywords: string[] = [];
  // Gmail names what is not read.
  if (letters.includes("R") || (bits & 1) !== 0 || (!says && labels.size > 0 && !labels.has("Unread"))) {
    keywords.push("$seen");
  }
  if (letters.includes("A") || (bits & 2) !== 0) keywords.push("$answered");
  if (letters.includes("F") || (bits & 4) !== 0 || labels.has("Starred")) keywords.push("$flagged");
  if (letters.includes("T") || labels.has("Drafts")) keywords.push("$draft");
  return JSON.stringify(keywords);
}

/** Cut at commas outside of quotes. */
function labelList(fields: readonly HeaderField[]): readonly string[] {
  const written = fieldOf(fields, "x-gmail-labels") ?? fieldOf(fields, "x-keywords");
  if (written === undefined || written === "") return [];
  const labels: string[] = [];
  for (const found of decodeWords(written)
    .toWellFormed()
    .matchAll(/"([^"]*)"|[^,"]+/g)) {
    const label = (found[1] ?? found[0]).trim();
    if (label !== "") labels.push(label);
  }
  return labels;
}
