import { expect } from "chai";
import { PersonaError } from "../../../../sdk/src/errors/index.ts";
import { createKnownRecords, type RawRecord, xArchive } from "../../../../sdk/src/ingest/index.ts";
import {
  type HttpSession,
  type LiveCursor,
  type LiveItem,
  type LiveSource,
  runLiveSource,
} from "../../../../sdk/src/ingest/live/index.ts";
import { expectError } from "../expectError.ts";
import { idsOf, partsOf } from "./liveParts.ts";

const session: HttpSession = {
  request: async () => ({ status: 200, header: () => null, body: new Uint8Array() }),
  now: () => 0,
  wait: async () => {},
};

const like = (id: number, fullText = "text"): RawRecord => ({
  segment: "likes",
  value: { like: { tweetId: String(id), fullText } },
  file: "api",
  position: id,
});

/** A source that gives these items, or throws what is an error among them. */
function sourceOf(items: readonly (LiveItem | Error)[], seen: (LiveCursor | undefined)[] = []): LiveSource {
  return {
    id: "x",
    connector: "x-archive",
    segments: xArchive.segments,
    hosts: ["api.x.com"],
    scopes: [],
    async *fetch(_session, cursor) {
      seen.push(cursor);
      for (const item of items) {
        if (item instanceof Error) throw item;
        yield item;
      }
    },
  };
}

describe("runLiveSource", () => {
  it("default: records in the connector's segments, and the last cursor", async () => {
    const seen: (LiveCursor | undefined)[] = [];
    const run = await runLiveSource(sourceOf([like(1), { cursor: "a" }, like(2), { cursor: "b" }], seen), session, "0");
    expect(run.segments.map(({ name }) => name)).to.deep.equal(xArchive.segments.map(({ name }) => name));
    expect(await idsOf(run, "likes")).to.deep.equal(["1", "2"]);
    expect(run).to.include({ cursor: "b", stopped: undefined, connector: "x-archive" });
    expect(seen).to.deep.equal(["0"]);
  });

  it("behavior: a service that interrupts leaves what was complete, and why", async () => {
    const limited = new PersonaError("RATE_LIMITED", "slow down");
    const run = await runLiveSource(sourceOf([like(1), { cursor: "a" }, like(2), limited]), session, undefined);
    expect(run.cursor).to.equal("a");
    expect(run.stopped).to.equal(limited);
    expect(await idsOf(run, "likes")).to.deep.equal(["1", "2"]);
  });

  it("error: before the first cursor, or for good, it is thrown", async () => {
    const limited = new PersonaError("RATE_LIMITED", "slow down");
    await expectError("RATE_LIMITED", () => runLiveSource(sourceOf([like(1), limited]), session, undefined));
    const broken = new PersonaError("EXPORT_INVALID", "not what is documented");
    const marked = sourceOf([like(1), { cursor: "a" }, broken]);
    await expectError("EXPORT_INVALID", () => runLiveSource(marked, session, undefined));
    const foreign = { segment: "posts, likes", deletion: "1" };
    await expectError("INTERNAL", () => runLiveSource(sourceOf([foreign]), session, undefined));
  });

  it("behavior: what the dataset has is left out, but for what was changed", async () => {
    const known = createKnownRecords();
    const first = await runLiveSource(sourceOf([like(1), like(2), { cursor: "a" }]), session, undefined);
    for (const part of await partsOf(first)) await known.add(part);
    const changes = [like(1, "again"), { segment: "likes", deletion: "2" }, like(2, "changed"), like(3)];
    const second = await runLiveSource(sourceOf(changes), session, "a", { known });
    expect(await idsOf(second, "likes")).to.deep.equal(["2", "3"]);
    expect(second.deletions).to.deep.equal([{ segment: "likes", keys: ["2"] }]);
  });

  it("behavior: keys of deletions are as the dataset stores them", async () => {
    const thirdParties = { policy: "pseudonymise", key: new Uint8Array(32).fill(7) } as const;
    const follower = { segment: "followers", value: { follow: { accountId: "8" } }, file: "api", position: 0 };
    const first = await runLiveSource(sourceOf([follower]), session, undefined, { thirdParties });
    const [stored] = await idsOf(first, "followers");
    expect(stored).to.match(/^person-/);
    const gone = sourceOf([{ segment: "followers", deletion: "8" }]);
    const second = await runLiveSource(gone, session, undefined, { thirdParties });
    expect(second.deletions).to.deep.equal([{ segment: "followers", keys: [stored] }]);
  });
});
