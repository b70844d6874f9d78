import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Connector, connectors, type RecordSchema, recordSchemas } from "@persona-protocol/sdk/ingest";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";

/** docs/connectors.md: what each connector's own comment says, and its segments with their schemas. */
export function connectorsPage(): string {
  const comments = readComments();
  const used = new Set(connectors.flatMap(({ segments }) => segments.map(({ schema }) => schema.id as string)));
  const schemas = [...recordSchemas.values()];
  return [
    "# What can be imported",
    "",
    "Generated from `sdk/src/ingest/connectors.ts` by `npm run docs`. `npm run -s persona -- import FILE --dry-run` says which connector recognises a file",
    "and what it found, and shows no content.",
    "",
    "Ids stay texts (many exceed 2^53), amounts decimals, records with one id are taken once, and what was left out or changed is counted with its reason. Fields that no column",
    "holds are kept in the dataset's own segment `extra`. Broken files are refused with file name and position (`EXPORT_INVALID`); limits are in `sdk/src/ingest/limits.ts` and",
    "`node/src/ingest/archiveLimits.ts`.",
    "",
    "A new source is one folder under `sdk/src/ingest/` that exports a `Connector` (`sdk/src/ingest/connector.ts`) and one line in `sdk/src/ingest/connectors.ts`.",
    "",
    "| id | segments |",
    "|---|---|",
    ...connectors.map(({ id, segments }) => `| [\`${id}\`](#${id}) | ${segments.map(({ name }) => name).join(", ")} |`),
    "",
    "## Connectors",
    ...connectors.flatMap((connector) => connectorSection(connector, comments)),
    "",
    "## Schemas",
    "",
    "One JSON Schema (2020-12) each, in `docs/schemas/`: a record as JSON and NDJSON have it. A published version never changes. `persona convert FILE --schema ID --to FORMAT`",
    'takes records from one of CSV, JSON, NDJSON and Parquet to another and loses nothing. In CSV, null is a cell with nothing in it and the empty text is `""`, nested values are',
    "JSON in their cell; **a text that a spreadsheet would run as a formula stays as it is**, so import such a file as text. In JSON and NDJSON, whole numbers have all their",
    'digits, decimals are texts, and a nested value whose text is not plain JSON.stringify\'s stands as `{"$json": "…"}`. Parquet keeps the value of a decimal, not the zeros behind it.',
    "",
    "*Others* is what a column says of people who are not the owner: their identity (names, handles, addresses, ids), or content (what they wrote, or what is written about",
    "them). What becomes of it is the owner's choice at the import: pseudonyms unless told otherwise.",
    ...schemas.flatMap((schema) => schemaSection(schema, used)),
    "",
  ].join("\n");
}

function connectorSection({ id, segments }: Connector, comments: ReadonlyMap<string, string>): readonly string[] {
  const comment = comments.get(id);
  if (comment === undefined) throw new Error(`The connector ${id} has no comment that says what it reads.`);
  return [
    "",
    `### ${id}`,
    "",
    comment,
    "",
    "| segment | schema | others |",
    "|---|---|---|",
    ...segments.map(
      ({ name, schema }) => `| \`${name}\` | [\`${schema.id}\`](#${anchorOf(schema)}) | ${othersOf(schema)} |`,
    ),
  ];
}

function schemaSection(schema: RecordSchema, used: ReadonlySet<string>): readonly string[] {
  return [
    "",
    `### ${schema.id}`,
    "",
    `Table \`${schema.table}\`; key ${named(schema.key)}; time ${named(schema.time)}${used.has(schema.id) ? "" : "; for the owner alone"}. [JSON Schema](schemas/${schema.id.replace(/^persona:/, "")}.json).`,
    "",
    "| column | type | what it is | others |",
    "|---|---|---|---|",
    ...schema.columns.map(
      ({ name, type, nullable, description, others, unless }) =>
        `| \`${name}\` | ${type}${nullable ? ", may be null" : ""} | ${escaped(description)} | ${others === undefined ? "" : `${others}${unless === undefined ? "" : ` unless \`${unless}\``}`} |`,
    ),
  ];
}

function othersOf({ columns }: RecordSchema): string {
  return columns.flatMap(({ name, others }) => (others === undefined ? [] : `\`${name}\``)).join(", ") || "nothing";
}

/** As GitHub makes it of a heading. */
function anchorOf({ id }: RecordSchema): string {
  return id.replace(/[:@]/g, "");
}

function named(column: string | null): string {
  return column === null ? "none" : `\`${column}\``;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** The comment above each connector, by its id: one paragraph of Markdown. */
function readComments(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const path of globSync("sdk/src/ingest/**/*.ts", { cwd: repositoryRoot })) {
    const source = readFileSync(join(repositoryRoot, path), "utf8");
    const pattern = /\/\*\*((?:(?!\*\/).)*)\*\/\nexport const \w+: Connector =[^;]{0,120}?"([a-z0-9-]+)"/gs;
    for (const [, comment = "", id = ""] of source.matchAll(pattern)) {
      const text = comment
        .replace(/^\s*\* ?/gm, "")
        .replace(/\{@link (\w+)\}/g, "`$1`")
        .trim();
      found.set(id, text);
    }
  }
  return found;
}
