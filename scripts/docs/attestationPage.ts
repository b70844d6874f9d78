import { readFileSync } from "node:fs";
import { join } from "node:path";
import { attestationRules } from "@persona-protocol/sdk/attestation";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";

/** By the beginnings of their names; whatever is neither Nitro's nor SNP's is of SGX and TDX. */
const families = { "nitro-rules": "nitro-", "snp-rules": "snp-" } as const;

/** docs/attestation.md with its tables of rules written anew. */
export function attestationPage(): string {
  let text = readFileSync(join(repositoryRoot, "docs/attestation.md"), "utf8");
  const prefixes = Object.values(families);
  const isOfDcap = (rule: string): boolean => prefixes.every((prefix) => !rule.startsWith(prefix));
  const tables = {
    "dcap-rules": tableOf(isOfDcap),
    ...Object.fromEntries(
      Object.entries(families).map(([name, prefix]) => [name, tableOf((rule) => rule.startsWith(prefix))]),
    ),
  };
  for (const [name, table] of Object.entries(tables)) {
    text = text.replace(
      new RegExp(`(<!-- ${name}: npm run docs -->\n).*?(<!-- end -->)`, "s"),
      (_, start: string, end: string) => `${start}${table}\n${end}`,
    );
  }
  return text;
}

function tableOf(belongs: (rule: string) => boolean): string {
  const rows = Object.entries(attestationRules).filter(([rule]) => belongs(rule));
  return ["| rule | what must hold |", "|---|---|", ...rows.map(([rule, text]) => `| \`${rule}\` | ${text} |`)].join(
    "\n",
  );
}
