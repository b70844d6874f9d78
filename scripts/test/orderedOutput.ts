type Chunk = string | Uint8Array;
type Section = { readonly held: Chunk[]; ended: boolean };

/**
 * Several writers side by side, one readable output: the first section is printed as it is written, the others are held back
 * until all before them have ended.
 */
export function orderedOutput(stream: { write(chunk: Chunk): unknown }) {
  const sections = new Map<string, Section>();
  const flush = () => {
    for (const [name, section] of sections) {
      for (const chunk of section.held.splice(0)) stream.write(chunk);
      if (!section.ended) return;
      sections.delete(name);
    }
  };
  const announce = (name: string): Section => {
    const section = sections.get(name) ?? { held: [], ended: false };
    sections.set(name, section);
    return section;
  };
  return {
    /** Fixes the order; a section that was not announced comes last. */
    announce,
    section(name: string) {
      const section = announce(name);
      return {
        write(chunk: Chunk) {
          section.held.push(chunk);
          flush();
        },
        end() {
          section.ended = true;
          flush();
        },
      };
    },
  };
}
