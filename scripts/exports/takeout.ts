/** YouTube's watch history of any size, as JSON. */
export function watchHistory({ records }: { readonly records: number }): string {
  const list = Array.from({ length: records }, (_, index) => ({
    header: "YouTube",
    title: `Watched Video ${index} – 50 % off`,
    titleUrl: `https://www.youtube.com/watch?v\u003dA${index}`,
    subtitles: [{ name: "Havn", url: "https://www.youtube.com/channel/UCzzzz" }],
    time: new Date(1_700_000_000_000 - index * 61_000).toISOString(),
    products: ["YouTube"],
    activityControls: ["YouTube watch history"],
  }));
  return JSON.stringify(list, null, 2);
}

/** An entry of HTML, as Takeout writes it. */
export function htmlEntry({
  what,
  lines = [],
  date,
}: {
  readonly what: string;
  readonly lines?: readonly string[];
  readonly date: string;
}): string {
  const cell = "content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1";
  return (
    '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">' +
    '<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">YouTube<br></p></div>' +
    `<div class="${cell}">${[what, ...lines, date].join("<br>")}<br></div>` +
    `<div class="${cell} mdl-typography--text-right"></div>` +
    '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption"><b>Products:</b><br>&emsp;YouTube<br></div></div></div>'
  );
}

/** YouTube's watch history of any size, as HTML, with the styles that fill its beginning. */
export function watchHtml({ records }: { readonly records: number }): string {
  const entries = Array.from({ length: records }, (_, index) =>
    htmlEntry({
      what: `Watched\u00a0<a href="https://www.youtube.com/watch?v=A${index}">Rope &amp; splicing ${index}</a>`,
      lines: ['<a href="https://www.youtube.com/channel/UCzzzz">Havn</a>'],
      date: `Feb ${(index % 28) + 1}, 2025, 11:${String(index % 60).padStart(2, "0")}:00\u202fAM CET`,
    }),
  );
  const style = `<style>${".mdl-grid{display:flex}".repeat(300)}</style>`;
  return `<html><head><title>My Activity History</title>${style}</head><body><div class="mdl-grid">${entries.join("")}</div></body></html>`;
}

/** Places of any number, as Records.json. */
export function locationRecords({ records }: { readonly records: number }): string {
  const locations = Array.from({ length: records }, (_, index) => ({
    latitudeE7: 599_110_000 + index * 10,
    longitudeE7: 107_500_000 - index * 10,
    accuracy: 12,
    source: "WIFI",
    deviceTag: 123_456_789,
    timestamp: new Date(1_700_000_000_123 + index * 61_000).toISOString(),
  }));
  return JSON.stringify({ locations }, null, 2);
}

/** Pages of any number, as Chrome's History.json. */
export function chromeHistory({ records }: { readonly records: number }): string {
  const list = Array.from({ length: records }, (_, index) => ({
    page_transition: "LINK",
    title: `Tide tables – ${index}`,
    url: `https://example.org/tides?d=${index}`,
    client_id: "abc==",
    time_usec: 1_700_000_000_123_000 + index * 1_000_000,
  }));
  return JSON.stringify({ "Browser History": list }, null, 3);
}
