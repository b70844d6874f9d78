import type { DuckDBConnection } from "@duckdb/node-api";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { rawNumber } from "./platform.ts";

/** A node of DuckDB's parse tree, as `json_serialize_sql` gives it. */
export type TreeNode = { readonly [name: string]: unknown };

export type CheckedStatement = {
  readonly root: TreeNode;
  /** Does the statement itself say in which order its rows come? */
  readonly isOrdered: boolean;
};

/**
 * What has another value on another machine, at another time or in another session. Those that DuckDB itself calls volatile are
 * here, and the others; test/node/enclave/statements.test.ts holds the list against DuckDB's own.
 */
const unstable = new Set(
  `ago current_catalog current_connection_id current_database current_date current_localtime current_localtimestamp current_query
  current_query_id current_role current_schema current_schemas current_setting current_time current_timestamp current_transaction_id
  current_user currval format_type gen_random_uuid get_block_size get_current_time get_current_timestamp getenv getvariable
  in_search_path localtime localtimestamp nextval now parse_duckdb_log_message random reservoir_quantile session_user setseed sleep_ms stats
  today transaction_timestamp txid_current user uuid uuidv4 uuidv7 version write_log`.split(/\s+/),
);
/** Names that stand for a function where no column has them. */
const columnLike = [...unstable].filter((name) => /^(current_|session_user|user|local)/.test(name));
const tableFunctions = new Set(["range", "generate_series", "unnest", "repeat", "json_each", "json_tree"]);
const sources = new Set(["BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST"]);

/**
 * Reads a statement with DuckDB's own parser and refuses what it must not be: anything but one SELECT; other tables than the
 * program's; functions that read a clock, a setting, a sequence or randomness; samples.
 * @throws PersonaError PROGRAM_INVALID
 */
export async function checkStatement(
  connection: DuckDBConnection,
  statement: string,
  tables: readonly string[],
): Promise<CheckedStatement> {
  const prepared = await connection.prepare("SELECT json_serialize_sql($1::VARCHAR) AS tree");
  prepared.bind([statement]);
  const [row] = (await prepared.runAndReadAll()).getRowObjectsJS();
  const parsed = parseTree(String(row?.["tree"]));
  const statements = parsed["statements"];
  if (parsed["error"] !== false || !Array.isArray(statements) || statements.length !== 1)
    throw new PersonaError("PROGRAM_INVALID", "The program is not exactly one SELECT that can be read.");
  const root = (statements[0] as TreeNode)["node"] as TreeNode;
  const known = new Set(tables);
  for (const node of nodesOf(root)) for (const name of commonTablesOf(node)) known.add(name);
  for (const node of nodesOf(root)) {
    const objection = objectionTo(node, known);
    if (objection !== undefined) throw new PersonaError("PROGRAM_INVALID", `The statement uses ${objection}.`);
  }
  const isOrdered = (root["modifiers"] as readonly TreeNode[]).some(({ type }) => type === "ORDER_MODIFIER");
  return { root, isOrdered };
}

/** Numbers beyond 2^53 are kept as they are written: a tree may be made a statement again. */
function parseTree(text: string): TreeNode {
  return JSON.parse(text, (_key, value: unknown, { source }: { readonly source?: string } = {}) =>
    typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined ? rawNumber(source) : value,
  ) as TreeNode;
}

export function* nodesOf(value: unknown): Generator<TreeNode> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as TreeNode;
  for (const inner of Object.values(value)) yield* nodesOf(inner);
}

function commonTablesOf({ cte_map: map }: TreeNode): string[] {
  const entries = (map as { readonly map?: readonly { readonly key: string }[] } | undefined)?.map ?? [];
  return entries.map(({ key }) => key);
}

function objectionTo(node: TreeNode, tables: ReadonlySet<string>): string | undefined {
  const { type, class: kind, function_name: called, children, column_names: names } = node;
  if (typeof called === "string") {
    const name = called.toLowerCase();
    if (unstable.has(name) || name.startsWith("pg_")) return `the function ${name}`;
    // Of one date: how long ago it is.
    if (name === "age" && Array.isArray(children) && children.length === 1) return "age() of today";
  }
  if (
    kind === "COLUMN_REF" &&
    Array.isArray(names) &&
    names.length === 1 &&
    columnLike.includes(String(names[0]).toLowerCase())
  )
    return `the name ${String(names[0]).toLowerCase()}`;
  if (typeof node["sample"] === "object" && node["sample"] !== null) return "a sample";
  if (!("from_table" in node) && !isSource(node)) return undefined;
  const source = isSource(node) ? node : (node["from_table"] as TreeNode);
  if (!sources.has(String(source["type"]))) return "a source of rows that is not a table";
  if (type === "BASE_TABLE") {
    const qualified = node["schema_name"] !== "" || node["catalog_name"] !== "" || node["at_clause"] !== null;
    if (qualified || !tables.has(String(node["table_name"]))) return "a table that is not the program's";
  }
  if (type === "TABLE_FUNCTION") {
    const name = String((node["function"] as TreeNode)["function_name"]).toLowerCase();
    if (!tableFunctions.has(name)) return `the table function ${name}`;
  }
  return undefined;
}

/** Sources of rows have no class; expressions have one. */
const isSource = ({ type, class: kind, select_list: list }: TreeNode) =>
  kind === undefined &&
  list === undefined &&
  ["BASE_TABLE", "TABLE_FUNCTION", "SHOW_REF", "PIVOT", "COLUMN_DATA"].includes(String(type));
