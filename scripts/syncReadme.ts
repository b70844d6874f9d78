/**
 * Puts the marked part of examples/score.ts between the README's markers, and the marked parts of examples/guide.ts into the pages
 * that show them, so that what a person reads is what a test runs. `--check` changes nothing and fails where they differ.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const example = "examples/score.ts";
const [start, end] = ["<!-- example:start -->", "<!-- example:end -->"];

/** The lines of the example between its markers, without them. */
export function shownPart(source: string): string {
  const shown = /^\/\/ example:start\n([\s\S]*?)^\/\/ example:end$/m.exec(source)?.[1];
  if (shown === undefined) throw new Error(`${example} has no // example:start … // example:end.`);
  return shown.trim();
}

/** The README with the example's text between its markers. */
export function withExample(readme: string, shown: string): string {
  const [from, to] = [readme.indexOf(start), readme.indexOf(end)];
  if (from < 0 || to < from || readme.indexOf(start, from + 1) >= 0) {
    throw new Error(`README.md needs one ${start} … ${end}.`);
  }
  return `${readme.slice(0, from + start.length)}\n\`\`\`ts\n${shown}\n\`\`\`\n${readme.slice(to)}`;
}

const guide = "examples/guide.ts";
const guidePages = ["docs/sdk.md", "sdk/README.md"];

/** The guide's parts by their names, each moved to the left. */
export function guideParts(source: string): Map<string, string> {
  const parts = [...source.matchAll(/^ *\/\/ guide:([\w-]+)\n([\s\S]*?)^ *\/\/ guide:end$/gm)];
  return new Map(
    parts.map(([, name = "", text = ""]) => {
      const [indent = ""] = /^ */.exec(text) ?? [];
      return [name, text.replaceAll(new RegExp(`^${indent}`, "gm"), "").trim()];
    }),
  );
}

/** A page with the parts that it names between its markers. */
export function withGuide(page: string, parts: ReadonlyMap<string, string>): string {
  return page.replaceAll(/^<!-- guide:([\w-]+) -->\n[\s\S]*?^<!-- guide:end -->$/gm, (_, name: string) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`${guide} has no part ${name}.`);
    return `<!-- guide:${name} -->\n\`\`\`ts\n${part}\n\`\`\`\n<!-- guide:end -->`;
  });
}

function main(root: string, check: boolean): void {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const parts = guideParts(read(guide));
  const wanted = new Map([
    ["README.md", withExample(read("README.md"), shownPart(read(example)))],
    ...guidePages.map((path) => [path, withGuide(read(path), parts)] as const),
  ]);
  for (const [path, text] of wanted) {
    if (read(path) === text) continue;
    if (!check) writeFileSync(join(root, path), text);
    else {
      process.stderr.write(`${path} does not show its examples as they are. Run: node scripts/syncReadme.ts\n`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) {
  try {
    main(fileURLToPath(new URL("..", import.meta.url)), process.argv.includes("--check"));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
