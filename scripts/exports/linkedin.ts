import { csvText, listOf } from "./listOf.ts";

const notes = 'Notes:\n"When exporting your connection data, you may notice, that some are missing."\n\n';

/** LinkedIn's archive with so many connections and twice as many messages. */
export function linkedinExport(connections: number): Record<string, string> {
  return {
    "Profile.csv": csvText([
      ["First Name", "Last Name", "Maiden Name", "Headline", "Summary"],
      ["Kari", "Nordmann", "", "Skipper", ""],
    ]),
    "Connections.csv":
      notes +
      csvText([
        ["First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"],
        ...listOf(connections, (index) => [
          "Ola",
          `Nordmann ${index}`,
          `https://www.linkedin.com/in/ola-${index}`,
          index % 2 === 0 ? "" : `ola${index}@example.org`,
          "Tau, Rep & Co",
          'Head of "Berths"',
          "05 Jan 2024",
        ]),
      ]),
    "messages.csv": csvText([
      [
        "CONVERSATION ID",
        "CONVERSATION TITLE",
        "FROM",
        "SENDER PROFILE URL",
        "TO",
        "RECIPIENT PROFILE URLS",
        "DATE",
        "SUBJECT",
        "CONTENT",
        "FOLDER",
        "ATTACHMENTS",
      ],
      ...listOf(2 * connections, (index) => {
        const kari = ["Kari Nordmann", "https://www.linkedin.com/in/kari"];
        const ola = [`Ola Nordmann ${index >> 1}`, `https://www.linkedin.com/in/ola-${index >> 1}`];
        const people = index % 2 === 0 ? [...kari, ...ola] : [...ola, ...kari];
        const time = new Date(Date.UTC(2024, 0, 1, 0, 0, index)).toISOString().slice(0, 19).replace("T", " ");
        return [`2-${index >> 1}==`, "", ...people, `${time} UTC`, "", `Hei, "du"\n${index}`, "INBOX", ""];
      }),
    ]),
    "Positions.csv": csvText([
      ["Company Name", "Title", "Description", "Location", "Started On", "Finished On"],
      ["Havnekontoret", "Skipper", "Boats.\nRopes.", "Oslo", "Jan 2020", ""],
      ["Tau, Rep & Co", "Apprentice", "", "", "2015", "Dec 2019"],
    ]),
  };
}
