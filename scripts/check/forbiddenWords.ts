import type { CheckResult } from "./checks.ts";
import { sourceFiles } from "./sourceFiles.ts";

/** In two halves, or this file would be the first it finds. */
const WORDS = [
  { pattern: new RegExp(`\\b(?:${"TO"}DO|${"FIX"}ME|${"XX"}X)\\b`), why: "finish it, or open an issue" },
  {
    pattern: new RegExp(`\\b(?:describe|context|suite|it|test|specify)\\.${"on"}ly\\(`),
    why: "the other tests would not run",
  },
  { pattern: new RegExp(`@ts-${"ig"}nore|@ts-${"no"}check`), why: "a type error is hidden; @ts-expect-error says why" },
];

export function forbiddenWords(root: string): CheckResult {
  const files = sourceFiles(root, [
    "{contracts,sdk,node,scripts,bench,test}/**/*.{ts,mjs,sol}",
    "portal/{src,dev}/**/*.{ts,tsx}",
    "*.ts",
    ".ci/run",
  ]);
  const found = files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      WORDS.flatMap(({ pattern, why }) => {
        const word = pattern.exec(line)?.[0];
        return word === undefined ? [] : [`${path}:${index + 1} ${word}: ${why}`];
      }),
    ),
  );
  return { ok: found.length === 0, output: found.join("\n") };
}
