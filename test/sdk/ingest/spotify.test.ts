import { expect } from "chai";
import { basicHistory, extendedHistory } from "../../../scripts/exports/spotify.ts";
import { expectError } from "./expectError.ts";
import { rowsOf, summaryOf } from "./exportSamples.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const extended = (...rows: object[]) => memoryArchive({ "Streaming_History_Audio_2024_0.json": JSON.stringify(rows) });
const row = {
  ts: "2024-01-01T00:00:10Z",
  ms_played: 1000,
  master_metadata_track_name: "Hoppípolla",
  master_metadata_album_artist_name: "Sigur Rós",
  spotify_track_uri: "spotify:track:1",
};

describe("spotify", () => {
  it("default", async () => {
    expect(await summaryOf(memoryArchive({ "endsong_0.json": extendedHistory(10) }))).to.deep.equal({
      connector: "spotify",
      segments: { listens: [10, "2024-01-01T00:00:00.000Z", "2024-01-01T00:36:09.000Z"] },
      remarks: [],
    });
    const rows = await rowsOf(memoryArchive({ "endsong_0.json": extendedHistory(5) }), "listens");
    expect(rows[1]).to.include({
      ended: "2024-01-01 00:04:01",
      duration_ms: 200001n,
      kind: "track",
      title: "Hoppípolla 1",
      artist: "Sigur Rós",
      album: "Takk...",
      is_skipped: true,
      is_shuffled: false,
    });
    expect(rows[4]).to.include({ kind: "episode", title: "Tides 4", album: "The sea", artist: null, is_skipped: null });
  });

  it("behavior: a listen that both histories have is one", async () => {
    const input = memoryArchive({
      "b/StreamingHistory_music_0.json": basicHistory(4),
      "a/Streaming_History_Audio_2024_0.json": extendedHistory(4),
    });
    const { segments, remarks } = await summaryOf(input);
    expect(segments["listens"]?.[0]).to.equal(4);
    expect(remarks).to.deep.equal(["skipped repeats an id of the same segment 4"]);
    expect((await rowsOf(input, "listens"))[0]).to.include({ platform: "Android OS 14" });
  });

  it("behavior: a repeated row is another listen only where there was time for it", async () => {
    const count = async (...rows: object[]) => (await summaryOf(extended(...rows))).segments["listens"]?.[0];
    expect(await count({ ...row, ms_played: 0 }, { ...row, ms_played: 0 })).to.equal(2);
    expect(await count(row, row)).to.equal(1);
    expect(await count(row, { ...row, ts: "2024-01-01T00:00:11Z" })).to.equal(2);
    expect((await summaryOf(extended(row, row))).remarks).to.deep.equal([
      "skipped repeats a listen of the same file 1",
    ]);
  });

  it("behavior: audiobooks, rows without anything heard, flags of older rows, the address stays with the owner", async () => {
    const input = extended(
      {
        ts: row.ts,
        ms_played: 5,
        audiobook_title: "Sult",
        audiobook_chapter_title: "I",
        audiobook_uri: "spotify:show:1",
      },
      { ts: "275760-09-13T00:00:00Z", ms_played: "5", skipped: "", shuffle: 1, ip_addr: "10.0.0.1" },
      { ...row, ms_played: 2 ** 60 },
    );
    const [book, nothing, long] = await rowsOf(input, "listens");
    expect(book).to.include({ kind: "audiobook", title: "I", album: "Sult" });
    expect(nothing).to.include({ kind: null, ended: null, duration_ms: null, is_shuffled: true, is_skipped: null });
    expect(long).to.include({ duration_ms: null });
    const extra = (await rowsOf(input, "extra")).map(({ fields }) => JSON.parse(String(fields)));
    expect(extra[0]).to.deep.equal({ audiobook_uri: "spotify:show:1" });
    expect(extra[1]).to.deep.include({ ms_played: "5", skipped: "", ip_addr: "10.0.0.1" });
  });

  it("behavior: podcasts of the basic history, known by content when renamed", async () => {
    const rows = [{ endTime: "2024-01-01 10:00", podcastName: "The sea", episodeName: "Tides", msPlayed: 1 }, 7];
    const input = memoryArchive({ "history.txt": JSON.stringify(rows) });
    const { connector, remarks } = await summaryOf(input);
    expect([connector, remarks]).to.deep.equal(["spotify", ["skipped is no object 1"]]);
    expect(await rowsOf(input, "listens")).to.have.length(1);
  });

  it("error: cut off", async () => {
    const text = basicHistory(3);
    await expectError("EXPORT_INVALID", () =>
      summaryOf(memoryArchive({ "StreamingHistory0.json": text.slice(0, text.length / 2) })),
    );
  });

  withSample("spotify/synthetic/StreamingHistory_music_0.json", "behavior: the shared sample", async (input) => {
    expect(await summaryOf(input)).to.deep.equal({
      connector: "spotify",
      segments: { listens: [3, "2024-12-31T23:59:00.000Z", "2025-01-01T00:03:00.000Z"] },
      remarks: [],
    });
    expect((await rowsOf(input, "listens"))[0]).to.include({ artist: "Sigur Rós", title: "Hoppípolla" });
  });
});
