import { createKnownRecords, importArchive } from "@persona-protocol/sdk/ingest";
import {
  type LiveCursor,
  type LiveRun,
  type LiveSource,
  liveSources,
  runLiveSource,
} from "@persona-protocol/sdk/ingest/live";
import { expect } from "chai";
import { type HttpService, startHttpService } from "../../helpers/httpService.ts";
import { idsOf, partsOf } from "../../sdk/ingest/live/liveParts.ts";
import { memoryArchive } from "../../sdk/ingest/memoryArchive.ts";

/** The services of all live sources, for the describe block that it is made in, and what a person's export and account have in common there. */
export function accountScene() {
  let service: HttpService;

  before(async () => {
    service = await startHttpService([...new Set(liveSources.flatMap(({ hosts }) => hosts))], () => ({ status: 404 }));
  });
  after(() => service.stop());

  const sourceOf = (id: string): LiveSource => {
    const source = liveSources.find((each) => each.id === id);
    if (source === undefined) throw new Error(`no source ${id}`);
    return source;
  };

  /** What the account brings beside what the archive has, by segment. */
  async function merged(id: string, files: Readonly<Record<string, string>>) {
    const archive = await importArchive(memoryArchive(files));
    const known = createKnownRecords();
    for (const part of await partsOf(archive)) await known.add(part);
    const source = sourceOf(id);
    expect(archive.connector).to.equal(source.connector);
    const live = await runLiveSource(source, service.session(source), undefined, { known });
    expect(live.segments.map(({ name, schema }) => [name, schema])).to.deep.equal(
      archive.segments.map(({ name, schema }) => [name, schema]),
    );
    return { archive, live };
  }

  async function next(id: string, cursor: LiveCursor | undefined): Promise<LiveRun> {
    const source = sourceOf(id);
    return runLiveSource(source, service.session(source), cursor);
  }

  async function newIds(run: LiveRun): Promise<Record<string, string[]>> {
    const all = await Promise.all(
      run.segments.map(async ({ name, records }) => [name, records === 0 ? [] : await idsOf(run, name)] as const),
    );
    return Object.fromEntries(all.filter(([, ids]) => ids.length > 0));
  }

  const deletionsOf = (run: LiveRun) =>
    Object.fromEntries(run.deletions.map(({ segment, keys }) => [segment, [...keys].sort()]));

  return {
    get service(): HttpService {
      return service;
    },
    ...{ merged, next, newIds, deletionsOf },
  };
}
