import { expect } from "chai";
import { createKnownRecords, importArchive, writeParquet } from "../../../sdk/src/ingest/index.ts";
import { extraSchema } from "../../../sdk/src/ingest/schemas/index.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";

const key = new Uint8Array(32).fill(7);
type Options = NonNullable<Parameters<typeof importArchive>[1]>;

function archive(posts: readonly number[], followers: readonly number[]) {
  const js = (part: string, records: readonly object[]) => `window.YTD.${part}.part0 = ${JSON.stringify(records)}`;
  return memoryArchive({
    "data/account.js": js("account", [{ account: { username: "kari", accountId: "1" } }]),
    "data/tweets.js": js(
      "tweets",
      posts.map((id) => ({ tweet: { id_str: String(id), full_text: `post ${id}`, unheard: id } })),
    ),
    "data/follower.js": js(
      "follower",
      followers.map((id) => ({ follower: { accountId: String(id) } })),
    ),
  });
}

async function bytesOf({ content }: { content: { read(): AsyncIterable<Uint8Array> } }): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content.read()) pieces.push(piece.slice());
  return Uint8Array.from(Buffer.concat(pieces));
}

describe("createKnownRecords", () => {
  for (const policy of ["keep", "omit", "pseudonymise"] as const) {
    it(`default: an import again finds nothing new, a newer one what is, others ${policy}`, async () => {
      const thirdParties: Options["thirdParties"] = policy === "pseudonymise" ? { policy, key } : { policy };
      const known = createKnownRecords();
      const first = await importArchive(archive([1, 2, 3], [8, 9]), { thirdParties });
      const counts = ({ segments, ownerOnly }: typeof first) =>
        [...segments, ...ownerOnly].filter(({ records }) => records > 0).map(({ name, records }) => [name, records]);
      for (const segment of [...first.segments, ...first.ownerOnly]) {
        await known.add({ ...segment, bytes: await bytesOf(segment) });
      }
      expect(counts(await importArchive(archive([1, 2, 3], [8, 9]), { thirdParties, known }))).to.deep.equal([]);
      expect(counts(await importArchive(archive([2, 3, 4], [8, 9, 10]), { thirdParties, known }))).to.deep.equal(
        policy === "keep"
          ? [
              ["posts", 1],
              ["followers", 1],
              ["extra", 1],
            ]
          : policy === "omit"
            ? [
                ["posts", 1],
                ["extra", 1],
              ]
            : [
                ["posts", 1],
                ["followers", 1],
                ["extra", 1],
                ["people", 1],
              ],
      );
      expect(known.counts()).to.deep.include({ segment: "posts", held: 3, found: 5 });
    });
  }

  it("behavior: fields that became no record are known by themselves", async () => {
    const known = createKnownRecords();
    const { bytes } = await writeParquet(extraSchema, [{ segment: "samples", id: null, fields: '{"Me":{"a":"1"}}' }]);
    await known.add({ name: "extra", schema: extraSchema.id, bytes });
    const xml = (me: string) =>
      memoryArchive({ "apple_health_export/export.xml": `<HealthData><Me a="${me}"/></HealthData>` });
    const extras = async (me: string) => (await importArchive(xml(me), { known })).ownerOnly[0]?.records;
    expect(await extras("1")).to.equal(0);
    expect(await extras("2")).to.equal(1);
  });

  it("error: a schema that is not known, and bytes that are no segment", async () => {
    const known = createKnownRecords();
    const { bytes } = await writeParquet(extraSchema, []);
    await expectError("CONFIG_INVALID", () => known.add({ name: "posts", schema: "persona:post@99", bytes }));
    await expectError("EXPORT_INVALID", () => known.add({ name: "people", schema: "persona:person@1", bytes }));
  });
});
