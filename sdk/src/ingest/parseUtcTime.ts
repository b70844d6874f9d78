import { utcInstant } from "./times.ts";

const pattern = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?: ?UTC|Z|[+ ]00:?00)?$/;

/**
 * `2024-04-16 09:08:07 UTC`, `2024-04-16T09:08:07.123Z`, `2024-04-16 09:08`: a time that its source documents as UTC. Null when it
 * is something else, or no time there is.
 */
export function parseUtcTime(text: string): Date | null {
  const parts = pattern.exec(text.trim());
  if (parts === null) return null;
  const [year, month, day, hour, minute, second = 0] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  if (year === undefined || month === undefined || day === undefined) return null;
  if (hour === undefined || minute === undefined) return null;
  const millisecond = Number((parts[7] ?? "").padEnd(3, "0").slice(0, 3));
  return utcInstant({ year, month, day, hour, minute, second, millisecond });
}
