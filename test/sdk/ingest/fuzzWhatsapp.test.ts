import { signalChat } from "../../../scripts/exports/signal.ts";
import { signal } from "../../../sdk/src/ingest/signal/signal.ts";
import { whatsapp } from "../../../sdk/src/ingest/whatsapp/whatsapp.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

describe("fuzzing of text chats", function () {
  // As long as so many mutations take.
  this.timeout(0);
  it("whatsapp", async () => {
    await fuzzConnector(whatsapp, {
      "WhatsApp Chat with Kari.txt": [
        "30/12/2021, 11:25 a. m. - Messages are end-to-end encrypted.",
        "30/12/2021, 11:25 a. m. - Kari 🤓: Hei: du",
        "og du",
        "31/12/2021, 1:05\u202fPM - Ola: <Media omitted>",
        "[31/12/2021, 下午1:05:10] ~\u202f+47 99: \u200e<attached: 00000012-PHOTO.jpg>",
        "31/12/2021, 23:59 - Ola: IMG-1.jpg (file attached)",
      ].join("\n"),
    });
  });

  it("signal", async () => {
    await fuzzConnector(signal, {
      "Kari/chat.md": `${signalChat({ messages: 4, other: "Kari" })}[2022-10-14 16:26:41] K: ![a](./media/a.jpg)\n`,
    });
  });
});
