/**
 * Puts the marked part of examples/score.ts between the README's markers, so that what a person reads is what a test runs.
 * `--check` changes nothing and fails where they differ.
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

function main(root: string, check: boolean): void {
  const path = join(root, "README.md");
  const readme = readFileSync(path, "utf8");
  const wanted = withExample(readme, shownPart(readFileSync(join(root, example), "utf8")));
  if (readme === wanted) return;
  if (!check) {
    writeFileSync(path, wanted);
    return;
  }
  process.stderr.write(`README.md does not show ${example} as it is. Run: node scripts/syncReadme.ts\n`);
  process.exitCode = 1;
}

if (import.meta.main) {
  try {
    main(fileURLToPath(new URL("..", import.meta.url)), process.argv.includes("--check"));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
