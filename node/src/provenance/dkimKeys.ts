import { PersonaError } from "@persona-protocol/sdk/errors";
import { isJsonObject, parseStrictJson } from "@persona-protocol/sdk/provenance";

/** The text of a domain's key record, `v=DKIM1; k=rsa; p=…`, or undefined where it is not known. `name`: `selector._domainkey.domain` */
export type ResolveDkimKey = (name: string) => Promise<string | undefined>;

const maxRecordLength = 8_192;

/**
 * The keys of a file: offline, and as good as whoever made the file.
 *
 * JSON, `{"sel._domainkey.example.org": "v=DKIM1; p=…"}`, a record also as the list of its strings or as `{"TXT": [["…"]]}`; or text, a
 * line a record as in a zone file: `sel._domainkey.example.org. 3600 IN TXT "v=DKIM1; " "p=…"`. Lines that begin with `;` or `#` are comments.
 *
 * @throws PersonaError CONFIG_INVALID, with the line or name
 */
export function readDkimKeys(text: string, path: string): ResolveDkimKey {
  const records = text.trimStart().startsWith("{") ? ofJson(text, path) : ofZone(text, path);
  return async (name) => records.get(normalName(name));
}

function ofJson(text: string, path: string): Map<string, string> {
  const parsed = parseStrictJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) throw invalid(path, "is not a JSON object of key records");
  const records = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed.value))
    add(records, { path, place: name, name, value: joined(value) });
  return records;
}

function joined(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string"))
    return value.join("");
  // One record of a name: of two nobody can say which is meant.
  if (isJsonObject(value) && Array.isArray(value["TXT"]) && value["TXT"].length === 1) return joined(value["TXT"][0]);
  return undefined;
}

function ofZone(text: string, path: string): Map<string, string> {
  const records = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:[;#]|$)/.test(line)) continue;
    const place = `line ${index + 1}`;
    const found = /^(\S+)\s+(?:\d+\s+)?(?:IN\s+)?(?:TXT\s+)?(\S.*)$/i.exec(line.trim());
    if (found === null) throw invalid(path, `has no record at ${place}`);
    const [, name = "", value = ""] = found;
    const quoted = value.startsWith('"')
      ? [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part = ""]) => part)
      : undefined;
    add(records, { path, place, name, value: quoted?.join("").replace(/\\(.)/g, "$1") ?? value });
  }
  return records;
}

function add(
  records: Map<string, string>,
  entry: { readonly path: string; readonly place: string; readonly name: string; readonly value: string | undefined },
): void {
  const { path, place, value } = entry;
  const name = normalName(entry.name);
  if (value === undefined || value.length > maxRecordLength)
    throw invalid(path, `has no usable key record at ${place}`);
  if (!/^[\w.-]+\._domainkey\.[\w.-]+$/.test(name))
    throw invalid(path, `has a record at ${place} whose name is not selector._domainkey.domain`);
  if (records.has(name)) throw invalid(path, `has two records at ${place} for one name`);
  records.set(name, value);
}

const normalName = (name: string) => name.toLowerCase().replace(/\.$/, "");

const invalid = (path: string, problem: string) =>
  new PersonaError("CONFIG_INVALID", `The key file ${path} ${problem}.`, { data: { path } });
