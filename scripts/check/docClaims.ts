import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "./checks.ts";

/**
 * docs/answers: each row of a table whose last column is "shown by" names a test that is there, by file and title (or a Solidity
 * function, or an invariant), a command of package.json, or a page. A claim whose test was renamed or removed is found here.
 */
export function docClaims(root: string): CheckResult {
  const { scripts = {} } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly scripts?: Readonly<Record<string, string>>;
  };
  const problems = globSync("docs/answers/*.md", { cwd: root })
    .sort()
    .flatMap((page) => claimsOf(readFileSync(join(root, page), "utf8")).flatMap((claim) => problemsOf(page, claim)));
  return { ok: problems.length === 0, output: problems.join("\n") };

  function problemsOf(page: string, { line, shownBy }: Claim): string[] {
    const say = (why: string) => [`${page}:${line} ${why}`];
    const npm = /^`npm (?:run )?(?:-s )?([\w:-]+)/.exec(shownBy)?.[1];
    if (npm !== undefined) return npm in scripts ? [] : say(`package.json has no script ${npm}`);
    if (/^\[.+\]\(.+\)$/.test(shownBy)) return []; // "doc links" follows it.
    const [, file, title, name] = /^`(test\/[^`]+)`(?:: (?:"([^"]+)"|`([^`]+)`))?$/.exec(shownBy) ?? [];
    if (file === undefined) return say(`what shows this is no test, command or page: ${shownBy}`);
    if (!existsSync(join(root, file))) return say(`there is no ${file}`);
    const wanted = title ?? name;
    const text = readFileSync(join(root, file), "utf8");
    if (wanted === undefined || text.includes(wanted) || inherited(file, text, wanted)) return [];
    return say(`${file} has no test "${wanted}"`);
  }

  /** Invariants are functions of a contract that the test's file imports. */
  function inherited(file: string, text: string, wanted: string): boolean {
    return [...text.matchAll(/(?:from|import) "\.\/(\w+\.sol)"/g)].some(([, imported = ""]) => {
      const path = join(root, file, "..", imported);
      return existsSync(path) && readFileSync(path, "utf8").includes(wanted);
    });
  }
}

type Claim = { readonly line: number; readonly shownBy: string };

function claimsOf(text: string): Claim[] {
  let isTable = false;
  return text.split("\n").flatMap((row, index) => {
    const cells = row.split(" | ");
    const last = cells.at(-1)?.replace(/ \|$/, "").trim() ?? "";
    if (!row.startsWith("|")) isTable = false;
    else if (last === "shown by") isTable = true;
    else if (isTable && !/^\|[-|]+\|$/.test(row)) return [{ line: index + 1, shownBy: last }];
    return [];
  });
}
