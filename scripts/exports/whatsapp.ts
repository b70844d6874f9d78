/** A WhatsApp chat of any size, as an iPhone writes it. */
export function whatsappChat({ messages }: { readonly messages: number }): string {
  const lines: string[] = [];
  for (let index = 0; index < messages; index++) {
    const time = new Date(Date.UTC(2019, 0, 1) + index * 47_000).toISOString();
    const [year, month, day] = time.slice(0, 10).split("-");
    const sender = ["Kari Nordmann", "Ola", "+47 99 99 99 99"][index % 3];
    const text = index % 7 === 0 ? "Fjord: is\nand wind 🌊" : `message ${index} of many, with some more words in it`;
    lines.push(`[${day}.${month}.${year}, ${time.slice(11, 19)}] ${sender}: ${text}`);
  }
  return `${lines.join("\r\n")}\r\n`;
}
