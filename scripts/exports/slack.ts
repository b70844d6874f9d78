/** A Slack workspace's export of any size: one channel, `days` files. */
export function slackExport({ days, messages }: { readonly days: number; readonly messages: number }) {
  const files: Record<string, string> = {
    "channels.json": JSON.stringify([{ id: "C01", name: "general", creator: "U01", members: ["U01", "U02"] }]),
    "users.json": JSON.stringify([
      { id: "U01", team_id: "T01", name: "kari", real_name: "Kari Nordmann", profile: { email: "kari@example.org" } },
      { id: "U02", team_id: "T01", name: "ola", profile: { real_name: "Ola" } },
    ]),
  };
  for (let day = 0; day < days; day++) {
    const from = 1_705_312_800 + day * 86_400;
    const list = Array.from({ length: messages }, (_, at) => ({
      type: "message",
      user: at % 2 === 0 ? "U01" : "U02",
      text: `Fish &amp; chips ${at} <@U02>`,
      ts: `${from + at}.000100`,
    }));
    files[`general/${new Date(from * 1000).toISOString().slice(0, 10)}.json`] = JSON.stringify(list, null, 4);
  }
  return files;
}
