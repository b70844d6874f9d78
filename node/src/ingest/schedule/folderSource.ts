import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { isAbsolute } from "node:path";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { importArchive } from "@persona-protocol/sdk/ingest";
import { fileOrigin } from "@persona-protocol/sdk/storage";
import { createDiskSpools, openArchive } from "../index.ts";
import type { ReadSource } from "./readSource.ts";

/**
 * An export that lies in a folder or a file, and that somebody, or a program, replaces now and then: read whole each time. Its cursor is a digest
 * of what it held, by segment, so that what has not changed is not published again. `settings.path` names it, `settings.connector` who reads it.
 */
export const readFolder: ReadSource = async ({ source, segments, signal }) => {
  const { path, connector } = source.settings;
  if (path === undefined || !isAbsolute(path))
    throw new PersonaError("CONFIG_INVALID", "A source of the kind folder needs settings.path, absolute.");
  const archive = await openArchive(path, { signal });
  try {
    // The owner's secret that makes pseudonyms is not here: other people are left out, unless the owner says otherwise.
    const policy = source.settings["thirdParties"] === "keep" ? "keep" : "omit";
    const imported = await importArchive(archive, {
      ...{ connector, signal, openSpool: createDiskSpools(tmpdir()) },
      thirdParties: { policy },
    });
    const all = [...imported.segments, ...imported.ownerOnly];
    const discard = async () => {
      for (const { content } of all) await content.discard();
    };
    try {
      const before = cursorOf(source.cursor);
      const after: Record<string, string> = { ...before };
      const changed = [];
      for (const { content, name, schema, records, from, to } of all) {
        const target = segments.find((segment) => segment.name === name && segment.schema === schema);
        if (target === undefined || records === 0) continue;
        const hash = createHash("sha256");
        for await (const piece of content.read()) hash.update(piece);
        const digest = hash.digest("hex");
        after[target.index] = digest;
        if (before[target.index] === digest) continue;
        changed.push({ index: target.index, records, from, to, bytes: content, origin: fileOrigin() });
      }
      return { segments: changed, cursor: JSON.stringify(after), discard };
    } catch (error) {
      await discard();
      throw error;
    }
  } finally {
    await archive.close();
  }
};

function cursorOf(text: string | undefined): Record<string, string> {
  // Our own words, out of the journal.
  return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
}
