import { csvText, listOf } from "./listOf.ts";

/** So many rows of Netflix's data request; every tenth is a trailer. */
export function viewingActivity(rows: number): string {
  const time = (index: number) =>
    new Date(Date.UTC(2024, 2, 14) - index * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
  return `\ufeff${csvText(
    [
      [
        "Profile Name",
        "Start Time",
        "Duration",
        "Attributes",
        "Title",
        "Supplemental Video Type",
        "Device Type",
        "Bookmark",
        "Latest Bookmark",
        "Country",
      ],
      ...listOf(rows, (index) => [
        index % 2 === 0 ? "Kari" : "Ola",
        time(index),
        "00:48:22",
        "",
        `Breaking Bad: Season 1: "Pilot" ${index}`,
        index % 10 === 9 ? "TRAILER" : "",
        "Samsung 2019 UHD TV (Tizen)",
        "00:48:22",
        "Not latest view",
        "NO (Norway)",
      ]),
    ],
    "\r\n",
  )}`;
}
