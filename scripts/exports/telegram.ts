/** Telegram's export of one chat, of any size. */
export function telegramChat({ messages }: { readonly messages: number }): string {
  const list = Array.from({ length: messages }, (_, index) => {
    const time = 1_544_006_350 + index * 31;
    const who = index % 2;
    return {
      id: index + 1,
      type: "message",
      date: new Date(time * 1000).toISOString().slice(0, 19),
      date_unixtime: String(time),
      from: ["Kari Nordmann", "Ola"][who],
      from_id: ["user100", "user200"][who],
      text: index % 5 === 0 ? ["See ", { type: "link", text: "https://example.org" }, " 🌊"] : `message ${index}`,
      text_entities: [],
    };
  });
  return JSON.stringify({ name: "Ola", type: "personal_chat", id: 200, messages: list }, null, 1);
}
