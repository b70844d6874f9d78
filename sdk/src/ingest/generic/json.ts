import type { Connector, ConnectorOpenOptions, InspectedInput, RawRecord } from "../connector.ts";
import { createExportReader } from "../exportReader.ts";
import { createOccurrences } from "../occurrences.ts";
import { exactJsonText } from "../text/json.ts";
import { readJsonValues } from "../text/readJsonValues.ts";
import { claim, claimed } from "./claim.ts";
import { type RawRow, rowSegments } from "./rowSegment.ts";

/**
 * Any JSON: each element of a list is a record, anything else is one. Every number keeps its digits.
 * Nobody knows who is in it: all of it counts as about others.
 */
export const json: Connector = {
  id: "json",
  segments: rowSegments,
  detect: async (input) => claim(input, jsonPattern, (head) => /^\s*[[{]/.test(textOf(head)) && !isSequence(head)),
  open: (input, options) => open(input, options, jsonPattern, false),
};

/**
 * Any file of JSON values one after the other, one a line: NDJSON, JSON Lines. Each is a record. The same is said of it as of
 * {@link json}.
 */
export const ndjson: Connector = {
  id: "ndjson",
  segments: rowSegments,
  detect: async (input) => {
    const usual = await claim(input, ndjsonPattern, isSequence);
    const [only, another] = input.entries();
    // Many call it .json all the same.
    const isOne = only !== undefined && another === undefined && jsonPattern.test(only.path);
    return isOne && isSequence(await input.head(only.path)) ? 0.295 : usual;
  },
  open: (input, options) => open(input, options, ndjsonPattern, true),
};

const jsonPattern = /\.json$/i;
const ndjsonPattern = /\.(?:ndjson|jsonl)$/i;

/** A number that a double may not hold: then the record stays as the source wrote it. */
const mayRound = /\d\.\d{15}|\d{15}\.|\d[eE]|\d\.\d*0(?!\d)/;

function textOf(head: Uint8Array): string {
  return new TextDecoder().decode(head);
}

/** A whole object or list on the first line, and another on the next. */
function isSequence(head: Uint8Array): boolean {
  const [first = "", second] = textOf(head).trimStart().split(/\r?\n/);
  if (second === undefined || !/^\s*[[{]/.test(first) || !/^\s*[[{]/.test(second)) return false;
  try {
    JSON.parse(first);
    return true;
  } catch {
    return false; // SyntaxError: it goes on behind the line
  }
}

async function* open(
  input: InspectedInput,
  options: ConnectorOpenOptions,
  pattern: RegExp,
  sequence: boolean,
): AsyncGenerator<RawRecord> {
  const { limits } = options;
  const files = claimed(input, pattern);
  const read = createExportReader(input, options, files);
  const occurrenceOf = createOccurrences();
  for (const entry of files) {
    const file = entry.path;
    const isList = /^\s*\[/.test(textOf(await input.head(file)));
    const places = sequence || !isList ? [[]] : [["*"]];
    let number = 0;
    for await (const { value, position, text: source = "" } of readJsonValues(read(entry), places, {
      file,
      limits,
      sequence,
      withText: true,
    })) {
      number += 1;
      const text = mayRound.test(source) ? source : exactJsonText(value);
      const row: RawRow = { text, number, occurrence: occurrenceOf([text]) };
      yield { segment: "records", value: row, file, position };
    }
  }
}
