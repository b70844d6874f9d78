import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemaOf, recordSchemas } from "@persona-protocol/sdk/ingest";
import { repositoryRoot } from "../../node/src/dev/repositoryRoot.ts";
import { formatJson } from "../command/formatJson.ts";

const folder = "docs/schemas";

/** The path of a schema's page: `persona:post@1` is docs/schemas/post@1.json. */
function schemaPath(id: string): string {
  return `${folder}/${id.replace(/^persona:/, "")}.json`;
}

/** The JSON Schema of every record schema, by its path. */
export function schemaPages(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...recordSchemas].map(([id, schema]) => [schemaPath(id), formatJson(jsonSchemaOf(schema))]),
  );
}

/** Pages of schemas that are no longer there. */
export function strangers(): readonly string[] {
  const known = new Set([...recordSchemas.keys()].map(schemaPath));
  const path = join(repositoryRoot, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path).flatMap((name) => (known.has(`${folder}/${name}`) ? [] : [`${folder}/${name}`]));
}
