import { discordPackage } from "../../../scripts/exports/discord.ts";
import { slackExport } from "../../../scripts/exports/slack.ts";
import { telegramChat } from "../../../scripts/exports/telegram.ts";
import { discord } from "../../../sdk/src/ingest/discord/discord.ts";
import { slack } from "../../../sdk/src/ingest/slack/slack.ts";
import { telegram } from "../../../sdk/src/ingest/telegram/telegram.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzzing of chat archives", function () {
  // As long as so many mutations take.
  this.timeout(0);
  it("telegram", async () => {
    const one = JSON.parse(telegramChat({ messages: 2 }));
    one.messages[1] = {
      ...one.messages[1],
      photo: "p.jpg",
      reactions: [{ emoji: "❤", count: 1 }],
      edited: "2018-02-03T00:00:00",
      reply_to_message_id: 1,
    };
    const all = { personal_information: { user_id: 100 }, contacts: { list: [{}] }, chats: { list: [one] } };
    await fuzzConnector(telegram, { "result.json": JSON.stringify(all) });
  });

  it("discord", async () => {
    const csv =
      'ID,Timestamp,Contents,Attachments\n900100200300400500,2021-03-01 12:00:00.123000+00:00,"a\nb",https://a\n';
    await fuzzConnector(discord, {
      ...discordPackage({ channels: 1, messages: 2 }),
      "package/Messages/c123456789012345678/messages.csv": csv,
    });
  });

  it("slack", async () => {
    await fuzzConnector(slack, slackExport({ days: 1, messages: 2 }));
  });
});
