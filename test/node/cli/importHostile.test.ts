import { mkdir, rm } from "node:fs/promises";
import { expect } from "chai";
import { openArchive } from "../../../node/src/ingest/index.ts";
import { isPersonaError } from "../../../sdk/src/errors/index.ts";
import { importArchive, openCountingSpool } from "../../../sdk/src/ingest/index.ts";
import { type HostileExport, hostileExports } from "../../helpers/hostileExports.ts";
import { temporaryFolder } from "../ingest/temporaryFolder.ts";
import { expectRefusal, runPersona } from "./persona.ts";

const MiB = 2 ** 20;
const maxGrowth = 300 * MiB;
/** With room for a loaded machine: the slowest takes two or three. */
const maxSeconds = 20;
/** One of each kind goes through the command itself; a process for every one would take minutes. */
const throughTheCommand = [
  "nested.zip",
  "overlap.zip",
  "link.zip",
  "billion: a.gpx",
  "columns.csv",
  "string.json",
  "deep.json",
];

describe("hostile and broken files", function () {
  this.timeout(120_000);
  const folder = temporaryFolder();

  async function written({ name, write }: HostileExport): Promise<string> {
    const place = folder.path("case");
    await rm(place, { recursive: true, force: true });
    await mkdir(place);
    const path = `${place}/${name.slice(name.lastIndexOf(": ") + 1).trim()}`;
    await write(path);
    return path;
  }

  for (const each of hostileExports) {
    it(`${each.ends === "any" ? "behavior" : "error"}: ${each.name}, in seconds and ${maxGrowth / MiB} MiB`, async () => {
      const path = await written(each);
      const before = process.memoryUsage.rss();
      let peak = before;
      const timer = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage.rss());
      }, 5);
      const from = performance.now();
      const ended = await dryRun(path).finally(() => clearInterval(timer));
      const seconds = (performance.now() - from) / 1_000;
      if (each.ends === "any") expect(ended.code).not.to.equal("INTERNAL");
      else expect(ended.code).to.equal(each.ends);
      // No such day becomes another one, and no time is out of every engine's reach.
      for (const time of ended.times) {
        expect(time.toISOString()).to.match(/^\d{4}-/);
        expect(time.toISOString()).not.to.match(/^2024-03-01/);
      }
      expect(seconds).to.be.lessThan(maxSeconds);
      expect(Math.max(peak, process.memoryUsage.rss()) - before).to.be.lessThan(maxGrowth);
    });
  }

  for (const name of throughTheCommand) {
    it(`error: ${name} by the command: a code, no stack, exit 1`, async () => {
      const each = hostileExports.find((one) => one.name === name) ?? expect.fail(name);
      const path = await written(each);
      const result = await runPersona(["import", "--dry-run", path], folder.path("."));
      expectRefusal(result, each.ends);
    });
  }
});

type Ended = { readonly code: string; readonly times: readonly Date[] };

/** What `persona import --dry-run` does, in this process. */
async function dryRun(path: string): Promise<Ended> {
  try {
    const archive = await openArchive(path);
    try {
      const { segments } = await importArchive(archive, { openSpool: openCountingSpool });
      return { code: "read", times: segments.flatMap(({ from, to }) => [from, to]).filter((time) => time !== null) };
    } finally {
      await archive.close();
    }
  } catch (error) {
    if (!isPersonaError(error)) throw error;
    return { code: error.code, times: [] };
  }
}
