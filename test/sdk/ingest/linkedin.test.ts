import { expect } from "chai";
import { linkedinExport } from "../../../scripts/exports/linkedin.ts";
import { parseLinkedinDay } from "../../../sdk/src/ingest/linkedin/parseLinkedinDay.ts";
import { expectError } from "./expectError.ts";
import { rowsOf, summaryOf } from "./exportSamples.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const header = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n";

describe("linkedin", () => {
  it("default", async () => {
    expect(await summaryOf(memoryArchive(linkedinExport(3)))).to.deep.equal({
      connector: "linkedin",
      segments: {
        connections: [3, "2024-01-05T00:00:00.000Z", "2024-01-05T00:00:00.000Z"],
        messages: [6, "2024-01-01T00:00:00.000Z", "2024-01-01T00:00:05.000Z"],
        positions: [2, "2015-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"],
      },
      remarks: [],
    });
    const [position, earlier] = await rowsOf(memoryArchive(linkedinExport(1)), "positions");
    expect(position).to.include({
      title: "Skipper",
      description: "Boats.\nRopes.",
      started_precision: "month",
      ended: null,
    });
    expect(earlier).to.include({ started: "2015-01-01", started_precision: "year", ended: "2019-12-01" });
  });

  it("behavior: the owner is who takes part in every message, or sends under the profile's name", async () => {
    const own = async (files: Record<string, string>) =>
      (await rowsOf(memoryArchive(files), "messages")).map(({ is_own }) => is_own);
    expect(await own(linkedinExport(2))).to.deep.equal([true, false, true, false]);
    expect(await own(linkedinExport(1))).to.deep.equal([true, false]);
    const { "Profile.csv": _, ...withoutProfile } = linkedinExport(1);
    expect(await own(withoutProfile)).to.deep.equal([false, false]);
    expect((await summaryOf(memoryArchive(withoutProfile))).remarks).to.deep.equal([
      "changed does not tell the owner's messages from others' 2",
    ]);
  });

  it("behavior: columns in any order, notes before them, empty rows, entries without a name", async () => {
    const input = memoryArchive({
      "Connections.csv": `Notes:\nan unquoted line, with a comma\n\nConnected On,URL,Last Name,First Name\r\n05 Jan 2024,u1,N,O\r\n,,,\r\n06 Jan 2024,,,\r\n06 Jan 2024,,,\r\n05 Jan 2024,u1,N,O\r\n`,
    });
    const { segments, remarks } = await summaryOf(input);
    expect(segments["connections"]).to.deep.equal([3, "2024-01-05T00:00:00.000Z", "2024-01-06T00:00:00.000Z"]);
    expect(remarks).to.deep.equal(["skipped repeats an id of the same segment 1"]);
  });

  it("behavior: others are pseudonyms, the owner's own texts stay", async () => {
    const rows = await rowsOf(memoryArchive(linkedinExport(2)), "connections", {
      thirdParties: { policy: "pseudonymise", key: new Uint8Array(32) },
    });
    for (const name of ["id", "given_name", "surname", "url"])
      expect(rows[0]?.[name]).to.match(/^person-[0-9a-f]{20}$/);
    const omitted = await rowsOf(memoryArchive(linkedinExport(2)), "messages", { thirdParties: { policy: "omit" } });
    expect(omitted.map(({ content }) => content)).to.deep.equal(['Hei, "du"\n0', null, 'Hei, "du"\n2', null]);
  });

  it("behavior: days, months and years", () => {
    expect(parseLinkedinDay("29 Feb 2020")).to.deep.equal({ day: "2020-02-29", precision: "day" });
    expect(parseLinkedinDay("Sept 2020")).to.deep.equal({ day: "2020-09-01", precision: "month" });
    expect(parseLinkedinDay("2020")).to.deep.equal({ day: "2020-01-01", precision: "year" });
    expect(parseLinkedinDay("Jan 5, 2024")).to.deep.equal({ day: "2024-01-05", precision: "day" });
    expect(parseLinkedinDay("1/5/18, 3:44 PM")).to.deep.equal({ day: "2018-01-05", precision: "day" });
    for (const none of ["30 Feb 2020", "Foo 2020", "05.01.2024", "", "275760", "1/5/18"])
      expect(parseLinkedinDay(none), none).to.equal(null);
  });

  it("error: no header", async () => {
    await expectError("EXPORT_INVALID", () => summaryOf(memoryArchive({ "Connections.csv": "Notes:\n" })));
    await expectError("EXPORT_INVALID", () => summaryOf(memoryArchive({ "Connections.csv": `${header}"Ola` })));
  });

  withSample("linkedin/synthetic/Connections.csv", "behavior: the shared sample", async (input) => {
    expect(await summaryOf(input)).to.deep.equal({
      connector: "linkedin",
      segments: {
        connections: [3, "2018-11-14T00:00:00.000Z", "2024-01-05T00:00:00.000Z"],
        messages: [0, null, null],
        positions: [0, null, null],
      },
      remarks: [],
    });
    const [ola, aase, nobody] = await rowsOf(input, "connections");
    expect(ola).to.include({
      given_name: "Ola",
      surname: "Nordmann",
      url: "https://www.linkedin.com/in/ola-nordmann-example",
      organization: "Tau, Rep & Co",
    });
    expect(aase).to.include({ surname: "Østby, PhD", email: null, title: 'Head of "Berths"', connected: "2020-02-29" });
    expect(nobody).to.include({ given_name: null, connected: "2018-11-14" });
  });

  withSample("linkedin/labeldekho/Connections.csv", "behavior: another order of columns", async (input) => {
    const { segments, remarks } = await summaryOf(input);
    expect(segments["connections"]).to.deep.equal([10, "2023-01-15T00:00:00.000Z", "2024-03-25T00:00:00.000Z"]);
    expect(remarks).to.deep.equal([]);
    expect((await rowsOf(input, "connections"))[0]).to.include({
      given_name: "Alice",
      surname: "Johnson",
      email: "alice.johnson@techcorp.com",
    });
  });
});
