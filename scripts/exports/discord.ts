/** A Discord package of any size: `channels` direct messages with so many messages each. */
export function discordPackage({ channels, messages }: { readonly channels: number; readonly messages: number }) {
  const files: Record<string, string> = { "package/Account/user.json": JSON.stringify({ id: "1", username: "kari" }) };
  const index: Record<string, string> = {};
  for (let number = 0; number < channels; number++) {
    const id = String(1_234_567_890_123_456_000n + BigInt(number));
    index[id] = `Direct Message with pal${number}#1234`;
    const folder = `package/Messages/c${id}`;
    files[`${folder}/channel.json`] = JSON.stringify({ id, type: "DM", recipients: ["1", String(number + 2)] });
    const list = Array.from({ length: messages }, (_, at) => {
      const time = new Date(1_700_000_000_000 + at * 61_000).toISOString();
      const text = { Timestamp: time.slice(0, 19).replace("T", " "), Contents: `message ${at}`, Attachments: "" };
      return `{"ID": ${900_100_200_300_400_500n + BigInt(number * messages + at)}, ${JSON.stringify(text).slice(1)}`;
    });
    files[`${folder}/messages.json`] = `[${list.join(",")}]`;
  }
  return { ...files, "package/Messages/index.json": JSON.stringify(index) };
}
