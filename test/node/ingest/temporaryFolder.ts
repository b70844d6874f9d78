import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is gone after the describe block it is made in. */
export function temporaryFolder(): {
  path(name: string): string;
  write(name: string, data: string | Uint8Array): Promise<string>;
} {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "persona-ingest-"));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const path = (name: string): string => join(folder, name);
  return {
    path,
    async write(name, data) {
      await writeFile(path(name), data);
      return path(name);
    },
  };
}
