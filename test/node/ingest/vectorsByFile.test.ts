import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../../node/src/dev/repositoryRoot.ts";
import { openArchive } from "../../../node/src/ingest/index.ts";
import { isPersonaError } from "../../../sdk/src/errors/index.ts";
import { importArchive, openCountingSpool } from "../../../sdk/src/ingest/index.ts";
import { vectorRows } from "./vectorRows.ts";

/** Samples of real formats that live beside the repository and are never copied into it. */
const root = join(repositoryRoot, "../shared/vectors/exports");

describe("samples, each by itself, as the command reads them", () => {
  if (!existsSync(root)) {
    it.skip(`${vectorRows.length} samples (skipped: ../shared/vectors/exports is not there)`, () => {});
    return;
  }
  for (const row of vectorRows) {
    const path = row.slice(0, row.indexOf(" | "));
    it(path, async () => expect(await rowOf(path)).to.equal(row));
  }
});

async function rowOf(path: string): Promise<string> {
  const archive = await openArchive(join(root, path));
  try {
    const { connector, segments } = await importArchive(archive, { openSpool: openCountingSpool });
    const filled = segments.filter(({ records }) => records > 0);
    return [
      path,
      connector,
      ...filled.map(
        ({ name, records, from, to }) =>
          `${name}=${records}${from === null ? "" : ` ${shortTime(from)}…${shortTime(to)}`}`,
      ),
    ].join(" | ");
  } catch (error) {
    if (isPersonaError(error)) return `${path} | ${error.code}`;
    throw error;
  } finally {
    await archive.close();
  }
}

function shortTime(time: Date | null): string {
  return time?.toISOString().replace(".000Z", "Z").replace("T00:00:00Z", "") ?? "";
}
