import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { CheckResult } from "./checks.ts";

const PAGES = ["*.md", "docs/*.md", "docs/answers/*.md", "sdk/*.md", "examples/**/*.md"];

/** Every link of a page to a file of this repository leads to one, and to a heading that is there. */
export function docLinks(root: string): CheckResult {
  const headings = new Map<string, ReadonlySet<string>>();
  const headingsOf = (page: string): ReadonlySet<string> => {
    const known = headings.get(page) ?? anchorsOf(readFileSync(join(root, page), "utf8"));
    headings.set(page, known);
    return known;
  };
  const problems = PAGES.flatMap((pattern) => globSync(pattern, { cwd: root }))
    .sort()
    .flatMap((page) =>
      linksOf(readFileSync(join(root, page), "utf8")).flatMap(({ line, target }) => {
        const [path = "", anchor] = target.split("#", 2);
        const file = path === "" ? page : normalize(join(dirname(page), decodeURI(path)));
        if (!existsSync(join(root, file))) return [`${page}:${line} leads to ${file}, which is not there`];
        if (anchor === undefined || !file.endsWith(".md") || headingsOf(file).has(anchor)) return [];
        return [`${page}:${line} leads to ${file}#${anchor}, a heading that is not there`];
      }),
    );
  return { ok: problems.length === 0, output: problems.join("\n") };
}

function linksOf(text: string): { readonly line: number; readonly target: string }[] {
  return withoutCode(text)
    .split("\n")
    .flatMap((row, index) =>
      [...row.matchAll(/\]\(([^()\s]+)\)/g)].flatMap(([, target = ""]) =>
        /^[a-z]+:/.test(target) ? [] : [{ line: index + 1, target }],
      ),
    );
}

/** As GitHub names headings, and docs/site. */
export function anchorsOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const row of withoutCode(text, { inline: false }).split("\n")) {
    const [, title] = /^#{1,6} (.+)$/.exec(row) ?? [];
    if (title !== undefined) found.add(unique(slugOf(title), found));
    for (const [, id = ""] of row.matchAll(/<a id="([^"]+)">/g)) found.add(id);
  }
  return found;
}

const slugOf = (title: string): string =>
  title
    .trim()
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .replaceAll(" ", "-");

function unique(slug: string, taken: ReadonlySet<string>): string {
  if (!taken.has(slug)) return slug;
  for (let count = 1; ; count++) if (!taken.has(`${slug}-${count}`)) return `${slug}-${count}`;
}

/** Lines stay where they are. */
function withoutCode(text: string, { inline = true } = {}): string {
  const fenced = text.replaceAll(/^```.*?^```/gms, (block) => block.replaceAll(/[^\n]/g, ""));
  return inline ? fenced.replaceAll(/`[^`\n]*`/g, "") : fenced;
}
