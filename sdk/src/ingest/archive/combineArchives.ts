import { PersonaError } from "../../errors/index.ts";
import type { OpenArchive } from "./archiveLimits.ts";

/**
 * Several files as one export: services cut large archives into parts. A path that several of them have stays the first one's;
 * the others' begin with the number of their part.
 */
export function combineArchives(archives: readonly OpenArchive[]): OpenArchive {
  const places = new Map<string, { readonly archive: OpenArchive; readonly path: string }>();
  const entries = archives.flatMap((archive, index) =>
    archive.entries().map(({ path, size }) => {
      let name = path;
      for (let part = index + 1; places.has(name); part++) name = `part-${part}/${path}`;
      places.set(name, { archive, path });
      return { path: name, size };
    }),
  );
  return {
    entries: () => entries,
    read(path, options) {
      const place = places.get(path);
      if (place === undefined) throw new PersonaError("INTERNAL", "Asked an archive for a file it does not hold.");
      return place.archive.read(place.path, options);
    },
    async close() {
      for (const archive of archives) await archive.close();
    },
  };
}
