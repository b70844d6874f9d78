/** A Signal chat of any size, as the exporters for Signal Desktop write it. */
export function signalChat({ messages, other }: { readonly messages: number; readonly other: string }): string {
  let text = "";
  for (let index = 0; index < messages; index++) {
    const time = new Date(Date.UTC(2019, 0, 1) + index * 47_000).toISOString();
    text += `[${time.slice(0, 10)}, ${time.slice(11, 16)}] ${index % 2 === 0 ? "Me" : other}: message ${index}\nwith: a second line\n\n`;
  }
  return text;
}
