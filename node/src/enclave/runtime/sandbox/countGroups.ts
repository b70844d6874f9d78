import type { DuckDBConnection } from "@duckdb/node-api";
import { PersonaError } from "@persona-protocol/sdk/errors";
import { type CheckedStatement, nodesOf, type TreeNode } from "./checkStatement.ts";

/** No column of a program has a name that begins so, in any spelling. */
const reserved = "persona:";
/** How many columns the runtime adds at the end: records and owners behind the row. Their place says what they are, never their names. */
export const countColumns = 2;

/** Functions that say something of many values, and whose argument is a column as it is. */
const aggregates = new Set(
  "count_star count sum avg mean favg fsum stddev stddev_pop stddev_samp variance var_pop var_samp approx_count_distinct bool_and bool_or corr covar_pop covar_samp".split(
    " ",
  ),
);
/** Of two columns: what is made of one of them would weigh the records of the other. */
const ofTwo = new Set(["corr", "covar_pop", "covar_samp"]);
/** What may stand between a column and its aggregate without choosing among records. */
const harmless = new Set(["coalesce", "abs", "round", "length", "strlen", "year", "month", "day", "hour", "epoch"]);
/** What a column may be cast to on its way: an ENUM, a list or a struct would be a condition. */
const castTypes = new Set(
  "BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT DOUBLE DECIMAL VARCHAR DATE TIME TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS".split(
    " ",
  ),
);

/**
 * The same statement with two more columns: how many records, of how many owners, each row of its result comes from. It can be
 * counted honestly only where each row is a group of one table's records, so the statement has that form and no other:
 * `SELECT keys and aggregates FROM one table [WHERE …] [GROUP BY …] [ORDER BY …] [LIMIT …]`, with aggregates over plain columns. A filter, a
 * condition or arithmetic within an aggregate would let a row speak of fewer records than were counted.
 * @throws PersonaError PROGRAM_INVALID
 */
export async function withGroupCounts(
  connection: DuckDBConnection,
  { root }: CheckedStatement,
  tables: readonly string[],
): Promise<string> {
  const objection = objectionTo(root, await compoundNames(connection), tables);
  if (objection !== undefined)
    throw new PersonaError("PROGRAM_INVALID", `Groups cannot be counted: the statement has ${objection}.`);
  const list = root["select_list"] as readonly TreeNode[];
  const owner = { class: "COLUMN_REF", type: "COLUMN_REF", alias: "", query_location: 0, column_names: ["owner"] };
  const counted = {
    ...root,
    select_list: [
      ...list,
      callOf("count_star", [], false, `${reserved}rows`),
      callOf("count", [owner], true, `${reserved}owners`),
    ],
  };
  const tree = JSON.stringify({ error: false, statements: [{ node: counted, named_param_map: [] }] });
  const prepared = await connection.prepare("SELECT json_deserialize_sql($1::JSON) AS statement");
  prepared.bind([tree]);
  const [row] = (await prepared.runAndReadAll()).getRowObjectsJS();
  return String(row?.["statement"]);
}

const callOf = (name: string, children: readonly TreeNode[], distinct: boolean, alias: string): TreeNode => ({
  class: "FUNCTION",
  type: "FUNCTION",
  alias,
  query_location: 0,
  function_name: name,
  schema: "",
  children,
  filter: null,
  order_bys: { type: "ORDER_MODIFIER", orders: [] },
  distinct,
  is_operator: false,
  export_state: false,
  catalog: "",
});

/** Aggregates, and whatever could hold one: macros. */
async function compoundNames(connection: DuckDBConnection): Promise<ReadonlySet<string>> {
  const query = "SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE function_type <> 'scalar'";
  return new Set((await connection.runAndReadAll(query)).getRowObjectsJS().map(({ name }) => String(name)));
}

function objectionTo(root: TreeNode, compound: ReadonlySet<string>, tables: readonly string[]): string | undefined {
  if (root["type"] !== "SELECT_NODE") return "a set operation";
  const from = root["from_table"] as TreeNode;
  if (from["type"] !== "BASE_TABLE" || !tables.includes(String(from["table_name"])))
    return "another source than one table";
  if ((from["column_name_alias"] as readonly unknown[]).length > 0) return "other names for the table's columns";
  if (((root["cte_map"] as TreeNode)["map"] as readonly unknown[]).length > 0) return "a WITH";
  if ((root["group_sets"] as readonly unknown[]).length > 1) return "several grouping sets";
  if (root["having"] !== null || root["qualify"] !== null) return "a HAVING or QUALIFY";
  for (const { class: kind, columns } of nodesOf(root)) {
    if (kind === "SUBQUERY") return "a query inside";
    if (kind === "WINDOW") return "a window";
    if (kind === "LAMBDA") return "a lambda";
    if (kind === "POSITIONAL_REFERENCE" || columns === true) return "a column without a name";
  }
  for (const node of nodesOf([root["select_list"], root["modifiers"]])) {
    if (node["class"] === "STAR") return "a star";
    if (String(node["alias"]).toLowerCase().startsWith(reserved)) return "a name of the runtime's";
    const called = String(node["function_name"] ?? "").toLowerCase();
    if (!compound.has(called)) continue;
    if (!aggregates.has(called)) return `the function ${called}`;
    if (node["filter"] !== null) return "a FILTER";
    const allowed = ofTwo.has(called) ? isColumn : isPlain;
    if (!(node["children"] as readonly TreeNode[]).every(allowed)) return `more than a column in ${called}`;
  }
  return undefined;
}

/** A column, or one made harmless: cast, or null replaced. */
function isPlain(node: TreeNode): boolean {
  if (isColumn(node) || node["class"] === "CONSTANT") return true;
  if (node["class"] === "CAST") {
    // One that gives null where it fails chooses among records.
    const { id } = node["cast_type"] as { readonly id?: unknown };
    return node["try_cast"] === false && castTypes.has(String(id)) && isPlain(node["child"] as TreeNode);
  }
  const name = node["type"] === "OPERATOR_COALESCE" ? "coalesce" : String(node["function_name"] ?? "").toLowerCase();
  const children = node["children"] as readonly TreeNode[];
  // To tens and more it would be a threshold.
  if (name === "round" && children.length > 1) return false;
  return harmless.has(name) && children.every(isPlain);
}

const isColumn = (node: TreeNode): boolean => node["class"] === "COLUMN_REF";
